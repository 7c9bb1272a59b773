"""Divide an incident into turns between events: the party that had to act, and the state. Invalid sequences are
refused.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import NamedTuple

from models.clock import ClockEvent, ClockEventKind, TargetKind
from models.dossier.agreement import Agreement, Pause, Priority
from models.dossier.parties import Party, PartyKind
from models.errors import ClockError

PAUSE_OF = {
    PartyKind.CUSTOMER: Pause.WAITING_FOR_CUSTOMER,
    PartyKind.THIRD_PARTY: Pause.WAITING_FOR_THIRD_PARTY,
}
"""The pause for a wait for each kind of party; a wait for the supplier never pauses."""

Kind = ClockEventKind


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait for a party."""

    since: datetime
    party: str
    name: str
    kind: PartyKind
    pauses: frozenset[TargetKind]
    """The clocks that the agreement pauses for this wait; none until somebody of the party was reached."""
    reached: bool
    note: str

    def text(self, kind: TargetKind) -> str:
        """Return the wait as text: `waiting for Acme Garden AB: no access`."""
        note = f": {self.note}" if self.note else ""
        why = "" if self.reached else ", whom nobody has reached"
        runs_on = "" if kind in self.pauses else f"{why}, which does not pause the clock"
        return f"waiting for {self.name}{note}{runs_on}"


class Round(NamedTuple):
    """A time in which a customer update was due."""

    since: datetime
    until: datetime
    over: bool
    """Whether it has ended, by an update, by restoring or by closing."""
    priority: Priority | None
    """The priority at its end."""


class TargetDone(NamedTuple):
    """The completion of a target's action."""

    at: datetime
    priority: Priority | None
    """The priority at that time."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A time without an event that affects the clocks."""

    since: datetime
    until: datetime
    priority: Priority | None
    wait: Wait | None
    restored: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class Course:
    """The events of an incident until now."""

    opened: datetime
    now: datetime
    priority: Priority | None
    """The latest priority."""
    turns: list[Turn]
    """From the opening until now, without gaps; none is empty."""
    responded: TargetDone | None
    """Also set by restoring or closing, if nobody had acknowledged before."""
    rounds: list[Round]
    """The times between customer updates; each begins at the opening, an update or a reopening."""
    last_word: datetime | None
    ended: TargetDone | None
    """The time of restoring or closing; None while the incident is open."""
    wait: Wait | None
    """The current wait."""

    def within(self, since: datetime, until: datetime) -> Iterator[Turn]:
        """Yield the turns of this time, cut to it."""
        place = max(bisect_right(self.turns, since, key=attrgetter("since")) - 1, 0)
        while place < len(self.turns) and self.turns[place].since < until:
            turn = self.turns[place]
            if since <= turn.since and turn.until <= until:
                yield turn
            elif since < turn.until:
                yield replace(turn, since=max(since, turn.since), until=min(until, turn.until))
            place += 1


