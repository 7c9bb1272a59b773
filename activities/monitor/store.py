"""The monitor's data in the records database: samples in bulk, and the states of thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple, TypedDict

from sqlalchemy import Connection, delete, insert, select
from sqlmodel import col

from activities.records.database import Database
from activities.records.heartbeats import monitor_heartbeat, upsert_heartbeat
from models.history_tables import HistoryMark, HistoryProgress
from models.tables import PointState, SampleRow

_PRUNED_AT_ONCE: Final = 5000
_ANY_OF: Final = 500
"""The most values in one `IN`."""


_A_DAY: Final = timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


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


class DeletableSamples(NamedTuple):
    """The samples that the monitor may delete."""

    before: datetime
    """A midnight in UTC; older samples may be deleted."""
    kept_points: frozenset[str]
    """Except those of these points, which the history cannot fold yet."""
    held: str = ""
    """One sentence if old samples are kept for more than a day because they are not folded."""


class MonitorStore:
    """Blocking; every method is one short transaction, and raises a `StoreError` if the transaction failed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        statement = database.insert(PointState)
        columns = [c for c in StateValues.__annotations__ if c != "key"]
        self._note_heartbeat = upsert_heartbeat(database)
        self._mark_dirty = database.insert(HistoryMark).on_conflict_do_update(
            index_elements=["point", "day"], set_={"dirty": True}
        )
        self._upsert = statement.on_conflict_do_update(
            index_elements=["key"], set_={c: statement.excluded[c] for c in columns}
        )

    def add_samples(self, rows: Sequence[SampleValues], site: str | None = None) -> None:
        """Insert all rows, and the heartbeat of the site's monitor."""
        with self._database.connection() as connection:
            connection.execute(insert(SampleRow), list(rows))
            self._note_late(connection, rows)
            if site is not None:
                heartbeat = {"source": monitor_heartbeat(site), "at": max(row["at"] for row in rows)}
                connection.execute(self._note_heartbeat, [heartbeat])

    def _note_late(self, connection: Connection, rows: Sequence[SampleValues]) -> None:
        """Mark the days that the history has folded already, or folds now, to be folded again."""
        # The row stays locked until the samples are stored, so that no day is opened in between.
        opened_until = connection.execute(select(col(HistoryProgress.opened_until)).with_for_update(read=True)).scalar()
        if opened_until is None:
            return
        border = _midnight(opened_until)
        late = {(row["point"], row["at"].astimezone(UTC).date()) for row in rows if row["at"] < border}
        if late:
            dirty = [{"point": point, "day": day, "dirty": True, "why": ""} for point, day in sorted(late)]
            connection.execute(self._mark_dirty, dirty)

    def deletable(self, before: datetime) -> DeletableSamples:
        """Return which of the samples before this moment may be deleted: whole days that the history has folded."""
        last = before.astimezone(UTC).date()
        with self._database.reading() as session:
            sealed_until = session.execute(select(col(HistoryProgress.sealed_until))).scalar() or date.min
            unfolded = select(col(HistoryMark.point)).where(col(HistoryMark.dirty), col(HistoryMark.why) != "")
            kept = frozenset(session.execute(unfolded.distinct()).scalars())
            oldest = session.execute(select(col(SampleRow.at)).order_by(col(SampleRow.id)).limit(1)).scalar()
        held = ""
        if oldest is not None and oldest < _midnight(last) - _A_DAY and (kept or sealed_until < last - _A_DAY):
            held = f"samples from {oldest.date()} on are kept: their history is not folded yet (driftvakt doctor)"
        return DeletableSamples(_midnight(min(last, sealed_until)), kept, held)

    def prune(self, samples: DeletableSamples, after_id: int = 0) -> int | None:
        """Delete one portion of samples; return the id to continue from, or None at the end.

        It walks by id: samples arrive in approximately the order of their time, and there is no index on time alone.
        """
        portion = (
            select(col(SampleRow.id), col(SampleRow.at))
            .where(col(SampleRow.id) > after_id)
            .order_by(col(SampleRow.id))
            .limit(_PRUNED_AT_ONCE)
        )
        with self._database.connection() as connection:
            rows = connection.execute(portion).all()
            if not any(row.at < samples.before for row in rows):
                return None
            first, last = int(rows[0].id), int(rows[-1].id)
            old = col(SampleRow.id).between(first, last), col(SampleRow.at) < samples.before
            connection.execute(delete(SampleRow).where(*old, col(SampleRow.point).not_in(sorted(samples.kept_points))))
        return last

    def load_states(self, site: str) -> list[StateValues]:
        """Return all states of a site."""
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
        """Write the changed states and delete the `gone` ones; states of other sites are not touched."""
        with self._database.connection() as connection:
            if changed:
                connection.execute(self._upsert, list(changed))
            for start in range(0, len(gone), _ANY_OF):
                keys = gone[start : start + _ANY_OF]
                connection.execute(
                    delete(PointState).where(col(PointState.key).in_(keys), col(PointState.site) == site)
                )
