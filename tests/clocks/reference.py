"""The slow and obvious references: calendars and clocks that look at every minute.

A minute belongs to a span when the wall clock has shown the span's start by then, and will yet show less than its end. That is
all there is to know about days on which the clocks change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
    minutes = bytearray(days * 1440)
    for _, begins, ends in _of_days(hours, start, days):
        minutes[begins:ends] = b"\1" * (ends - begins)
    return minutes


def days_of_minutes(hours: ServiceHours, start: datetime, days: int) -> list[date | None]:
    """For every minute from `start` on the day to whose hours it belongs, the earlier of two; None outside."""
    minutes: list[date | None] = [None] * (days * 1440)
    for day, begins, ends in _of_days(hours, start, days):
        minutes[begins:ends] = [earlier or day for earlier in minutes[begins:ends]]
    return minutes


def _of_days(hours: ServiceHours, start: datetime, days: int) -> Iterator[tuple[date, int, int]]:
    """The spans of every day, as minutes from `start` on."""
    so_far, yet = wall_clock(hours.time_zone, start, days * 1440)
    first = start.date() - 2 * DAY
    for day in (first + n * DAY for n in range(days + 4)):
        midnight = midnight_of(day)
        for since, until in _spans(hours, day):
            # Both lists only grow: these are the first minute that fits, and the first that does no longer.
            begins, ends = bisect_left(so_far, midnight + since), bisect_left(yet, midnight + until)
            if begins < ends:
                yield day, begins, ends


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


@dataclass
class Counter:
    """Minutes counted for one priority."""

    counted: int = 0
    paused: int = 0
    used_up: int | None = None
    """The minute at which its time was used up."""


@dataclass
class MinuteClock:
    """One target, told minute by minute what happens; everything in minutes from the opening on."""

    kind: str
    terms: dict[str, tuple[int, bytearray]] = field(repr=False)
    """By priority: within how many minutes, and which minutes count."""
    priority: str | None = None
    counters: dict[str, Counter] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    """Priorities that held since the opening, the last word or the opening anew."""
    ran_out: int | None = None
    """When the time ran out since then."""
    earlier: list[int] = field(default_factory=list)
    """When it ran out before that, once for each word that was late."""
    over: bool = False
    done_as: str | None = None
    """The priority that held when it was done."""

    @property
    def breached(self) -> list[int]:
        """When its time ran out."""
        return self.earlier if self.ran_out is None else [*self.earlier, self.ran_out]

    @property
    def counting(self) -> list[str]:
        """The priorities whose time counts now, or counted when it was done."""
        priority = self.done_as if self.over else self.priority
        if self.kind == "restore":
            return [p for p in self.terms if p == priority]
        return [p for p in self.terms if p in self.held and priority is not None and p >= priority]

    def tell(self, event: ClockEvent) -> None:
        """Something happened at this minute."""
        kinds, kind = ClockEventKind, event.kind
        if event.priority is not None:
            self.priority = event.priority.value
        done = {kinds.RESTORED, kinds.CLOSED} | ({kinds.RESPONDED} if self.kind == "respond" else set())
        if kind in done and not self.over:
            self.over, self.done_as = True, self.priority
            self.held |= {self.priority} if self.priority else set()
        elif kind is kinds.REOPENED and self.over and self.kind != "respond":
            self.over = False
            self._anew()
        elif kind is kinds.UPDATED and not self.over:
            self._anew()

    def _anew(self) -> None:
        if self.kind == "update":
            self.earlier, self.ran_out = self.breached, None
            self.counters, self.held = {}, set()

    def look(self, at: int) -> None:
        """What holds from this minute on, and is its time used up?"""
        if not self.over and self.priority is not None:
            self.held.add(self.priority)
        for priority in self.terms:
            if self.kind == "restore" or any(held <= priority for held in self.held):
                self.counters.setdefault(priority, Counter())
        for priority, counter in self.counters.items():
            if counter.used_up is None and counter.counted >= self.terms[priority][0]:
                counter.used_up = at
        if not self.over:
            for priority in self.counting:
                used_up = self.counters[priority].used_up
                if used_up is not None and (self.ran_out is None or used_up < self.ran_out):
                    self.ran_out = used_up

    def pass_minute(self, at: int, paused: bool) -> None:
        """A minute passes."""
        if self.over:
            return
        for priority, counter in self.counters.items():
            minute = self.terms[priority][1][at]
            if paused:
                counter.paused += minute
            else:
                counter.counted += minute


def run_clock(clock: MinuteClock, events: Sequence[ClockEvent], pauses: set[str], now: int) -> MinuteClock:
    """Let a clock live through all minutes up to `now`; the opening is minute 0. `pauses` are parties whose wait pauses it."""
    opened = events[0].at
    waiting: str | None = None
    reached = False
    told = 0
    for at in range(now + 1):
        moment = opened + at * MINUTE
        while told < len(events) and events[told].at == moment:
            event = events[told]
            told += 1
            if event.kind is ClockEventKind.WAITING and not _over(events[:told]):
                reached = event.reached or (reached and waiting == event.party)
                waiting = event.party
            elif event.kind in {ClockEventKind.RESUMED, ClockEventKind.RESTORED, ClockEventKind.CLOSED}:
                waiting = None
            clock.tell(event)
        clock.look(at)
        if at < now:
            clock.pass_minute(at, reached and waiting in pauses)
    return clock


def runs_out(clock: MinuteClock, now: int) -> int | None:
    """The minute at which a clock that runs runs out if nothing happens any more; None beyond the minutes that are known."""
    for at in range(now, min(len(minutes) for _, minutes in clock.terms.values())):
        if clock.ran_out is not None and any(clock.counters[p].used_up is not None for p in clock.counting):
            return at
        clock.pass_minute(at, paused=False)
        clock.look(at + 1)
    return None


def _over(events: Sequence[ClockEvent]) -> bool:
    """Whether it is restored or closed, and was not opened again since."""
    kinds = ClockEventKind
    last = [e.kind for e in events if e.kind in {kinds.RESTORED, kinds.CLOSED, kinds.REOPENED}]
    return bool(last) and last[-1] is not kinds.REOPENED


def utc(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
