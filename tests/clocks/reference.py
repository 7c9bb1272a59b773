"""The slow and obvious references: calendars and clocks that look at every minute.

A minute belongs to a span when the wall clock has shown the span's start by then, and will yet show less than its end. That is
all there is to know about days on which the clocks change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import holidays

from models.clock import ClockEvent, ClockEventKind
from models.dossier.agreement import Holidays, ServiceHours

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ZERO = date(2000, 1, 1)


def midnight_of(day: date) -> int:
    """The wall clock's midnight, in minutes."""
    return (day - _ZERO) // MINUTE


@cache
def wall_clock(zone: str, start: datetime, minutes: int) -> tuple[list[int], list[int]]:
    """For every minute: the latest time that the wall clock has shown so far, and the earliest that it will yet show."""
    tz = ZoneInfo(zone)
    shown: list[int] = []
    for quarter in range(0, minutes, 15):  # clocks change on quarters of an hour
        local = (start + quarter * MINUTE).astimezone(tz)
        first = midnight_of(local.date()) + local.hour * 60 + local.minute
        shown += range(first, first + 15)
    so_far = list(accumulate(shown, max))
    yet = list(accumulate(reversed(shown), min))[::-1]
    return so_far, yet


@cache
def closed_days(terms: str, year: int) -> set[date]:
    """The holidays of `COUNTRY KIND ...`."""
    country, *kinds = terms.split()
    return set(holidays.country_holidays(country, years=year, categories=("public", *kinds)))


def open_minutes(hours: ServiceHours, start: datetime, days: int) -> bytearray:
    """One byte a minute from `start` on: 1 in service, 0 outside."""
    so_far, yet = wall_clock(hours.time_zone, start, days * 1440)
    minutes = bytearray(days * 1440)
    first = start.date() - 2 * DAY
    for day in (first + n * DAY for n in range(days + 4)):
        midnight = midnight_of(day)
        for since, until in _spans(hours, day):
            # Both lists only grow: these are the first minute that fits, and the first that does no longer.
            begins, ends = bisect_left(so_far, midnight + since), bisect_left(yet, midnight + until)
            if begins < ends:
                minutes[begins:ends] = b"\1" * (ends - begins)
    return minutes


def _spans(hours: ServiceHours, day: date) -> list[tuple[int, int]]:
    texts = getattr(hours.weekly, _NAMES[day.weekday()])
    terms = hours.holidays
    if isinstance(terms, Holidays):
        terms = " ".join([terms.country, *terms.also])
    if terms is not None and day in closed_days(terms, day.year):
        texts = []
    for exception in hours.exceptions:
        if exception.day == day:
            texts = exception.hours
    found = []
    for text in texts:
        since, until = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
        found.append((since, until if until > since else until + 1440))
    return found


def added(minutes: bytearray, since: int, count: int) -> int | None:
    """The minute by which so many minutes of service have passed; None when the bytes do not reach."""
    for at in range(since, len(minutes)):
        count -= minutes[at]
        if count <= 0:
            return at + 1
    return None


class MinuteClock:
    """One promise, told minute by minute what happens; everything in minutes from the opening on."""

    def __init__(self, promise: str, within: int, minutes: bytearray) -> None:
        self.promise, self.within, self.minutes = promise, within, minutes
        self.elapsed = self.paused = 0
        self.breached: list[int] = []
        self.over = False
        self._breached_now = False

    def tell(self, kind: ClockEventKind) -> None:
        """Something happened at this minute."""
        kinds = ClockEventKind
        if self.promise == "respond":
            self.over = self.over or kind in {kinds.RESPONDED, kinds.RESTORED, kinds.CLOSED}
        elif kind in {kinds.RESTORED, kinds.CLOSED}:
            self.over = True
        elif kind is kinds.REOPENED and self.over:
            self.over = False
            self._anew()
        elif kind is kinds.UPDATED and not self.over:
            self._anew()

    def _anew(self) -> None:
        if self.promise == "update":
            self.elapsed = self.paused = 0
            self._breached_now = False

    def pass_minute(self, at: int, paused: bool) -> None:
        """A minute passes."""
        if self.over:
            return
        if paused:
            self.paused += self.minutes[at]
        else:
            self.elapsed += self.minutes[at]

    def look(self, at: int) -> None:
        """Is its time used up?"""
        if not self.over and self.elapsed >= self.within and not self._breached_now:
            self._breached_now = True
            self.breached.append(at)


def run_clock(
    promise: str, within: int, minutes: bytearray, events: Sequence[ClockEvent], pauses: set[str], now: int
) -> MinuteClock:
    """Let a clock live through all minutes up to `now`; the opening is minute 0."""
    clock = MinuteClock(promise, within, minutes)
    opened = events[0].at
    waiting: str | None = None
    told = 0
    for at in range(now + 1):
        moment = opened + at * MINUTE
        while told < len(events) and events[told].at == moment:
            event = events[told]
            told += 1
            if event.kind is ClockEventKind.WAITING and not _closed(events[:told]):
                waiting = event.party
            elif event.kind in {ClockEventKind.RESUMED, ClockEventKind.CLOSED}:
                waiting = None
            clock.tell(event.kind)
        clock.look(at)
        if at < now:
            clock.pass_minute(at, waiting in pauses)
    return clock


def _closed(events: Sequence[ClockEvent]) -> bool:
    kinds = [e.kind for e in events if e.kind in {ClockEventKind.CLOSED, ClockEventKind.REOPENED}]
    return bool(kinds) and kinds[-1] is ClockEventKind.CLOSED


def utc(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
