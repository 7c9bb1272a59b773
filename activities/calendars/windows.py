"""The times in which a maintenance window is open, and in which freezes allow the work."""

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
"""A window that does not open within this time never opens."""


def spans_of(window: Window, since: datetime, until: datetime) -> Iterator[Span]:
    """Yield the open times of a window that touch this stretch, whole, in order, and joined if they meet."""
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
    """Return the open time of a window around a moment; None if it is closed then."""
    return next(((a, b) for a, b in spans_of(window, at, at + _DAY) if a <= at < b), None)


def next_span(window: Window, at: datetime, allowed_from: Callable[[datetime], datetime]) -> Span | None:
    """Return the first time from a moment on in which a window is open and work is allowed; None if there is none in a
    year.

    `allowed_from` returns the first moment, from a given one on, at which the work is allowed.
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
