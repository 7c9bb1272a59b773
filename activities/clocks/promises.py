"""One promise over the course of an incident: what it counted, when its time ran out, and every minute of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from activities.calendars import Calendar
from activities.clocks.turns import Course, Round, Turn
from models.clock import ClockMoment, Promise, PromiseReading, Standing, Stretch, StretchKind
from models.dossier.agreement import Target

WARNINGS = (50, 75, 90, 100)
"""Per cent of a promise's time; 100 is the breach."""

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Piece:
    """A time in which a promise's clock was let run, paused or stopped."""

    since: datetime
    until: datetime
    kind: StretchKind
    """Running, paused or stopped; whether a running one counts is the calendar's to say."""
    why: str


@dataclass(frozen=True, slots=True)
class Count:
    """What a clock counted over some pieces."""

    elapsed: timedelta
    paused: timedelta
    used_up: datetime | None
    """When its time was used up; None if it was not."""


@dataclass(frozen=True, slots=True)
class PromiseClock:
    """A clock of one promise, on its calendar."""

    promise: Promise
    target: Target
    calendar: Calendar
    course: Course

    def read(self, explain: bool) -> PromiseReading:
        """How it stands."""
        rounds = self._rounds()
        done = self._done()
        counts = [self._count(one) for one in rounds]
        breaches = [at for one, count in zip(rounds, counts, strict=True) if (at := _broken(one, count))]
        count, now = counts[-1], rounds[-1]
        standing = self._standing(done, count, bool(breaches))
        return PromiseReading(
            promise=self.promise,
            within_seconds=self.target.within.total_seconds(),
            hours=self.target.hours,
            standing=standing,
            started_at=now.since,
            deadline=self._deadline(count, now.until, standing),
            done_at=self.course.last_word if self.promise is Promise.UPDATE else done,
            breached_at=breaches[0] if breaches else None,
            breaches=len(breaches),
            elapsed_seconds=count.elapsed.total_seconds(),
            paused_seconds=count.paused.total_seconds(),
            stretches=self._stretches(done or self.course.now) if explain else [],
        )

    def moments(self, reading: PromiseReading) -> Iterator[ClockMoment]:
        """The warnings and the breach that are still to come."""
        if reading.standing not in {Standing.RUNNING, Standing.OUTSIDE_HOURS}:
            return
        elapsed = timedelta(seconds=reading.elapsed_seconds)
        for percent in WARNINGS:
            left = self.target.within * percent / 100 - elapsed
            if left > _NOTHING:
                yield ClockMoment(at=self.calendar.add(self.course.now, left), promise=self.promise, percent=percent)

    def _rounds(self) -> list[Round]:
        """Each time that its clock was set to nothing; only the cadence of updates has more than one."""
        if self.promise is Promise.UPDATE:
            return self.course.rounds
        done = self._done()
        return [Round(self.course.opened, done or self.course.now, over=done is not None)]

    def _done(self) -> datetime | None:
        return self.course.responded if self.promise is Promise.RESPOND else self.course.ended

    def _pieces(self, since: datetime, until: datetime) -> Iterator[Piece]:
        for turn in self.course.turns:
            start, end = max(since, turn.since), min(until, turn.until)
            if start < end:
                yield Piece(start, end, *self._mode(turn))

    def _mode(self, turn: Turn) -> tuple[StretchKind, str]:
        if self.promise is not Promise.RESPOND and (turn.restored or turn.closed):
            return StretchKind.STOPPED, "restored" if turn.restored else "closed"
        if turn.wait is not None and turn.wait.pauses:
            return StretchKind.PAUSED, turn.wait.text
        hours = "round the clock" if self.calendar.always_open else f"within {self.target.hours}"
        return StretchKind.RUNNING, f"{hours}, {turn.wait.text}" if turn.wait else hours

    def _count(self, one: Round) -> Count:
        elapsed = paused = _NOTHING
        used_up: datetime | None = None
        for piece in self._pieces(one.since, one.until):
            if piece.kind is StretchKind.STOPPED:
                continue
            counted = self.calendar.elapsed(piece.since, piece.until)
            if piece.kind is StretchKind.PAUSED:
                paused += counted
                continue
            if used_up is None and elapsed + counted >= self.target.within:
                used_up = self.calendar.add(piece.since, self.target.within - elapsed)
            elapsed += counted
        return Count(elapsed, paused, used_up)

    def _standing(self, done: datetime | None, count: Count, broken: bool) -> Standing:
        if done is not None:
            return Standing.BROKEN if broken else Standing.KEPT
        if count.used_up is not None:
            return Standing.OVERDUE
        if self.course.wait is not None and self.course.wait.pauses:
            return Standing.PAUSED
        return Standing.RUNNING if self.calendar.is_open(self.course.now) else Standing.OUTSIDE_HOURS

    def _deadline(self, count: Count, end: datetime, standing: Standing) -> datetime | None:
        if count.used_up is not None:
            return count.used_up
        if standing is Standing.PAUSED:
            return None
        return self.calendar.add(end, self.target.within - count.elapsed)

    def _stretches(self, end: datetime) -> list[Stretch]:
        """What the clock did from the opening on; of updates, cut at every word."""
        words = [one.since for one in self._rounds()[1:]]
        edges = [self.course.opened, *(word for word in words if word < end), end]
        found: list[Stretch] = []
        for since, until in pairwise(edges):
            one = [stretch for piece in self._pieces(since, until) for stretch in self._explained(piece)]
            found += _joined(one)
        return found

    def _explained(self, piece: Piece) -> list[Stretch]:
        if piece.kind is not StretchKind.RUNNING:
            return [Stretch(since=piece.since, until=piece.until, kind=piece.kind, why=piece.why, seconds=0)]
        parts = [
            Stretch(since=a, until=b, kind=piece.kind, why=piece.why, seconds=(b - a).total_seconds())
            for a, b in self.calendar.spans(piece.since, piece.until)
        ]
        parts += [
            Stretch(
                since=gap.since,
                until=gap.until,
                kind=StretchKind.OUTSIDE_HOURS,
                why=f"outside {self.target.hours}: {gap.why}",
                seconds=0,
            )
            for gap in self.calendar.closures(piece.since, piece.until)
        ]
        return sorted(parts, key=lambda part: part.since)


def _broken(one: Round, count: Count) -> datetime | None:
    """When the time of a round ran out, if it did: what is done at that very moment is done in time."""
    used = count.used_up
    return used if used is not None and (used < one.until or not one.over) else None


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """Stretches that only an event without meaning to this clock parts, put together."""
    found: list[Stretch] = []
    for one in stretches:
        last = found[-1] if found else None
        if last is not None and (last.kind, last.why) == (one.kind, one.why):
            found[-1] = last.model_copy(update={"until": one.until, "seconds": last.seconds + one.seconds})
        else:
            found.append(one)
    return found
