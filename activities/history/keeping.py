"""Keeps the history: folds finished days, refolds days with late samples, and deletes what is too old."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlmodel import SQLModel, col

from activities.history.days import A_DAY, day_of, day_start
from activities.history.folding import DayFolder
from activities.history.reading import known_points, oldest_sample
from activities.history.uses import RuleBook, uses_of
from activities.records.database import Database
from models.dossier.dossier import Dossier
from models.history import DossierInForce
from models.history_tables import HistoryMark, HistoryProgress, PointDayRow, PointHourRow, PointSpanRow
from models.tables import SampleRow

SETTLE: Final = timedelta(hours=1)
"""A day is folded so long after its end: samples wait in the monitor while the records do not answer."""

_AT_ONCE: Final = 20
"""Points in one transaction, which other writers of SQLite wait for."""


class HistoryKeeper:
    """Folds and prunes in small transactions. Blocking; raises a `StoreError` if the database fails."""

    def __init__(
        self,
        database: Database,
        dossier: Callable[[str], Dossier],
        *,
        samples_kept: timedelta,
        history_kept: timedelta,
    ) -> None:
        """`dossier` returns the dossier with a digest. `samples_kept`: the monitor deletes samples after this time."""
        self._database = database
        self._folder = DayFolder(database, RuleBook(dossier))
        self._samples_kept = samples_kept
        self._history_kept = history_kept

    def steps(self, now: datetime) -> Iterator[int]:
        """Do all that is due, a transaction at a time; each step returns how many days of points it folded."""
        self._note(checked_at=now)
        with self._database.reading() as session:
            uses = uses_of(session)
        yield from self._refold(uses, now)
        advanced = yield from self._fold_finished(uses, now)
        self._seal(now)
        if advanced:
            yield from self._prune(day_of(now - self._history_kept))

    def _refold(self, uses: Mapping[str, list[DossierInForce]], now: datetime) -> Iterator[int]:
        """Fold the dirty days again, the oldest first: a day may leave another state to the next one."""
        folded_until, day = self._progress().folded_until, date.min
        while folded_until is not None and (found := self._dirty(day, folded_until)):
            day, points = found
            for some in _portions(points):
                yield self._folder.fold(day, some, uses, now)

    def _fold_finished(self, uses: Mapping[str, list[DossierInForce]], now: datetime) -> Generator[int, None, bool]:
        """Fold the days that have ended; return whether there was one."""
        settled = day_of(now - SETTLE)
        points, day = self._begin()
        advanced = False
        while day is not None and day < settled:
            self._note(opened_until=day + A_DAY)
            for some in _portions(points):
                yield self._folder.fold(day, some, uses, now)
            day += A_DAY
            self._note(folded_until=day)
            advanced = True
        return advanced

    def _seal(self, now: datetime) -> None:
        """Allow the monitor to delete samples: those of old days that are folded, and not to be folded again."""
        waiting = select(func.min(col(HistoryMark.day))).where(col(HistoryMark.dirty), col(HistoryMark.why) == "")
        with self._database.connection() as connection:
            # Locked first, as by the monitor: late samples mark their day before this, or are ignored after it.
            folded_until = connection.execute(select(col(HistoryProgress.folded_until)).with_for_update()).scalar()
            if folded_until is None:
                return
            limits = [folded_until, day_of(now - self._samples_kept), connection.execute(waiting).scalar()]
            until = min(limit for limit in limits if limit is not None)
            later = or_(col(HistoryProgress.sealed_until).is_(None), col(HistoryProgress.sealed_until) < until)
            connection.execute(update(HistoryProgress).where(later).values(sealed_until=until))

    def _prune(self, before: date) -> Iterator[int]:
        """Delete the history of days before this one."""
        with self._database.connection() as connection:
            points = known_points(connection, HistoryMark)
        for some in _portions(points):
            with self._database.connection() as connection:
                for table, column, limit in _OLD:
                    _delete(connection, table, some, column, limit(before))
            yield 0

    def _begin(self) -> tuple[list[str], date | None]:
        """Return all points that may have something to fold, and the first day that is not folded."""
        with self._database.connection() as connection:
            sampled = known_points(connection, SampleRow)
            folded_until = connection.execute(select(col(HistoryProgress.folded_until))).scalar()
            if folded_until is None:
                oldest = oldest_sample(connection, sampled)
                return sampled, oldest and day_of(oldest)
            return sorted({*sampled, *known_points(connection, HistoryMark)}), folded_until

    def _dirty(self, after: date, before: date) -> tuple[date, list[str]] | None:
        """Return the first day between these two with points that are to be folded again, and these points."""
        dirty = col(HistoryMark.dirty), col(HistoryMark.day) > after, col(HistoryMark.day) < before
        with self._database.reading() as session:
            day = session.execute(select(func.min(col(HistoryMark.day))).where(*dirty)).scalar()
            if day is None:
                return None
            points = select(col(HistoryMark.point)).where(col(HistoryMark.dirty), col(HistoryMark.day) == day)
            return day, sorted(session.execute(points).scalars())

    def _progress(self) -> HistoryProgress:
        with self._database.reading() as session:
            return session.get(HistoryProgress, 1) or HistoryProgress()

    def _note(self, **field: date) -> None:
        """Set one field of the progress; another attempt that is further ahead keeps its value."""
        statement, [name] = self._database.insert(HistoryProgress), field
        earlier = or_(col(getattr(HistoryProgress, name)).is_(None), getattr(HistoryProgress, name) < field[name])
        statement = statement.on_conflict_do_update(index_elements=["id"], set_=field, where=earlier)
        with self._database.connection() as connection:
            connection.execute(statement, {"id": 1, **field})


def _same(day: date) -> date:
    return day


_OLD: Final[Sequence[tuple[type[SQLModel], str, Callable[[date], date | datetime]]]] = (
    (PointSpanRow, "since", day_start),
    (PointHourRow, "at", day_start),
    (PointDayRow, "day", _same),
    (HistoryMark, "day", _same),
)


def _delete(
    connection: Connection, table: type[SQLModel], points: Sequence[str], column: str, before: date | datetime
) -> None:
    columns = table.__table__.c  # type: ignore[attr-defined]  # SQLModel does not declare it
    connection.execute(delete(table).where(columns.point.in_(points), columns[column] < before))


def _portions(points: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(points), _AT_ONCE):
        yield points[start : start + _AT_ONCE]