def follow(
    agreement: Agreement,
    parties: Mapping[str, Party],
    events: Sequence[ClockEvent],
    now: datetime,
    unless_set: Priority | None = None,
) -> Course:
    """Follow the events until now; later ones are ignored. Raise `ClockError` for an invalid sequence.

    `unless_set`: the priority if no event sets one.
    """
    _check(events, parties, now)
    known = [event for event in events if event.at <= now]
    opened, now = known[0].at.astimezone(UTC), now.astimezone(UTC)
    priority = None if any(event.priority for event in known) else unless_set
    at = Turn(opened, opened, priority, None, restored=False, closed=False)
    turns: list[Turn] = []
    rounds: list[Round] = []
    word = opened
    last_word: datetime | None = None
    responded: TargetDone | None = None
    ended: TargetDone | None = None
    for event in known:
        moment = event.at.astimezone(UTC)
        if moment > at.since:
            turns.append(replace(at, until=moment))
            at = replace(at, since=moment)
        over = at.restored or at.closed
        at = replace(at, priority=event.priority or at.priority)
        match event.kind:
            case Kind.WAITING:
                at = at if over else replace(at, wait=_wait(agreement, parties, event, at.wait))
            case Kind.RESUMED:
                at = replace(at, wait=None)
            case Kind.UPDATED:
                last_word = moment
                if not over:
                    rounds.append(Round(word, moment, over=True, priority=at.priority))
                    word = moment
            case Kind.RESTORED:
                at = replace(at, restored=True, wait=None)
            case Kind.CLOSED:
                at = replace(at, closed=True, wait=None)
            case Kind.REOPENED if over:
                at = replace(at, restored=False, closed=False)
                word, ended = moment, None
            case _:
                pass
        if event.kind in {Kind.RESTORED, Kind.CLOSED} and not over:
            ended = TargetDone(moment, at.priority)
            rounds.append(Round(word, moment, over=True, priority=at.priority))
        if event.kind in {Kind.RESPONDED, Kind.RESTORED, Kind.CLOSED}:
            responded = responded or TargetDone(moment, at.priority)
    if now > at.since:
        turns.append(replace(at, until=now))
    if ended is None:
        rounds.append(Round(word, now, over=False, priority=at.priority))
    return Course(opened, now, at.priority, turns, responded, rounds, last_word, ended, at.wait)


def _wait(agreement: Agreement, parties: Mapping[str, Party], event: ClockEvent, before: Wait | None) -> Wait:
    assert event.party is not None
    party = parties[event.party]
    since, reached = event.at.astimezone(UTC), event.reached
    if before is not None and before.party == event.party:
        since, reached = before.since, reached or before.reached  # one wait, with something added
    reason = PAUSE_OF.get(party.kind)
    pauses = frozenset(agreement.pauses.get(reason, ()) if reached and reason else ())
    return Wait(since, event.party, party.name, party.kind, pauses, reached, " ".join(event.note.split()))


def _check(events: Sequence[ClockEvent], parties: Mapping[str, Party], now: datetime) -> None:
    if now.tzinfo is None:
        raise ClockError(
            f"the time {now.isoformat()} has no time zone; write it as 2026-06-19T22:00:00Z or with +02:00"
        )
    if not events:
        raise ClockError("there are no events; begin with one of kind `opened`")
    for number, event in enumerate(events, 1):
        if event.at.tzinfo is None:
            raise ClockError(f"event {number} ({event.kind}) has a time without time zone; write Z or +02:00 behind it")
        if number > 1 and event.at < events[number - 2].at:
            raise ClockError(
                f"event {number} ({event.kind} at {event.at.isoformat()}) comes before event {number - 1} "
                f"({events[number - 2].kind} at {events[number - 2].at.isoformat()}); put them in order"
            )
        if (event.kind is Kind.OPENED) != (number == 1):
            what = f"event {number} opens it again" if number > 1 else f"the first event is `{event.kind}`"
            raise ClockError(f"{what}; the first event, and no other, is `opened` (use `reopened` later)")
        if event.kind is Kind.PRIORITY and event.priority is None:
            raise ClockError(f"event {number} sets the priority, but names none; add `priority: P2`")
        if event.kind is Kind.WAITING:
            _check_wait(number, event, parties)
    if now < events[0].at:
        raise ClockError(
            f"the clocks are asked for {now.isoformat()}, before the incident was opened at {events[0].at.isoformat()}; ask later"
        )


def _check_wait(number: int, event: ClockEvent, parties: Mapping[str, Party]) -> None:
    if event.party is None:
        raise ClockError(f"event {number} waits, but names no party; add `party:` with one of {', '.join(parties)}")
    if event.party not in parties:
        raise ClockError(
            f"event {number} waits for {event.party!r}, which is not a party; use one of {', '.join(parties)}"
        )
    kind = parties[event.party].kind
    if event.reason is not None and event.reason is not PAUSE_OF.get(kind):
        fits = PAUSE_OF.get(kind)
        fix = f"write `reason: {fits}`" if fits else "leave the reason out"
        raise ClockError(f"event {number} has the reason {event.reason}, but {event.party} is of kind {kind}; {fix}")
