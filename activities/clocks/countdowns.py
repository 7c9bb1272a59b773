"""The time of one promise as it runs down: one countdown for each priority that held, and which of them counts when."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from activities.calendars import Calendar, WorkingDays, calendar_of, working_days_of
from activities.clocks.turns import Course, Round, Turn
from models.base import parse_duration
from models.clock import Promise
from models.dossier.agreement import Agreement, Priority, Target
from models.dossier.service_time import working_days
from models.errors import ClockError

_NOTHING: Final = timedelta(0)


Amount = timedelta | Fraction
"""Of a promise: service time, or working days."""


@dataclass(frozen=True, slots=True)
class Term:
    """What is promised for one priority."""

    priority: Priority
    target: Target
    calendar: Calendar
    days: WorkingDays | None
    """Where it is promised in working days."""
    whole: Amount

    @classmethod
    def of(cls, agreement: Agreement, priority: Priority, target: Target) -> Term:
        """The term of a priority; `ClockError` where it is unclear."""
        hours, count = agreement.hours_of(target), working_days(target.within)
        if count is None:
            return cls(priority, target, calendar_of(hours), None, parse_duration(target.within))
        if isinstance(hours, str):
            raise ClockError(f"the service hours {target.hours} have no working days; write {target.within} in hours")
        return cls(priority, target, calendar_of(hours), working_days_of(hours), Fraction(count))

    def add(self, since: datetime, amount: Amount) -> datetime:
        """The first moment by which so much has passed."""
        if isinstance(amount, timedelta):
            return self.calendar.add(since, amount)
        assert self.days is not None
        return self.days.add(since, amount)


@dataclass(slots=True)
class Countdown:
    """What was counted of one term since a moment."""

    term: Term
    since: datetime
    left: Amount
    """Nothing, once it is used up."""
    elapsed: timedelta = _NOTHING
    paused: timedelta = _NOTHING
    used_up: datetime | None = None
    """When its time was used up; None if it was not."""
    _within: timedelta = _NOTHING
    """Service time until then."""

    def run(self, turn: Turn, *, paused: bool) -> None:
        """Let a turn pass."""
        counted = self.term.calendar.elapsed(turn.since, turn.until)
        if paused:
            self.paused += counted
            return
        if self.used_up is None:
            self._use(turn, counted)
        self.elapsed += counted

    def _use(self, turn: Turn, counted: timedelta) -> None:
        left: Amount
        if isinstance(self.left, timedelta):
            left, over = self.left - counted, counted >= self.left
        else:
            assert self.term.days is not None
            left = self.left - self.term.days.elapsed(turn.since, turn.until)
            over = left <= 0
        if over:
            self.used_up = self.term.add(turn.since, self.left)
            self._within = self.elapsed + self.term.calendar.elapsed(turn.since, self.used_up)
        else:
            self.left = left

    def due(self, now: datetime) -> datetime:
        """When its time is, or was, used up, if it runs on from now."""
        return self.used_up or self.term.add(now, self.left)

    def within(self, now: datetime) -> timedelta:
        """How much service time is promised; of working days it depends on which days these are."""
        if isinstance(self.term.whole, timedelta):
            return self.term.whole
        return self._within if self.used_up else self.elapsed + self.term.calendar.elapsed(now, self.due(now))


class Breach(NamedTuple):
    """That the time of a promise ran out."""

    at: datetime
    countdown: Countdown


@dataclass(slots=True)
class Rundown:
    """What became of a promise since its time began: at the opening, at a word to the customer, or when it was opened again."""

    promise: Promise
    terms: dict[Priority, Term]
    """Of every priority that held."""
    countdowns: dict[Priority, Countdown] = field(default_factory=dict)
    breach: Breach | None = None
    counting: list[Countdown] = field(default_factory=list)
    """Those that count at the end: what is promised is due by the first of them; none where nothing is promised any more."""
    lapsed: datetime | None = None
    """Since when nothing is promised any more, because the priority was lowered."""
    _held: set[Priority] = field(default_factory=set)
    _at_lapse: dict[Priority, Countdown] = field(default_factory=dict)
    """The countdowns as they stood then."""

    def follow(self, course: Course, one: Round) -> Rundown:
        """Follow what happened in this time; returns itself."""
        for turn in course.within(one.since, one.until):
            counting = self._hold(turn.priority, one.since, turn.since)
            self._lapse(counting, turn.since)
            if self.stopped(turn):
                continue
            paused = turn.wait is not None and self.promise in turn.wait.pauses
            for countdown in self.countdowns.values():
                countdown.run(turn, paused=paused)
            self._look(counting, turn.until)
        self.counting = self._hold(one.priority, one.since, one.until)
        self._lapse(self.counting, one.until)
        if not one.over:
            self._look(self.counting, None)
        return self

    def shown(self, one: Round) -> Countdown | None:
        """The countdown that says how it went: the broken one, once that is past; before, the one that is due first."""
        if self.breach is not None and not self.counting:
            return self._at_lapse[self.breach.countdown.term.priority]
        if self.breach is not None and one.over:
            return self.breach.countdown
        return min(self.counting, key=lambda countdown: countdown.due(one.until), default=None)

    def stopped(self, turn: Turn) -> bool:
        """Whether what is promised is done for the time being."""
        return self.promise is not Promise.RESPOND and (turn.restored or turn.closed)

    def _hold(self, priority: Priority | None, began: datetime, now: datetime) -> list[Countdown]:
        """A priority holds from now on; returns the countdowns that count while it does.

        Restoring is counted from the beginning, whatever the priority was: the service has been away since then. How soon
        somebody reacts is counted from when the incident was first so urgent, so that nothing is overdue by being raised; what
        was due sooner by an earlier, less urgent priority stays due. Lowering a priority and raising it again wins no time.
        """
        restoring = self.promise is Promise.RESTORE
        for one, term in self.terms.items():
            if one not in self.countdowns and (restoring or (priority is not None and priority.value <= one.value)):
                self.countdowns[one] = Countdown(term, began if restoring else now, term.whole)
        if priority is None:
            return []
        if priority in self.terms:
            self._held.add(priority)
        urgent = {priority} if restoring else {one for one in self._held if one.value >= priority.value}
        return [countdown for one, countdown in self.countdowns.items() if one in urgent]

    def _lapse(self, counting: list[Countdown], now: datetime) -> None:
        """Note where a promise lapses, and how it stood; it may be promised again later, and has then been counted all along."""
        if counting:
            self.lapsed = None
        elif self.lapsed is None:
            self.lapsed, self._at_lapse = now, {one: replace(found) for one, found in self.countdowns.items()}

    def _look(self, counting: list[Countdown], until: datetime | None) -> None:
        """Note a breach; what is done, or given another priority, at the very moment at which time is used up is in time."""
        for countdown in counting:
            at = countdown.used_up
            if at is not None and (until is None or at < until) and (self.breach is None or at < self.breach.at):
                self.breach = Breach(at, countdown)
