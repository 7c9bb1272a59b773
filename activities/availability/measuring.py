"""Measure a period of one subject: the class of every second, and the evidence of those that do not count as up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

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
    layers = _layers(subject, calendar, excused, evidence, since, until)
    seconds = classify(begin, end, layers.service, layers.agreed, layers.waited, state)
    return MeasuredPeriod(
        since=moment_of(begin),
        until=moment_of(end),
        classes=seconds.count(),
        maintenance_counted=classify(begin, end, layers.service, NOWHERE, layers.waited, state).count(),
        outages=_spans(
            cut(state.down, begin, end),
            seconds.of(SecondClass.DOWN),
            {point: evidence.point(point).down for point in subject.points},
        ),
        gaps=_spans(
            cut(state.no_data, begin, end),
            seconds.of(SecondClass.NO_DATA),
            {point: evidence.point(point).unknown(begin, end) for point in subject.points},
        ),
        blips=sum(evidence.blips(point, begin, end) for point in subject.points),
        maintenance=joined(in_order(_maintenance(layers.maintenance, begin, end, seconds))),
        excused=joined(in_order(_waiting(layers.waiting, begin, end, seconds))),
    )


def classified(
    subject: MeasuredSubject,
    calendar: Calendar,
    excused: Sequence[ExcusedParty],
    evidence: Evidence,
    since: datetime,
    until: datetime,
) -> Classified:
    """Return the seconds of [since, until) by class, as `measure` counts them."""
    layers = _layers(subject, calendar, excused, evidence, since, until)
    state = state_of(subject, evidence.point)
    return classify(seconds_of(since), seconds_of(until), layers.service, layers.agreed, layers.waited, state)


class _Layers(NamedTuple):
    """The times that decide on the class of a second, besides the state of the subject."""

    service: Stretches
    maintenance: list[MaintenanceTime]
    waiting: list[ExcusedTime]

    @property
    def agreed(self) -> Stretches:
        """The maintenance that was announced, until its announced end."""
        return union((seconds_of(one.since), seconds_of(one.agreed_end)) for one in self.maintenance)

    @property
    def waited(self) -> Stretches:
        """The waiting times that are excused."""
        return union((seconds_of(one.since), seconds_of(one.until)) for one in self.waiting)


def _layers(
    subject: MeasuredSubject,
    calendar: Calendar,
    excused: Sequence[ExcusedParty],
    evidence: Evidence,
    since: datetime,
    until: datetime,
) -> _Layers:
    begin, end = seconds_of(since), seconds_of(until)
    theirs, events = Scope.of(component.name for component in subject.components), evidence.events
    return _Layers(
        service=union((seconds_of(a), seconds_of(b)) for a, b in calendar.spans(since, until)),
        maintenance=[one for one in events.maintenance if _touches(one, theirs, begin, end)],
        waiting=[one for one in events.excused if one.party in excused and _touches(one, theirs, begin, end)],
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
