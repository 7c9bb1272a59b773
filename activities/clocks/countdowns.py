"""The countdown of one target: one for each priority that was valid, and the rules for which of them counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from activities.calendars import Calendar, WorkingDays, calendar_of, working_days_of
from activities.clocks.turns import Course, Round, Turn
from models.base import parse_duration
from models.clock import TargetKind
from models.dossier.agreement import Agreement, Priority, Target
from models.dossier.service_time import working_days
from models.errors import ClockError

_NOTHING: Final = timedelta(0)


Amount = timedelta | Fraction
"""The time of a target: service time, or working days."""


@dataclass(frozen=True, slots=True)
class Term:
    """The target for one priority."""

    priority: Priority
    target: Target
    calendar: Calendar
    days: WorkingDays | None
    """The working days, if the target is in working days."""
    whole: Amount

    @classmethod
    def of(cls, agreement: Agreement, priority: Priority, target: Target) -> Term:
        """Return the term of a priority; raise `ClockError` if it is unclear."""
        hours, count = agreement.hours_of(target), working_days(target.within)
        if count is None:
            return cls(priority, target, calendar_of(hours), None, parse_duration(target.within))
        if isinstance(hours, str):
            raise ClockError(f"the service hours {target.hours} have no working days; write {target.within} in hours")
        return cls(priority, target, calendar_of(hours), working_days_of(hours), Fraction(count))

    def add(self, since: datetime, amount: Amount) -> datetime:
        """Return the first moment by which this time has passed."""
        if isinstance(amount, timedelta):
            return self.calendar.add(since, amount)
        assert self.days is not None
        return self.days.add(since, amount)


@dataclass(slots=True)
class Countdown:
    """The time of one term that has passed since a moment."""

    term: Term
    since: datetime
    left: Amount
    """Zero after it is used up."""
    elapsed: timedelta = _NOTHING
    paused: timedelta = _NOTHING
    used_up: datetime | None = None
    """The moment at which the time was used up; None if it was not."""
    _within: timedelta = _NOTHING
    """The service time until then."""

    def run(self, turn: Turn, *, paused: bool) -> None:
        """Count a turn."""
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
        """Return the moment at which the time is or was used up, if the clock runs from now on."""
        return self.used_up or self.term.add(now, self.left)

    def within(self, now: datetime) -> timedelta:
        """Return the service time of the target; for working days, it depends on the days."""
        if isinstance(self.term.whole, timedelta):
            return self.term.whole
        return self._within if self.used_up else self.elapsed + self.term.calendar.elapsed(now, self.due(now))


class Breach(NamedTuple):
    """A missed target."""

    at: datetime
    countdown: Countdown


@dataclass(slots=True)
class Rundown:
    """The history of a target since its clock began: at the opening, at an update to the customer, or at a
    reopening.
    """

    kind: TargetKind
    terms: dict[Priority, Term]
    """The terms of all priorities that were valid."""
    countdowns: dict[Priority, Countdown] = field(default_factory=dict)
    breach: Breach | None = None
    counting: list[Countdown] = field(default_factory=list)
    """The countdowns that count at the end; the target is due by the first of them. Empty if there is no target any
    more."""
    lapsed: datetime | None = None
    """The moment since which there is no target any more, because the priority was lowered."""
    _held: set[Priority] = field(default_factory=set)
    _at_lapse: dict[Priority, Countdown] = field(default_factory=dict)
    """The countdowns at that moment."""

    def follow(self, course: Course, one: Round) -> Rundown:
        """Follow the events of this round; return the rundown itself."""
        for turn in course.within(one.since, one.until):
            counting = self._hold(turn.priority, one.since, turn.since)
            self._lapse(counting, turn.since)
            if self.stopped(turn):
                continue
            paused = turn.wait is not None and self.kind in turn.wait.pauses
            for countdown in self.countdowns.values():
                countdown.run(turn, paused=paused)
            self._count(counting, turn.until)
        self.counting = self._hold(one.priority, one.since, one.until)
        self._lapse(self.counting, one.until)
        if not one.over:
            self._count(self.counting, None)
        return self

    def shown(self, one: Round) -> Countdown | None:
        """Return the countdown to display: the missed one after the target was missed, before that the one that is due
        first.
        """
        if self.breach is not None and not self.counting:
            return self._at_lapse[self.breach.countdown.term.priority]
        if self.breach is not None and one.over:
            return self.breach.countdown
        return min(self.counting, key=lambda countdown: countdown.due(one.until), default=None)

    def stopped(self, turn: Turn) -> bool:
        """Return whether the action is done for the time being."""
        return self.kind is not TargetKind.RESPOND and (turn.restored or turn.closed)

    def _hold(self, priority: Priority | None, began: datetime, now: datetime) -> list[Countdown]:
        """Apply a new priority; return the countdowns that count under it.

        The restore clock counts from the beginning under any priority, because the service has been down since then.
        The respond clock counts from the time at which the incident first had this priority, so that raising the
        priority makes nothing overdue; an earlier deadline of a lower priority stays. Lowering and raising a priority
        gains no time.
        """
        restoring = self.kind is TargetKind.RESTORE
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
        """Record that a target lapses, and its countdowns. It may become valid again later, and has then been counted
        all along.
        """
        if counting:
            self.lapsed = None
        elif self.lapsed is None:
            self.lapsed, self._at_lapse = now, {one: replace(found) for one, found in self.countdowns.items()}

    def _count(self, counting: list[Countdown], until: datetime | None) -> None:
        """Record a breach. An action, or another priority, at the exact moment of the deadline is in time."""
        for countdown in counting:
            at = countdown.used_up
            if at is not None and (until is None or at < until) and (self.breach is None or at < self.breach.at):
                self.breach = Breach(at, countdown)
