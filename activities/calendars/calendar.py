"""The calendar of service hours: whether service is given, the service time between moments, and the end of a service
time.

It takes aware moments and returns UTC. Service time is elapsed time: on a day with a clock change, it is an hour longer
or shorter than the wall clock shows. The spans of a year are computed on first use, and then found by bisection.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple, TypeVar

from activities.calendars.days import Days
from activities.calendars.zones import (
    DAY,
    MINUTE,
    first_reached,
    last_short_of,
    steady_offsets,
    to_micros,
    to_moment,
    wall_micros,
    zone,
)
from models.dossier.agreement import AlwaysOpen, ServiceHours
from models.errors import ClockError

FIRST_YEAR: Final = 1971
LAST_YEAR: Final = 2199
CLOSED_FOR_GOOD: Final = 5
"""The years without an opening after which a calendar counts as permanently closed."""

T = TypeVar("T")

Span = tuple[datetime, datetime]
"""The beginning and the end; the end is excluded."""


class Closure(NamedTuple):
    """A stretch outside service hours."""

    since: datetime
    until: datetime
    why: str


class _Years(NamedTuple):
    """The spans of known years, in order and joined if they touch; microseconds."""

    first: int
    last: int
    starts: list[int]
    ends: list[int]
    before: list[int]
    """The service time of all spans before this one; one entry more than there are spans."""


class Calendar:
    """The times in which a service is given; thread-safe."""

    def __init__(self, hours: ServiceHours | AlwaysOpen) -> None:
        """`hours`: from the agreement."""
        self._hours = None if isinstance(hours, str) else hours
        self._zone = None if self._hours is None else zone(self._hours.time_zone)
        self._days = None if self._hours is None else Days(self._hours)
        self._known: _Years | None = None
        self._growing = threading.Lock()

    @property
    def always_open(self) -> bool:
        """Whether service is given round the clock."""
        return self._hours is None

    @property
    def time_zone(self) -> str:
        """The IANA name; UTC if service is given round the clock."""
        return "UTC" if self._hours is None else self._hours.time_zone

    def is_open(self, at: datetime) -> bool:
        """Return whether service is given at this moment; at the moment of closing it is not."""
        moment = _micros(at)
        if self._hours is None:
            return True
        known = self._covering(moment, moment)
        place = bisect_right(known.starts, moment) - 1
        return place >= 0 and moment < known.ends[place]

    def spans(self, since: datetime, until: datetime) -> list[Span]:
        """Return the spans of service between two moments, cut to them and joined if they touch."""
        return [(to_moment(a), to_moment(b)) for a, b in self._spans(_micros(since), _micros(until))]

    def elapsed(self, since: datetime, until: datetime) -> timedelta:
        """Return the service time between two moments; zero if the second is not later."""
        start, end = _micros(since), _micros(until)
        if end <= start:
            return timedelta(0)
        if self._hours is None:
            return timedelta(microseconds=end - start)
        known = self._covering(start, end)
        return timedelta(microseconds=_total(known, end) - _total(known, start))

    def add(self, since: datetime, span: timedelta) -> datetime:
        """Return the first moment by which this service time has passed: the moment of closing rather than the next
        opening.

        Raise `ClockError` if that never happens, because the calendar does not open again.
        """
        start, wanted = _micros(since), span // timedelta(microseconds=1)
        if wanted <= 0:
            return since.astimezone(UTC)
        if self._hours is None:
            return _later(since, span)
        known = self._covering(start, start)
        goal = _total(known, start) + wanted
        idle = 0
        while known.before[-1] < goal:
            had, known = known.before[-1], self._one_more(known, since, span)
            # A year put before the others by another thread shifts all totals alike.
            goal = _total(known, start) + wanted
            idle = idle + 1 if known.before[-1] == had else 0
            if idle >= CLOSED_FOR_GOOD:
                raise ClockError(
                    f"these service hours do not open again after {since.date()}; correct them in the dossier"
                )
        place = bisect_left(known.before, goal) - 1
        return to_moment(known.starts[place] + goal - known.before[place])

    def next_opening(self, at: datetime) -> datetime:
        """Return the moment itself if service is given, otherwise the next opening; raise `ClockError` if there is
        none.
        """
        if self.is_open(at):
            return at.astimezone(UTC)
        return self.add(at, timedelta(microseconds=1)) - timedelta(microseconds=1)

    def closes_at(self, at: datetime) -> datetime | None:
        """Return the end of the service that is given at this moment; None round the clock, and if no service is
        given.
        """
        moment = _micros(at)
        if self._hours is None or not self.is_open(at):
            return None
        known = self._covering(moment, moment)
        end = known.ends[bisect_right(known.starts, moment) - 1]
        # Service may go on over New Year for days: ask again until the end is one.
        return to_moment(end) if not self.is_open(to_moment(end)) else self.closes_at(to_moment(end))

    def why_closed(self, at: datetime) -> str | None:
        """Return why no service is given: `Midsummer Eve`, `exception: stocktaking`, `Saturday`, `open only
        08:00-17:00`.
        """
        return None if self.is_open(at) else self._why(self.local(at).date())

    def closures(self, since: datetime, until: datetime) -> list[Closure]:
        """Return the stretches between the spans of service, one for each date and reason."""
        found: list[Closure] = []
        at = _micros(since)
        for start, end in [*self._spans(at, _micros(until)), (_micros(until), _micros(until))]:
            for piece in self._by_date(at, start):
                if found and found[-1].until == piece.since and found[-1].why == piece.why:
                    found[-1] = found[-1]._replace(until=piece.until)
                else:
                    found.append(piece)
            at = end
        return found

    def local(self, at: datetime) -> datetime:
        """Return a moment on the calendar's wall clock."""
        return at.astimezone(self._zone or UTC)

    def _spans(self, start: int, end: int) -> list[tuple[int, int]]:
        if end <= start:
            return []
        if self._hours is None:
            return [(start, end)]
        known = self._covering(start, end)
        first, last = bisect_right(known.ends, start), bisect_left(known.starts, end)
        return [(max(known.starts[n], start), min(known.ends[n], end)) for n in range(first, last)]

    def _by_date(self, start: int, end: int) -> Iterator[Closure]:
        while start < end:
            assert self._zone is not None
            day = self.local(to_moment(start)).date()
            stop = min(end, max(first_reached(self._zone, wall_micros(day, 1440)), start + 1))
            yield Closure(to_moment(start), to_moment(stop), self._why(day))
            start = stop

    def _why(self, day: date) -> str:
        assert self._days is not None
        return self._days.hours(day).closed_because(day)

    def _covering(self, start: int, end: int) -> _Years:
        """Return the known years, extended so that both moments are well inside."""
        first, last = to_moment(start - 3 * DAY).year, to_moment(end + 3 * DAY).year
        known = self._known
        if known is not None and known.first <= first and last <= known.last:
            return known
        with self._growing:
            known = self._known
            low = first if known is None else min(first, known.first)
            high = last if known is None else max(last, known.last)
            return self._grow(known, low, high)

    def _one_more(self, known: _Years, since: datetime, span: timedelta) -> _Years:
        if known.last >= LAST_YEAR:
            raise ClockError(f"no calendar reaches {span} of service time from {since.date()}; give a shorter time")
        with self._growing:
            now = self._known or known
            return now if now.last > known.last else self._grow(now, now.first, now.last + 1)

    def _grow(self, known: _Years | None, low: int, high: int) -> _Years:
        starts: list[int] = []
        ends: list[int] = []
        for year in range(low, high + 1):
            if known is not None and year == known.first:
                _join(starts, ends, zip(known.starts, known.ends, strict=True))
            if known is None or not known.first <= year <= known.last:
                _join(starts, ends, self._year(year))
        before = [0]
        for start, end in zip(starts, ends, strict=True):
            before.append(before[-1] + end - start)
        self._known = _Years(low, high, starts, ends, before)
        return self._known

    def _year(self, year: int) -> list[tuple[int, int]]:
        """Return the spans that begin in a year of the wall clock."""
        assert self._days is not None
        assert self._zone is not None
        tz, found = self._zone, list[tuple[int, int]]()
        first, midnight = date(year, 1, 1).toordinal(), wall_micros(date(year, 1, 1), 0)
        for number, offset in enumerate(steady_offsets(tz, year)):
            for since, until in self._days.hours(date.fromordinal(first + number)).spans:
                start, end = midnight + since * MINUTE, midnight + until * MINUTE
                if offset is not None:
                    found.append((start - offset, end - offset))
                else:
                    found.append((first_reached(tz, start), last_short_of(tz, end)))
            midnight += DAY
        return sorted(found)


