"""Compute the clocks of an incident: a pure function of events, agreement and calendars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from activities.calendars import versions
from activities.clocks.countdowns import Term
from activities.clocks.targets import TargetClock
from activities.clocks.terms import AgreedTerms
from activities.clocks.turns import Course, follow
from models.clock import ClockEvent, ClockReading, TargetKind
from models.dossier.agreement import Agreement, Priority
from models.dossier.parties import Party, PartyKind


def read(
    agreement: Agreement,
    parties: Mapping[str, Party],
    events: Sequence[ClockEvent],
    now: datetime,
    explain: bool = False,
    priority: Priority | None = None,
    terms: AgreedTerms | None = None,
) -> ClockReading:
    """Compute all clocks at `now`; `priority`: the priority if no event sets one. `terms`: those of the agreement, from
    an earlier call.

    Raise `ClockError` for an invalid sequence of events, and for hours that never open. Call it only from an activity
    or a command, because time zones and holidays change between releases. The time is proportional to the number of
    events, times its logarithm.
    """
    course = follow(agreement, parties, events, now, priority)
    found = _terms(terms or AgreedTerms(agreement), course)
    read = [TargetClock(kind, of, course).read(explain) for kind, of in found]
    return ClockReading(
        as_of=now.astimezone(UTC),
        priority=course.priority,
        agreement=f"{agreement.number} v{agreement.version}",
        calendar=versions(),
        targets=[reading for reading, _ in read if reading is not None],
        moments=sorted((m for _, moments in read for m in moments), key=lambda m: (m.at, m.target, m.percent)),
        waited_seconds=_waited(course),
        paused=bool(pauses := _pauses(course)),
        pauses=pauses,
        answer_due=_answer_due(agreement, parties, course),
    )


def no_targets(now: datetime) -> ClockReading:
    """Return the clocks of an application without a dossier: there are no targets."""
    return ClockReading(as_of=now.astimezone(UTC), priority=None, agreement="", calendar=versions(), targets=[])


def _terms(terms: AgreedTerms, course: Course) -> Iterator[tuple[TargetKind, dict[Priority, Term]]]:
    """Yield the targets for each priority that was valid, the most urgent first."""
    held = {turn.priority for turn in course.turns} | {course.priority}
    for kind in TargetKind:
        of = {p: term for p in Priority if p in held and (term := terms.of(kind, p)) is not None}
        if of:
            yield kind, of


def _pauses(course: Course) -> list[TargetKind]:
    waits = course.ended is None and course.wait is not None
    return [p for p in TargetKind if waits and course.wait is not None and p in course.wait.pauses]


def _waited(course: Course) -> dict[str, float]:
    """Return the wall time in which each party had to act; time between closing and reopening belongs to nobody."""
    waited = dict.fromkeys((kind.value for kind in PartyKind), 0.0)
    for turn in course.turns:
        if not turn.closed:
            kind = turn.wait.kind if turn.wait else PartyKind.SUPPLIER
            waited[kind.value] += (turn.until - turn.since).total_seconds()
    return waited


def _answer_due(agreement: Agreement, parties: Mapping[str, Party], course: Course) -> datetime | None:
    """Return the deadline for the answer of the party that must act."""
    if course.wait is None:
        return None
    target = parties[course.wait.party].answers_within
    if target is None:
        return None
    term = Term.of(agreement, Priority.P1, target)  # whatever the priority
    return term.add(course.wait.since, term.whole)
