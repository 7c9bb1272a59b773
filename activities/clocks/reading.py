"""Reading the clocks of an incident: a pure function of events, agreement and calendars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from activities.calendars import Calendar, calendar_of, versions
from activities.clocks.promises import PromiseClock
from activities.clocks.turns import Course, follow
from models.clock import ClockEvent, ClockReading, Promise
from models.dossier.agreement import Agreement, Priority, Target
from models.dossier.parties import Party, PartyKind
from models.errors import ClockError


def read(
    agreement: Agreement,
    parties: Mapping[str, Party],
    events: Sequence[ClockEvent],
    now: datetime,
    explain: bool = False,
    priority: Priority | None = None,
) -> ClockReading:
    """Read all clocks as they stood at `now`; `priority` is that of events which set none.

    `ClockError` for events that make no sense, and for hours that never open. What is promised for the latest priority is
    computed from the opening on. Call it from an activity or a command only: time zones and holidays change between releases.
    """
    course = follow(agreement, parties, events, now)
    chosen = course.priority or priority
    clocks = [
        PromiseClock(p, target, _calendar(agreement, target), course) for p, target in _targets(agreement, chosen)
    ]
    readings = [clock.read(explain) for clock in clocks]
    moments = [m for clock, reading in zip(clocks, readings, strict=True) for m in clock.moments(reading)]
    return ClockReading(
        as_of=now.astimezone(UTC),
        priority=chosen,
        agreement=f"{agreement.number} v{agreement.version}",
        calendar=versions(),
        promises=readings,
        moments=sorted(moments, key=lambda m: (m.at, m.promise, m.percent)),
        waited_seconds=_waited(course),
        paused=course.ended is None and course.wait is not None and course.wait.pauses,
        answer_due=_answer_due(agreement, parties, course),
    )


def nothing_promised(now: datetime) -> ClockReading:
    """The clocks of an application without a dossier: nobody promised anything."""
    return ClockReading(as_of=now.astimezone(UTC), priority=None, agreement="", calendar=versions(), promises=[])


def _targets(agreement: Agreement, priority: Priority | None) -> Iterator[tuple[Promise, Target]]:
    level = agreement.service_levels.get(priority) if priority is not None else None
    if level is not None:
        yield Promise.RESPOND, level.respond
        yield Promise.RESTORE, level.restore
        if level.update is not None:
            yield Promise.UPDATE, level.update


def _calendar(agreement: Agreement, target: Target) -> Calendar:
    hours = agreement.service_hours.get(target.hours)
    if hours is None:
        known = ", ".join(agreement.service_hours)
        raise ClockError(f"the agreement {agreement.number} has no service hours {target.hours!r}; it has {known}")
    return calendar_of(hours)


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
    return None if target is None else _calendar(agreement, target).add(course.wait.since, target.within)
