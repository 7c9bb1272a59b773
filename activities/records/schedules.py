"""The schedules as last applied, in the records; they distinguish a manual edit from a change of a dossier."""

from __future__ import annotations

from sqlmodel import select

from activities.records.database import Database
from models.schedules import AppliedSchedule, ScheduleShape
from models.tables import ScheduleRow


class AppliedSchedules:
    """Stores and returns applied schedules. Blocking; raises a `StoreError` if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, AppliedSchedule]:
        """Return all schedules by id."""
        with self._database.reading() as session:
            rows = session.exec(select(ScheduleRow).order_by(ScheduleRow.id)).all()
        return {
            row.id: AppliedSchedule(
                id=row.id,
                application=row.application,
                shape=ScheduleShape.model_validate(row.shape),
                by=row.by,
                at=row.at,
            )
            for row in rows
        }

    def keep(self, applied: AppliedSchedule) -> None:
        """Store a schedule; it replaces the earlier one of its id."""
        values = applied.model_dump(exclude={"shape"}) | {"shape": applied.shape.model_dump(mode="json")}
        statement = self._database.insert(ScheduleRow).values(values)
        with self._database.writing() as session:
            session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def forget(self, id: str) -> None:
        """Delete a schedule that was removed."""
        with self._database.writing() as session:
            row = session.get(ScheduleRow, id)
            if row is not None:
                session.delete(row)