_KEPT: Final = 256
_calendars: OrderedDict[str, Calendar] = OrderedDict()
_keeping = threading.Lock()


def calendar_of(hours: ServiceHours | AlwaysOpen) -> Calendar:
    """Return the calendar of these hours from a cache, so that its computed years are kept."""
    key = hours if isinstance(hours, str) else hours.model_dump_json()
    return kept(_calendars, key, lambda: Calendar(hours))


def kept(known: OrderedDict[str, T], key: str, make: Callable[[], T]) -> T:
    """Return the cached value for this key, or create it; the least recently used value is dropped."""
    with _keeping:
        found = known.pop(key, None) or make()
        known[key] = found
        if len(known) > _KEPT:
            known.popitem(last=False)
    return found


def _join(starts: list[int], ends: list[int], spans: Iterator[tuple[int, int]] | list[tuple[int, int]]) -> None:
    """Append sorted spans to others; overlapping and touching ones are joined, so that no time counts twice."""
    for start, end in spans:
        if end <= start:
            continue
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)


def _total(known: _Years, moment: int) -> int:
    """Return the service time of the known years up to a moment."""
    place = bisect_right(known.starts, moment) - 1
    if place < 0:
        return 0
    return known.before[place] + min(moment, known.ends[place]) - known.starts[place]


def _micros(at: datetime) -> int:
    if at.tzinfo is None or at.utcoffset() is None:
        raise ClockError(f"{at.isoformat()} has no time zone; write it as 2026-06-19T22:00:00Z or with +02:00")
    if not FIRST_YEAR < at.year < LAST_YEAR:
        raise ClockError(f"calendars cover {FIRST_YEAR + 1} to {LAST_YEAR - 1}, but {at.date()} is outside")
    return to_micros(at)


def _later(since: datetime, span: timedelta) -> datetime:
    try:
        return since.astimezone(UTC) + span
    except OverflowError:
        raise ClockError(f"no calendar reaches {span} from {since.date()}; give a shorter time") from None
