"""One target over the course of an incident: the counted time, the breach, and an explanation of every minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from activities.clocks.countdowns import Countdown, Rundown, Term
from activities.clocks.turns import Course, Round, TargetDone, Turn
from models.clock import ClockedTarget, ClockMoment, Stretch, StretchKind, TargetKind, TargetState
from models.dossier.agreement import Priority

WARNINGS = (50, 75, 90, 100)
"""Per cent of a target's time; 100 is the breach."""

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class TargetClock:
    """The clock of one target, under all priorities that were valid."""

    kind: TargetKind
    terms: dict[Priority, Term]
    course: Course

    def read(self, explain: bool) -> tuple[ClockedTarget | None, list[ClockMoment]]:
        """Return the state, and the future warnings and breach; None if there was no target."""
        rounds, done = self._rounds(), self._done()
        rundowns = [Rundown(self.kind, self.terms).follow(self.course, one) for one in rounds]
        breaches = [one.breach for one in rundowns if one.breach is not None]
        last = rundowns[-1]
        shown = last.shown(rounds[-1]) or (breaches[-1].countdown if breaches else None)
        if shown is None:
            return None, []
        state = self._state(last, shown, missed=bool(breaches))
        reading = ClockedTarget(
            kind=self.kind,
            priority=shown.term.priority,
            within=shown.term.target.within,
            within_seconds=shown.within(rounds[-1].until).total_seconds(),
            hours=shown.term.target.hours,
            state=state,
            started_at=shown.since,
            deadline=None if state is TargetState.PAUSED else shown.due(rounds[-1].until),
            done_at=self.course.last_word if self.kind is TargetKind.UPDATE else done.at if done else None,
            breached_at=breaches[0].at if breaches else None,
            breached_as=breaches[0].countdown.term.priority if breaches else None,
            breaches=len(breaches),
            elapsed_seconds=shown.elapsed.total_seconds(),
            paused_seconds=shown.paused.total_seconds(),
            stretches=self._stretches(rounds, rundowns, done.at if done else self.course.now) if explain else [],
        )
        return reading, list(self._moments(shown, state))

    def _moments(self, shown: Countdown, state: TargetState) -> Iterator[ClockMoment]:
        if state not in {TargetState.RUNNING, TargetState.OUTSIDE_HOURS}:
            return
        within = shown.within(self.course.now)
        for percent in WARNINGS:
            left = within * percent / 100 - shown.elapsed
            if left > _NOTHING:
                at = shown.term.calendar.add(self.course.now, left)
                yield ClockMoment(at=at, target=self.kind, percent=percent)

    def _rounds(self) -> list[Round]:
        """Return each start of the clock; only customer updates have more than one."""
        if self.kind is TargetKind.UPDATE:
            return self.course.rounds
        done = self._done()
        end, priority = done or (self.course.now, self.course.priority)
        return [Round(self.course.opened, end, over=done is not None, priority=priority)]

    def _done(self) -> TargetDone | None:
        return self.course.responded if self.kind is TargetKind.RESPOND else self.course.ended

    def _state(self, last: Rundown, shown: Countdown, *, missed: bool) -> TargetState:
        no_word_is_due = self.kind is TargetKind.UPDATE and not last.counting
        if self._done() is not None or no_word_is_due:
            return TargetState.MISSED if missed else TargetState.MET
        if shown.used_up is not None:
            return TargetState.OVERDUE
        if self.course.wait is not None and self.kind in self.course.wait.pauses:
            return TargetState.PAUSED
        return TargetState.RUNNING if shown.term.calendar.is_open(self.course.now) else TargetState.OUTSIDE_HOURS

    def _stretches(self, rounds: list[Round], rundowns: list[Rundown], end: datetime) -> list[Stretch]:
        """Return the states of the clock from the opening; for updates, divided at every update."""
        edges = [self.course.opened, *(one.since for one in rounds[1:] if one.since < end), end]
        found: list[Stretch] = []
        for (since, until), one, rundown in zip(pairwise(edges), rounds, rundowns, strict=False):
            shown = rundown.shown(one)
            turns = self.course.within(since, until)
            found += _joined([stretch for turn in turns for stretch in self._explained(turn, rundown, shown)])
        return found

    def _explained(self, turn: Turn, rundown: Rundown, shown: Countdown | None) -> list[Stretch]:
        kind, why = self._mode(turn, rundown, shown)
        if kind is not StretchKind.RUNNING or shown is None:
            return [Stretch(since=turn.since, until=turn.until, kind=kind, why=why, seconds=0)]
        calendar, hours = shown.term.calendar, shown.term.target.hours
        parts = [
            Stretch(since=a, until=b, kind=kind, why=why, seconds=(b - a).total_seconds())
            for a, b in calendar.spans(turn.since, turn.until)
        ]
        parts += [
            Stretch(
                since=gap.since,
                until=gap.until,
                kind=StretchKind.OUTSIDE_HOURS,
                why=f"outside {hours}: {gap.why}",
                seconds=0,
            )
            for gap in calendar.closures(turn.since, turn.until)
        ]
        return sorted(parts, key=lambda part: part.since)

    def _mode(self, turn: Turn, rundown: Rundown, shown: Countdown | None) -> tuple[StretchKind, str]:
        """Return the state of the clock in a turn; the calendar decides whether a running clock counts."""
        if rundown.stopped(turn):
            return StretchKind.STOPPED, "restored" if turn.restored else "closed"
        if shown is None:
            return StretchKind.STOPPED, "no target"
        if rundown.lapsed is not None and turn.since >= rundown.lapsed:
            return StretchKind.STOPPED, f"no target{f' as {turn.priority.value}' if turn.priority else ''}"
        if turn.since < shown.since:
            return StretchKind.STOPPED, f"before {shown.term.priority.value}"
        if turn.wait is not None and self.kind in turn.wait.pauses:
            return StretchKind.PAUSED, turn.wait.text(self.kind)
        hours = "round the clock" if shown.term.calendar.always_open else f"within {shown.term.target.hours}"
        return StretchKind.RUNNING, f"{hours}, {turn.wait.text(self.kind)}" if turn.wait else hours


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """Join stretches that only an event without effect on this clock separates."""
    found: list[Stretch] = []
    for one in stretches:
        last = found[-1] if found else None
        if last is not None and (last.kind, last.why) == (one.kind, one.why):
            found[-1] = last.model_copy(update={"until": one.until, "seconds": last.seconds + one.seconds})
        else:
            found.append(one)
    return found
