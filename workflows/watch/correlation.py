"""Correlation: an alarm belongs to the nearest open incident along the dependencies, to one that was just closed, or to none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from models.alarms import Alarm, Subject
from models.dependencies import Dependencies
from models.incident import IncidentEnd
from models.watch import ClosedIncident, OpenIncidentState

_NOT_CONNECTED = 1000
"""More than any dependency distance. An incident of the application as a whole gets alarms that no nearer incident
gets."""

COMES_BACK = {IncidentEnd.RECOVERED.value, IncidentEnd.RECOVERED_BY_ITSELF.value}
"""The watch reopens incidents with these ends by itself; only people reopen the others."""


class Role(StrEnum):
    """The relation of an alarm to the incident that it joins."""

    SAME = "same"
    SYMPTOM = "symptom"
    CAUSE = "cause"
    """The alarm's component is needed by those of the incident, so the fault possibly began there."""


class Belonging(NamedTuple):
    """The incident that an alarm belongs to, and why."""

    incident: OpenIncidentState
    role: Role
    through: str | None
    """The component of the incident that the alarm's component is connected to."""


def belongs_to(
    dependencies: Dependencies,
    incidents: Iterable[OpenIncidentState],
    component: str | None,
    subject: Subject | None = None,
) -> Belonging | None:
    """Return the open incident that an alarm of this component belongs to; among equally near ones, the one with the
    lowest number.

    Without a component, the alarm is of the application as a whole and belongs to any open incident. With a `subject`,
    it belongs only to an incident about that subject, whatever its component is.
    """
    same = [incident for incident in incidents if incident.subject is subject]
    if subject is not None:
        first = min(same, key=lambda incident: incident.number, default=None)
        return None if first is None else Belonging(first, Role.SAME, None)
    found = [(*_nearness(dependencies, incident, component), incident) for incident in same]
    near = [
        (far, incident.number, role, through, incident) for far, role, through, incident in found if far is not None
    ]
    if not near:
        return None
    _, _, role, through, incident = min(near, key=lambda n: n[:2])
    return Belonging(incident, role, through)


def _nearness(
    dependencies: Dependencies, incident: OpenIncidentState, component: str | None
) -> tuple[int | None, Role, str | None]:
    if component is None:
        return (0 if incident.whole_application else 1), Role.SAME, None
    ways = []
    below = dependencies.distances(component)
    for other in incident.components:
        if other in below:
            ways.append((below[other], Role.SYMPTOM if other != component else Role.SAME, other))
        elif (far := dependencies.distances(other).get(component)) is not None:
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
    """Return the incident that this alarm shows not to have been over, if it was closed within the agreed time; the
    latest of several.
    """
    lately = (i for i in _lately(closed, now, within) if i.subject is alarm.subject)
    return _latest(i for i in lately if i.end in COMES_BACK and _same_fault(i, alarm, component))


def earlier_on(
    closed: Iterable[ClosedIncident], component: str | None, now: datetime, within: timedelta
) -> ClosedIncident | None:
    """Return the latest incident of the same component that was closed within this time, as information for the lead."""
    return _latest(i for i in _lately(closed, now, within) if i.subject is None and _same_component(i, component))


def _lately(closed: Iterable[ClosedIncident], now: datetime, within: timedelta) -> Iterable[ClosedIncident]:
    return (incident for incident in closed if incident.closed_at + within >= now)


def _latest(closed: Iterable[ClosedIncident]) -> ClosedIncident | None:
    return max(closed, key=lambda incident: (incident.closed_at, incident.number), default=None)


def _same_fault(incident: ClosedIncident, alarm: Alarm, component: str | None) -> bool:
    """Whether an alarm has the same fault as an incident: the same alarm, or another one of the same measuring point.

    Another fault of the same component does not count. The records have no fingerprints of an incident, so the title is
    compared.
    """
    if alarm.fingerprint in incident.fingerprints or alarm.measuring_point in incident.points:
        return True
    return not incident.fingerprints and incident.title == alarm.title and _same_component(incident, component)


def _same_component(incident: ClosedIncident, component: str | None) -> bool:
    # Not a connected component: that is probably the same fault while an incident is open, but another one after recovery.
    return incident.whole_application if component is None else component in incident.components
