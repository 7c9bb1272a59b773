"""Measure a period of one subject: the class of every second, and the evidence of those that do not count as up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from activities.availability.classes import Classified, classify
from activities.availability.evidence import Evidence, moment_of, seconds_of
from activities.availability.joining import in_order, joined
from activities.availability.states import state_of
from activities.availability.stretches import NOWHERE, Stretches, cut, shared, union
from activities.calendars import Calendar
from models.availability import ExcusedTime, MaintenanceTime, MeasuredPeriod, SecondClass, SubjectSpan, TakenOut
from models.dossier.availability import ExcusedParty
from models.dossier.subjects import MeasuredSubject
from models.scope import Scope


def measure(
    subject: MeasuredSubject,
    calendar: Calendar,
    excused: Sequence[ExcusedParty],
    evidence: Evidence,
    since: datetime,
    until: datetime,
) -> MeasuredPeriod:
    """Classify every second of [since, until), both whole seconds.

    `calendar`: the service hours that count. `excused`: the parties whose waiting times do not count.
    """
    begin, end = seconds_of(since), seconds_of(until)
    state = state_of(subject, evidence.point)
    service = union((seconds_of(a), seconds_of(b)) for a, b in calendar.spans(since, until))
    theirs = Scope.of(component.name for component in subject.components)
    events = evidence.events
    maintenance = [one for one in events.maintenance if _touches(one, theirs, begin, end)]
    waiting = [one for one in events.excused if one.party in excused and _touches(one, theirs, begin, end)]
    agreed = union((seconds_of(one.since), seconds_of(one.agreed_end)) for one in maintenance)
    waited = union((seconds_of(one.since), seconds_of(one.until)) for one in waiting)
    classified = classify(begin, end, service, agreed, waited, state)
    return MeasuredPeriod(
        since=moment_of(begin),
        until=moment_of(end),
        classes=classified.count(),
        maintenance_counted=classify(begin, end, service, NOWHERE, waited, state).count(),
        outages=_spans(
            cut(state.down, begin, end),
            classified.of(SecondClass.DOWN),
            {point: evidence.point(point).down for point in subject.points},
        ),
        gaps=_spans(
            cut(state.no_data, begin, end),
            classified.of(SecondClass.NO_DATA),
            {point: evidence.point(point).unknown(begin, end) for point in subject.points},
        ),
        blips=sum(evidence.blips(point, begin, end) for point in subject.points),
        maintenance=joined(in_order(_maintenance(maintenance, begin, end, classified))),
        excused=joined(in_order(_waiting(waiting, begin, end, classified))),
    )


def _touches(one: MaintenanceTime | ExcusedTime, components: Scope, begin: int, end: int) -> bool:
    return one.components.overlaps(components) and seconds_of(one.since) < end and begin < seconds_of(one.until)


def _spans(spans: Stretches, counted: Stretches, points: Mapping[str, Stretches]) -> list[SubjectSpan]:
    """Return spans of the subject, with the seconds that count and the points that had the same state meanwhile."""
    names: list[list[str]] = [[] for _ in spans]
    for point, theirs in sorted(points.items()):
        for found, seconds in zip(names, shared(spans, theirs), strict=True):
            if seconds:
                found.append(point)
    return [
        SubjectSpan(since=moment_of(since), until=moment_of(until), counted_seconds=seconds, points=found)
        for (since, until), seconds, found in zip(spans, shared(spans, counted), names, strict=True)
    ]


def _maintenance(times: Iterable[MaintenanceTime], begin: int, end: int, classified: Classified) -> Iterable[TakenOut]:
    for one in times:
        since, until = max(seconds_of(one.since), begin), min(seconds_of(one.until), end)
        agreed = union([(since, min(seconds_of(one.agreed_end), end))])
        yield TakenOut(
            id=one.id,
            title=one.title,
            since=moment_of(since),
            until=moment_of(until),
            seconds=sum(shared(agreed, classified.of(SecondClass.MAINTENANCE))),
            announced_at=one.announced_at,
            announced_until=one.announced_until,
        )


def _waiting(times: Iterable[ExcusedTime], begin: int, end: int, classified: Classified) -> Iterable[TakenOut]:
    for one in times:
        since, until = max(seconds_of(one.since), begin), min(seconds_of(one.until), end)
        yield TakenOut(
            id=one.id,
            title=one.note,
            since=moment_of(since),
            until=moment_of(until),
            seconds=sum(shared([(since, until)], classified.of(SecondClass.EXCUSED))),
            party=one.party,
        )
