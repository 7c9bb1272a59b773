"""When a maintenance window is open, and when work that a freeze keeps back may be done in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from activities.calendars.calendar import Span
from activities.calendars.zones import first_reached, last_short_of, to_moment, wall_micros, zone
from models.dossier.agreement import minutes_of
from models.dossier.routines import Weekday, Window

_DAY: Final = timedelta(days=1)
_LOOK_AHEAD: Final = timedelta(days=400)
"""A window that does not open for so long does not open."""


def spans_of(window: Window, since: datetime, until: datetime) -> Iterator[Span]:
    """The times in which a window is open and which touch this stretch, whole and in order; those that meet are one."""
    held: Span | None = None
    for opens, closes in _days(window, since, until):
        if held is not None and opens <= held[1]:
            held = (held[0], max(held[1], closes))
            continue
        if held is not None and held[1] > since:
            yield held
        held = (opens, closes)
    if held is not None and held[1] > since and held[0] < until:
        yield held


def span_at(window: Window, at: datetime) -> Span | None:
    """The time in which a window is open around a moment; None when it is closed then."""
    return next(((a, b) for a, b in spans_of(window, at, at + _DAY) if a <= at < b), None)


def next_span(window: Window, at: datetime, allowed_from: Callable[[datetime], datetime]) -> Span | None:
    """The first stretch from a moment on in which a window is open and work is allowed; None when there is none in a year.

    `allowed_from` gives the first moment from another on at which the work is allowed.
    """
    for opens, closes in spans_of(window, at, at + _LOOK_AHEAD):
        begins = allowed_from(max(opens, at))
        if begins < closes:
            return begins, closes
    return None


def _days(window: Window, since: datetime, until: datetime) -> Iterator[Span]:
    tz = zone(window.time_zone)
    begin, end = minutes_of(window.hours)
    names = list(Weekday)
    day, last = since.astimezone(tz).date() - 2 * _DAY, until.astimezone(tz).date() + 2 * _DAY
    while day <= last:
        if not window.weekdays or names[day.weekday()] in window.weekdays:
            opens = to_moment(first_reached(tz, wall_micros(day, begin)))
            closes = to_moment(last_short_of(tz, wall_micros(day, end)))
            if opens < closes:
                yield opens, closes
        day += _DAY
