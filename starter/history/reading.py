"""Reads the history of an application: lines about its measuring points, their days, hours or spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from activities.history.days import A_DAY, day_of, day_start, whole_second
from activities.history.store import HistoryStore
from activities.records import Records
from models.dossier.dossier import Dossier
from models.dossier.monitoring import Source
from models.errors import NotFoundError, UserError
from models.history import PointDay, PointHour, PointSpan, SpanState, UnfoldedDay
from models.names import as_typed
from starter.history.course import PointCourse
from starter.history.each import Each
from starter.history.views import DayLine, HourLine, Line, PointLine, SpanLine

_INSTANT = timedelta(microseconds=1)
_AN_HOUR = timedelta(hours=1)


class AskedHistory(NamedTuple):
    """What a person asks for."""

    application: str
    point: str | None
    """None: all measuring points."""
    since: datetime
    until: datetime
    """Later than `since`."""
    each: Each


class FoundHistory(NamedTuple):
    """The answer, sorted by measuring point and time."""

    since: datetime
    until: datetime
    """Now at the latest."""
    lines: list[Line]
    unfolded: list[UnfoldedDay]
    """Days whose samples cannot be read, with the reasons."""
    why_none: str
    """Why there is nothing, in a sentence; empty if there are lines."""


def read_history(records: Records, asked: AskedHistory, now: datetime) -> FoundHistory:
    """Return the history of one measuring point, or of all, until now.

    Raise `UserError` for a time after now, and `NotFoundError` if no dossier was in force then, or none with this point.
    """
    since, until = whole_second(asked.since), min(whole_second(asked.until), whole_second(now))
    if since >= until:
        raise UserError(f"--from names a time after now, {now:%Y-%m-%d %H:%M} UTC; name an earlier one")
    store = HistoryStore(records.database, records.dossier, lambda: now)
    asked = asked._replace(since=since, until=until)
    dossiers = _dossiers(records, store, asked)
    units = {name: one.unit for dossier in dossiers for name, one in dossier.monitoring.measuring_points.items()}
    if asked.point is not None and asked.point not in units:
        known = ", ".join(sorted(units)) or "none"
        raise NotFoundError(
            f"{asked.application} had no measuring point {as_typed(asked.point)} in this time; it had {known}"
        )
    chosen = {f"{asked.application}.{name}": unit for name, unit in units.items() if asked.point in (None, name)}
    chosen = dict(sorted(chosen.items()))
    lines = list(_lines(store, asked, chosen))
    why_none = "" if lines else _nothing(store, asked, dossiers, chosen)
    return FoundHistory(since, until, lines, store.unfolded(chosen, since, until), why_none)


def _dossiers(records: Records, store: HistoryStore, asked: AskedHistory) -> list[Dossier]:
    """Return the versions that were in force, in order, without those that cannot be read."""
    uses = store.dossiers_in_force(asked.application, asked.since, asked.until)
    if not uses:
        later = store.dossiers_in_force(asked.application, asked.until, datetime.max.replace(tzinfo=asked.until.tzinfo))
        first = f"; the first one came into force at {later[0].since:%Y-%m-%d %H:%M} UTC" if later else ""
        raise NotFoundError(f"no dossier of {asked.application} was in force in this time{first}")
    found = []
    for use in uses:
        try:
            found.append(records.dossier(use.digest))
        except UserError:  # its days are unfolded, which is said beside
            continue
    return found


def _lines(store: HistoryStore, asked: AskedHistory, units: Mapping[str, str | None]) -> Iterator[Line]:
    since, until = asked.since, asked.until
    match asked.each:
        case Each.POINT:
            for name, spans in store.spans(units, since, until).items():
                if spans:
                    yield _point(name, spans, since, until)
        case Each.DAY:
            first, end = day_of(since), day_of(until - _INSTANT) + A_DAY
            courses = _courses(store, units, day_start(first), day_start(end))
            for name, days in store.days(units, first, end).items():
                yield from (_day(day, courses[name], units[name]) for day in days)
        case Each.HOUR:
            first_hour = since.replace(minute=0, second=0)
            courses = _courses(store, units, first_hour, until + _AN_HOUR)
            for name, hours in store.hours(units, first_hour, until).items():
                yield from (_hour(hour, courses[name], units[name]) for hour in hours)
        case Each.SPAN:
            for spans in store.spans(units, since, until).values():
                yield from (SpanLine(**span.model_dump(), lasted_s=span.seconds) for span in spans)


def _courses(
    store: HistoryStore, units: Mapping[str, str | None], since: datetime, until: datetime
) -> dict[str, PointCourse]:
    return {name: PointCourse(spans) for name, spans in store.spans(units, since, until).items()}


def _point(name: str, spans: list[PointSpan], since: datetime, until: datetime) -> PointLine:
    course = PointCourse(spans)
    faults = [span.since for span in spans if span.state is SpanState.DOWN]
    return PointLine(
        point=name,
        since=since,
        until=until,
        **_seconds(course, since, until),
        no_data_s=course.seconds(since, until)[SpanState.NO_DATA],
        faults=len(faults),
        last_fault_at=faults[-1] if faults else None,
        course=course.characters(since, until),
    )


def _day(day: PointDay, course: PointCourse, unit: str | None) -> DayLine:
    since = day_start(day.day)
    until = since + A_DAY
    return DayLine.model_validate(
        day.model_dump() | _seconds(course, since, until) | {"course": course.characters(since, until), "unit": unit}
    )


def _hour(hour: PointHour, course: PointCourse, unit: str | None) -> HourLine:
    return HourLine.model_validate(hour.model_dump() | _seconds(course, hour.at, hour.at + _AN_HOUR) | {"unit": unit})


def _seconds(course: PointCourse, since: datetime, until: datetime) -> dict[str, int]:
    found = course.seconds(since, until)
    return {"up_s": found[SpanState.UP], "down_s": found[SpanState.DOWN]}


def _nothing(store: HistoryStore, asked: AskedHistory, dossiers: list[Dossier], units: Mapping[str, str | None]) -> str:
    what = f"nothing was measured from {asked.since:%Y-%m-%d %H:%M} to {asked.until:%Y-%m-%d %H:%M} UTC"
    if dossiers and dossiers[-1].monitoring.watched_by is Source.CENTRAL:
        return f"{what}: another system measures the points of {asked.application}, and has their history"
    if dossiers and not units:
        return f"{what}: the dossier has no measuring points"
    first = min(filter(None, map(store.measured_since, units)), default=None)
    if first is not None and first >= asked.until:
        return f"{what}; the first measurement that is kept is of {first:%Y-%m-%d %H:%M} UTC"
    return f"{what}; `driftvakt doctor` says whether the monitor runs"
