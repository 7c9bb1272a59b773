"""Reading the clocks of an incident: a pure function of events, agreement and calendars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from activities.calendars import versions
from activities.clocks.countdowns import Term
from activities.clocks.promises import PromiseClock
from activities.clocks.turns import Course, follow
from models.clock import ClockEvent, ClockReading, Promise
from models.dossier.agreement import Agreement, Priority
from models.dossier.parties import Party, PartyKind


def read(
    agreement: Agreement,
    parties: Mapping[str, Party],
    events: Sequence[ClockEvent],
    now: datetime,
    explain: bool = False,
    priority: Priority | None = None,
) -> ClockReading:
    """Read all clocks as they stood at `now`; `priority` is that of events which set none.

    `ClockError` for events that make no sense, and for hours that never open. Call it from an activity or a command only: time
    zones and holidays change between releases. Takes time in proportion to the events, times the logarithm of their number.
    """
    course = follow(agreement, parties, events, now, priority)
    read = [PromiseClock(p, terms, course).read(explain) for p, terms in _terms(agreement, course)]
    return ClockReading(
        as_of=now.astimezone(UTC),
        priority=course.priority,
        agreement=f"{agreement.number} v{agreement.version}",
        calendar=versions(),
        promises=[reading for reading, _ in read if reading is not None],
        moments=sorted((m for _, moments in read for m in moments), key=lambda m: (m.at, m.promise, m.percent)),
        waited_seconds=_waited(course),
        paused=bool(pauses := _pauses(course)),
        pauses=pauses,
        answer_due=_answer_due(agreement, parties, course),
    )


def nothing_promised(now: datetime) -> ClockReading:
    """The clocks of an application without a dossier: nobody promised anything."""
    return ClockReading(as_of=now.astimezone(UTC), priority=None, agreement="", calendar=versions(), promises=[])


def _terms(agreement: Agreement, course: Course) -> Iterator[tuple[Promise, dict[Priority, Term]]]:
    """What is promised for each of the priorities that held, the most urgent first."""
    held = {turn.priority for turn in course.turns} | {course.priority}
    levels = {p: agreement.service_levels[p] for p in Priority if p in held and p in agreement.service_levels}
    for promise in Promise:
        targets = {p: target for p, level in levels.items() if (target := level.target(promise)) is not None}
        if targets:
            yield promise, {p: Term.of(agreement, p, target) for p, target in targets.items()}


def _pauses(course: Course) -> list[Promise]:
    waits = course.ended is None and course.wait is not None
    return [p for p in Promise if waits and course.wait is not None and p in course.wait.pauses]


def _waited(course: Course) -> dict[str, float]:
    """Wall time by whose turn it was; what lies between closing and opening anew is nobody's."""
    waited = dict.fromkeys((kind.value for kind in PartyKind), 0.0)
    for turn in course.turns:
        if not turn.closed:
            kind = turn.wait.kind if turn.wait else PartyKind.SUPPLIER
            waited[kind.value] += (turn.until - turn.since).total_seconds()
    return waited


def _answer_due(agreement: Agreement, parties: Mapping[str, Party], course: Course) -> datetime | None:
    """Until when the party that is waited for must answer."""
    if course.wait is None:
        return None
    target = parties[course.wait.party].answers_within
    if target is None:
        return None
    term = Term.of(agreement, Priority.P1, target)  # whatever the priority
    return term.add(course.wait.since, term.whole)
