"""Reads the history: stored days, and days that are not folded yet, folded when they are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from activities.history.carry import NOTHING, Carry
from activities.history.days import A_DAY, day_of, day_start, whole_second
from activities.history.fold import DayFold, fold_day
from activities.history.reading import SampleReader, oldest_sample
from activities.history.rows import SPAN_COLUMNS, point_day, point_hour, stored_span
from activities.history.spans import StoredSpan, composed
from activities.history.uses import RuleBook, application_of, uses_of
from activities.records.database import Database
from models.dossier.dossier import Dossier
from models.history import DayValues, DossierInForce, PointDay, PointHour, PointSpan, UnfoldedDay
from models.history_tables import HistoryMark, HistoryProgress, PointDayRow, PointHourRow, PointSpanRow

_AT_ONCE: Final = 500
"""The most points in one query."""

_INSTANT: Final = timedelta(microseconds=1)


class HistoryStore:
    """The history of measuring points. Blocking; every method raises a `StoreError` if the database fails.

    Points are named `customer.application.measuring-point`. Days that are not folded yet are folded when they are read, up to
    now, so that the newest results are there; the methods then also raise `DossierError` if a version in force cannot
    be used. Nothing is returned for time after now.
    """

    def __init__(
        self,
        database: Database,
        dossier: Callable[[str], Dossier],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`dossier` returns the dossier with a digest; it raises a `UserError` if that version cannot be used."""
        self._database = database
        self._rules = RuleBook(dossier)
        self._samples = SampleReader(database)
        self._clock = clock

    def spans(
        self,
        points: Collection[str],
        since: datetime,
        until: datetime,
        thresholds: Collection[str] | None = None,
    ) -> dict[str, list[PointSpan]]:
        """Return the spans of each point in [since, until), in order and without overlap.

        They cover the time from the first sample of the point on, while a dossier in force has it. `thresholds`: the
        names of the thresholds whose faults count as down; None: all with the severity critical at that time.
        """
        stored: dict[str, list[StoredSpan]] = {point: [] for point in points}
        at = col(PointSpanRow.since)
        between = at >= day_start(day_of(since)), at < until
        for row in self._rows(PointSpanRow, SPAN_COLUMNS, points, *between):
            stored[row.point].append(stored_span(row))
        for point, fold in self._tail(points, until):
            stored[point] += fold.spans
        return {point: composed(point, spans, since, until, thresholds) for point, spans in stored.items()}

    def hours(self, points: Collection[str], since: datetime, until: datetime) -> dict[str, list[PointHour]]:
        """Return the hours of each point that begin in [since, until); the last one may not be over."""
        found: dict[str, list[PointHour]] = {point: [] for point in points}
        at = col(PointHourRow.at)
        for row in self._rows(PointHourRow, _columns(PointHourRow), points, at >= since, at < until):
            found[row.point].append(point_hour(row))
        for point, fold in self._tail(points, until):
            found[point] += [hour for hour in fold.hours if since <= hour.at < until]
        return found

    def days(self, points: Collection[str], since: date, until: date) -> dict[str, list[PointDay]]:
        """Return the days (UTC) of each point in [since, until); today's is not over."""
        found: dict[str, list[PointDay]] = {point: [] for point in points}
        day = col(PointDayRow.day)
        for row in self._rows(PointDayRow, _columns(PointDayRow), points, day >= since, day < until):
            found[row.point].append(point_day(row))
        for point, fold in self._tail(points, day_start(until)):
            if fold.day is not None and since <= fold.day.day < until:
                found[point].append(fold.day)
        return found

    def day_values(
        self, points: Collection[str], since: date, until: date, statistics: Sequence[str]
    ) -> dict[str, list[DayValues]]:
        """Return these statistics (fields of `DayNumbers`) of the value of each point, for the days in [since, until).

        It reads only these columns, so that reports on hundreds of points stay fast.
        """
        found: dict[str, list[DayValues]] = {point: [] for point in points}
        day = col(PointDayRow.day)
        columns = [col(PointDayRow.point), day, col(PointDayRow.no_data_s)]
        columns += [getattr(PointDayRow, f"value_{name}") for name in statistics]
        for point, of, no_data_s, *values in self._rows(PointDayRow, columns, points, day >= since, day < until):
            found[point].append(DayValues(of, no_data_s, tuple(values)))
        for point, fold in self._tail(points, day_start(until)):
            if fold.day is not None and since <= fold.day.day < until:
                numbers = tuple(getattr(fold.day.value, name, None) for name in statistics)
                found[point].append(DayValues(fold.day.day, fold.day.no_data_s, numbers))
        return found

    def measured_since(self, point: str) -> datetime | None:
        """Return the beginning of the first span of a point; None if it was never measured.

        History that is older than the setting `history_kept_days` is not kept.
        """
        first = select(func.min(col(PointSpanRow.since))).where(col(PointSpanRow.point) == point)
        with self._database.reading() as session:
            found = session.execute(first).scalar()
        if found is None:
            found = min((s.since for _, fold in self._tail([point], self._clock()) for s in fold.spans), default=None)
        return found

    def dossiers_in_force(self, application: str, since: datetime, until: datetime) -> list[DossierInForce]:
        """Return the versions of a dossier that were the current ones in [since, until), in order, with all their
        time.
        """
        with self._database.reading() as session:
            uses = uses_of(session, [application]).get(application, [])
        return [use for use in uses if use.since < until and (use.until is None or use.until > since)]

    def unfolded(self, points: Collection[str], since: datetime, until: datetime) -> list[UnfoldedDay]:
        """Return the finished days in [since, until) that could not be folded, with the reason; they have no spans."""
        day, why = col(HistoryMark.day), col(HistoryMark.why)
        chosen = why != "", col(HistoryMark.dirty), day >= day_of(since), day <= day_of(until - _INSTANT)
        rows = self._rows(HistoryMark, [col(HistoryMark.point), day, why], points, *chosen)
        return [UnfoldedDay(point=row.point, day=row.day, why=row.why) for row in rows]

    def _rows(
        self, table: type[SQLModel], columns: Sequence[Any], points: Collection[str], *where: Any
    ) -> Iterator[Any]:
        """Yield the rows of the points, sorted by the key of the table."""
        key = table.__table__.primary_key.columns  # type: ignore[attr-defined]  # SQLModel does not declare it
        names = sorted(set(points))
        for start in range(0, len(names), _AT_ONCE):
            mine = key.values()[0].in_(names[start : start + _AT_ONCE])
            with self._database.reading() as session:
                yield from session.execute(select(*columns).where(mine, *where).order_by(*key)).all()

    def _tail(self, points: Iterable[str], until: datetime) -> Iterator[tuple[str, DayFold]]:
        """Fold the days that are not folded yet, up to `until` or now; day by day for each point."""
        until = min(whole_second(until), whole_second(self._clock()))
        with self._database.reading() as session:
            progress = session.get(HistoryProgress, 1) or HistoryProgress()
            if progress.folded_until is None or day_start(progress.folded_until) < until:
                yield from self._folded(session, sorted(set(points)), progress.folded_until, until)

    def _folded(
        self, session: Session, points: Sequence[str], folded_until: date | None, until: datetime
    ) -> Iterator[tuple[str, DayFold]]:
        uses = uses_of(session, {application_of(point) for point in points})
        for point in points:
            day, carry = folded_until, NOTHING
            if day is None:
                oldest = oldest_sample(session.connection(), [point])
                day = oldest and day_of(oldest)
            else:
                last = session.get(HistoryMark, (point, day - A_DAY))
                carry = Carry.model_validate(last.carry) if last and last.carry else NOTHING
            while day is not None and day_start(day) < until:
                start, end = day_start(day), day_start(day) + A_DAY
                rules = self._rules.in_force(uses.get(application_of(point), []), point, start, end)
                samples = self._samples.read(session.connection(), point, start, min(end, until))
                fold = fold_day(point, day, samples, rules, carry, until)
                yield point, fold
                day, carry = day + A_DAY, fold.carry


def _columns(table: type[SQLModel]) -> list[Any]:
    return list(table.__table__.c)  # type: ignore[attr-defined]  # SQLModel does not declare it
