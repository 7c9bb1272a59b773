"""Where an alarm belongs: to the nearest open incident along the dependency graph, to one that was just closed, or to none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from models.alarms import Alarm, Subject
from models.incident import IncidentEnd
from models.watch import ClosedIncident, OpenIncidentState

Graph = Mapping[str, Sequence[str]]
"""Component to the components that it needs."""

_NOT_CONNECTED = 1000
"""Further than any way through a graph: an incident of the application as a whole takes what nothing nearer takes."""

COMES_BACK = {IncidentEnd.RECOVERED.value, IncidentEnd.RECOVERED_BY_ITSELF.value}
"""Ends after which the watch opens an incident again by itself; after others only people do."""


class Role(StrEnum):
    """What an alarm is to the incident that it joins."""

    SAME = "same"
    SYMPTOM = "symptom"
    CAUSE = "cause"
    """A component that those in alarm need: possibly where it began."""


class Belonging(NamedTuple):
    """The incident that an alarm belongs to."""

    incident: OpenIncidentState
    role: Role
    through: str | None
    """The component of the incident that it is connected to."""


def steps(graph: Graph, component: str) -> dict[str, int]:
    """How far each component that this one needs is from it, directly or through others; itself is 0 away."""
    found = {component: 0}
    frontier = [component]
    while frontier:
        frontier = [
            n for c in frontier for n in graph.get(c, ()) if n not in found and not found.update({n: found[c] + 1})
        ]
    return found


def belongs_to(
    graph: Graph, incidents: Iterable[OpenIncidentState], component: str | None, subject: Subject | None = None
) -> Belonging | None:
    """The open incident that an alarm of this component belongs to; among equally near ones that with the lowest number.

    None as component: an alarm of the application as a whole, which belongs to whatever is open. With a `subject`, it
    belongs to the incident about that, whatever its component is, and to no other.
    """
    same = [incident for incident in incidents if incident.subject is subject]
    if subject is not None:
        first = min(same, key=lambda incident: incident.number, default=None)
        return None if first is None else Belonging(first, Role.SAME, None)
    found = [(*_nearness(graph, incident, component), incident) for incident in same]
    near = [
        (far, incident.number, role, through, incident) for far, role, through, incident in found if far is not None
    ]
    if not near:
        return None
    _, _, role, through, incident = min(near, key=lambda n: n[:2])
    return Belonging(incident, role, through)


def _nearness(graph: Graph, incident: OpenIncidentState, component: str | None) -> tuple[int | None, Role, str | None]:
    if component is None:
        return (0 if incident.whole_application else 1), Role.SAME, None
    ways = []
    below = steps(graph, component)
    for other in incident.components:
        if other in below:
            ways.append((below[other], Role.SYMPTOM if other != component else Role.SAME, other))
        elif (far := steps(graph, other).get(component)) is not None:
            ways.append((far, Role.CAUSE, other))
    if ways:
        return min(ways, key=lambda w: (w[0], w[2]))
    return (_NOT_CONNECTED if incident.whole_application else None), Role.SAME, None


def comes_back_to(
    closed: Iterable[ClosedIncident],
    alarm: Alarm,
    component: str | None,
    now: datetime,
    within: timedelta,
) -> ClosedIncident | None:
    """The incident, closed not longer ago than agreed, that this alarm shows not to have been over; the latest of several."""
    lately = (i for i in _lately(closed, now, within) if i.subject is alarm.subject)
    return _latest(i for i in lately if i.end in COMES_BACK and _same_fault(i, alarm, component))


def earlier_on(
    closed: Iterable[ClosedIncident], component: str | None, now: datetime, within: timedelta
) -> ClosedIncident | None:
    """The latest incident of the same component that was closed not longer ago than that: whoever leads may want to know it."""
    return _latest(i for i in _lately(closed, now, within) if i.subject is None and _same_component(i, component))


def _lately(closed: Iterable[ClosedIncident], now: datetime, within: timedelta) -> Iterable[ClosedIncident]:
    return (incident for incident in closed if incident.closed_at + within >= now)


def _latest(closed: Iterable[ClosedIncident]) -> ClosedIncident | None:
    return max(closed, key=lambda incident: (incident.closed_at, incident.number), default=None)


def _same_fault(incident: ClosedIncident, alarm: Alarm, component: str | None) -> bool:
    """Whether an alarm is of a fault that an incident had: the same alarm, or another one of the same measuring point.

    Another fault of the same component is another matter. Of an incident that is known from the records alone, its title says
    what the fault was.
    """
    if alarm.fingerprint in incident.fingerprints or alarm.measuring_point in incident.points:
        return True
    return not incident.fingerprints and incident.title == alarm.title and _same_component(incident, component)


def _same_component(incident: ClosedIncident, component: str | None) -> bool:
    # Not one that is only connected: while an incident is open that is probably one fault, after it was proven healthy another.
    return incident.whole_application if component is None else component in incident.components
