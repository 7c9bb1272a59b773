"""Time in working days: all hours of a day together are one working day, however many they are."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple

from activities.calendars.calendar import CLOSED_FOR_GOOD, LAST_YEAR, kept
from activities.calendars.days import Days
from activities.calendars.zones import first_reached, last_short_of, to_micros, to_moment, wall_micros, zone
from models.dossier.agreement import ServiceHours
from models.errors import ClockError

_DAY: Final = timedelta(days=1)


class _Span(NamedTuple):
    """A span of service, in microseconds; if two overlap, the second begins at the end of the first."""

    start: int
    end: int
    day: int
    """The number of working days before its own."""
    before: int
    """The service time of its day before it."""
    whole: int
    """The total service time of its day."""


class _Years(NamedTuple):
    first: int
    last: int
    starts: list[int]
    spans: list[_Span]


class WorkingDays:
    """Counts working days of service hours, with fractions of days; thread-safe.

    A day counts if any hours begin on it, even if they are fewer than on other days. A fraction of a day is the
    fraction of its hours.
    """

    def __init__(self, hours: ServiceHours) -> None:
        """`hours`: from the agreement."""
        self._days, self._zone = Days(hours), zone(hours.time_zone)
        self._known = _Years(1, 0, [], [])
        self._growing = threading.Lock()

    def elapsed(self, since: datetime, until: datetime) -> Fraction:
        """Return the working days between two moments."""
        known = self._covering(since.astimezone(UTC).year, until.astimezone(UTC).year)
        return max(_position(known, to_micros(until)) - _position(known, to_micros(since)), Fraction(0))

    def add(self, since: datetime, count: Fraction) -> datetime:
        """Return the first moment by which this many working days have passed; raise `ClockError` if that never
        happens.
        """
        year = since.astimezone(UTC).year
        known, start, idle = self._covering(year, year), to_micros(since), 0
        while not known.spans or _ends_with(known.spans[-1]) < _position(known, start) + count:
            had, known = len(known.spans), self._covering(known.first + 1, known.last)
            idle = idle + 1 if len(known.spans) == had else 0
            if idle >= CLOSED_FOR_GOOD or known.last > LAST_YEAR:
                raise ClockError(f"there are not enough working days after {since.date()}; correct the service hours")
        goal = _position(known, start) + count
        # The first span that ends with it or later: time is used up at closing rather than at the next opening.
        span = known.spans[bisect_left(known.spans, goal, key=_ends_with)]
        left = (goal - span.day) * span.whole - span.before
        return max(to_moment(span.start + ceil(left)), since.astimezone(UTC))

    def _covering(self, first: int, last: int) -> _Years:
        """Return the known years, with one more at each end."""
        known = self._known
        if known.first < first and last < known.last:
            return known
        with self._growing:
            known = self._known
            new = known.first > known.last
            low = first - 1 if new else min(first - 1, known.first)
            high = last + 1 if new else max(last + 1, known.last)
            self._known = self._years(low, high)
            return self._known

    def _years(self, low: int, high: int) -> _Years:
        spans: list[_Span] = []
        day, until, number = date(low, 1, 1), 0, 0
        while day.year <= high:
            own: list[tuple[int, int]] = []
            for opens, closes in sorted(self._days.hours(day).spans):
                start = max(first_reached(self._zone, wall_micros(day, opens)), until)
                end = last_short_of(self._zone, wall_micros(day, closes))
                if start < end:
                    own.append((start, end))
                    until = end
            whole, before = sum(end - start for start, end in own), 0
            for start, end in own:
                spans.append(_Span(start, end, number, before, whole))
                before += end - start
            number += bool(own)
            day += _DAY
        return _Years(low, high, [span.start for span in spans], spans)


def _position(known: _Years, moment: int) -> Fraction:
    """Return the working days from the beginning of the known years to a moment."""
    place = bisect_right(known.starts, moment) - 1
    if place < 0:
        return Fraction(0)
    span = known.spans[place]
    return span.day + Fraction(span.before + min(moment, span.end) - span.start, span.whole)


def _ends_with(span: _Span) -> Fraction:
    """Return the working days from the beginning of the known years to the end of a span."""
    return span.day + Fraction(span.before + span.end - span.start, span.whole)


_kept: OrderedDict[str, WorkingDays] = OrderedDict()


def working_days_of(hours: ServiceHours) -> WorkingDays:
    """Return the working days of these hours from a cache, so that the computed years are kept."""
    return kept(_kept, hours.model_dump_json(), lambda: WorkingDays(hours))
