"""The schedules that were applied, in the records: what tells an edit by hand from a change of a dossier."""

from __future__ import annotations

from sqlmodel import select

from activities.records.database import Database
from models.schedules import AppliedSchedule, ScheduleShape
from models.tables import ScheduleRow


class AppliedSchedules:
    """Keeps and gives them; blocking; a `StoreError` when the database does not take or give them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, AppliedSchedule]:
        """All of them, by id."""
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
        """Keep one; the latest of an id counts."""
        values = applied.model_dump(exclude={"shape"}) | {"shape": applied.shape.model_dump(mode="json")}
        statement = self._database.insert(ScheduleRow).values(values)
        with self._database.writing() as session:
            session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def forget(self, id: str) -> None:
        """Forget one that was removed."""
        with self._database.writing() as session:
            row = session.get(ScheduleRow, id)
            if row is not None:
                session.delete(row)
