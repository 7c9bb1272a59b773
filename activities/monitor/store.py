"""What the monitor keeps in the records database: samples in bulk, and how its thresholds stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypedDict

from sqlalchemy import delete, insert, select
from sqlmodel import col

from activities.deadman.signs import monitor_sign, upsert_sign
from activities.records.database import Database
from models.tables import PointState, SampleRow

_PRUNED_AT_ONCE: Final = 5000
_ANY_OF: Final = 500
"""Values in one `IN`."""


class SampleValues(TypedDict):
    """A row of samples."""

    point: str
    at: datetime
    seen: str
    value: float | None
    latency_ms: float | None


class StateValues(TypedDict):
    """A row of states."""

    key: str
    site: str
    state: str
    since: datetime
    fault_since: datetime | None
    reported: str | None
    reported_at: datetime | None
    detail: str


class MonitorStore:
    """Blocking; every method is one short transaction and raises a `StoreError` when it did not happen."""

    def __init__(self, database: Database) -> None:
        self._database = database
        statement = database.insert(PointState)
        columns = [c for c in StateValues.__annotations__ if c != "key"]
        self._note_sign = upsert_sign(database)
        self._upsert = statement.on_conflict_do_update(
            index_elements=["key"], set_={c: statement.excluded[c] for c in columns}
        )

    def add_samples(self, rows: Sequence[SampleValues], site: str | None = None) -> None:
        """Insert all rows; with them, the sign that the monitor of the site lives."""
        with self._database.connection() as connection:
            connection.execute(insert(SampleRow), list(rows))
            if site is not None:
                sign = {"source": monitor_sign(site), "at": max(row["at"] for row in rows)}
                connection.execute(self._note_sign, [sign])

    def prune(self, before: datetime, after_id: int = 0) -> int | None:
        """Delete one portion of the samples older than `before`; the id to go on after, None when nothing is left to delete.

        Walks by id: samples come in about the order of their time, and there is no index on time alone.
        """
        oldest = select(col(SampleRow.id)).where(col(SampleRow.id) > after_id).order_by(col(SampleRow.id))
        with self._database.connection() as connection:
            ids = connection.execute(oldest.limit(_PRUNED_AT_ONCE)).scalars().all()
            if not ids or ids[0] is None or ids[-1] is None:
                return None
            within = col(SampleRow.id).between(ids[0], ids[-1])
            gone = connection.execute(delete(SampleRow).where(within, col(SampleRow.at) < before)).rowcount
        return ids[-1] if gone else None

    def load_states(self, site: str) -> list[StateValues]:
        """All states of a site."""
        with self._database.reading() as session:
            rows = session.scalars(select(PointState).where(col(PointState.site) == site)).all()
        return [
            StateValues(
                key=row.key,
                site=row.site,
                state=row.state,
                since=row.since,
                fault_since=row.fault_since,
                reported=row.reported,
                reported_at=row.reported_at,
                detail=row.detail,
            )
            for row in rows
        ]

    def save_states(self, site: str, changed: Sequence[StateValues], gone: Sequence[str]) -> None:
        """Write the changed states and forget the gone ones; another site's are left alone."""
        with self._database.connection() as connection:
            if changed:
                connection.execute(self._upsert, list(changed))
            for start in range(0, len(gone), _ANY_OF):
                keys = gone[start : start + _ANY_OF]
                connection.execute(
                    delete(PointState).where(col(PointState.key).in_(keys), col(PointState.site) == site)
                )
