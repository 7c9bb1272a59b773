"""The subjects of availability targets, resolved: the measuring points that show each component and each of its hosts."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from models.base import Identifier, Model
from models.dossier.availability import AvailabilityTarget, SubjectKind
from models.dossier.dossier import Dossier
from models.dossier.monitoring import MeasuringPoint, Severity

_SECOND: Final = timedelta(seconds=1)


class SubjectComponent(Model):
    """A component of a subject, with the points that show whether it is up."""

    name: Identifier
    whole: list[Identifier] = []
    """The points that show the component as a whole, such as the page behind a load balancer."""
    hosts: dict[Identifier, list[Identifier]] = {}
    """The points that show one host, by host. A host without points counts only if the target says how many hosts are
    needed."""
    needed_hosts: int
    """The number of these hosts that must be up."""

    @property
    def points(self) -> list[str]:
        """All points of the component."""
        return [*self.whole, *(point for points in self.hosts.values() for point in points)]


class MeasuredSubject(Model):
    """The part of an application whose availability is agreed."""

    kind: SubjectKind
    name: Identifier
    title: str
    """The name for people: `A visitor places an order`."""
    components: list[SubjectComponent]
    every_seconds: int
    """The longest time between two samples of a point, in whole seconds; the time that a measurement resolves."""

    @property
    def points(self) -> list[str]:
        """All points of the subject, each once."""
        return list(dict.fromkeys(point for component in self.components for point in component.points))


def counted_thresholds(point: MeasuringPoint, target: AvailabilityTarget | None) -> frozenset[str]:
    """Return the thresholds of a point whose faults count as down; None stands for a point without target."""
    if target is not None and target.thresholds:
        return frozenset(point.thresholds) & frozenset(target.thresholds)
    return frozenset(name for name, one in point.thresholds.items() if one.severity is Severity.CRITICAL)


def subject_of(dossier: Dossier, name: str) -> MeasuredSubject:
    """Return the subject of a target, whose names must be defined (`dossier check`)."""
    target = dossier.agreement.availability[name]
    kind, named = target.subject(name)
    points = dossier.monitoring.measuring_points
    match kind:
        case SubjectKind.POINT:
            point = points[named]
            title = point.purpose or named
            components = [SubjectComponent(name=point.component, whole=[named], needed_hosts=0)]
        case SubjectKind.COMPONENT:
            title, components = dossier.component(named).name, [_component(dossier, target, named)]
        case SubjectKind.FLOW:
            flow = dossier.architecture.flows[named]
            title = flow.name
            components = [_component(dossier, target, one) for one in dict.fromkeys(flow.through)]
    seconds = [-(-points[p].every // _SECOND) for c in components for p in c.points]
    return MeasuredSubject(
        kind=kind, name=named, title=title, components=components, every_seconds=max(seconds, default=1)
    )


def down_thresholds(dossier: Dossier) -> dict[str, frozenset[str]]:
    """Return for each measuring point the thresholds whose faults count as down: those that count for its targets, or
    the critical ones if it belongs to no target.
    """
    points = dossier.monitoring.measuring_points
    found: dict[str, frozenset[str]] = {}
    for name, target in dossier.agreement.availability.items():
        for point in subject_of(dossier, name).points:
            found[point] = found.get(point, frozenset()) | counted_thresholds(points[point], target)
    return {name: found.get(name, counted_thresholds(point, None)) for name, point in points.items()}


def _component(dossier: Dossier, target: AvailabilityTarget, name: str) -> SubjectComponent:
    needed = target.needed_hosts.get(name)
    whole: list[str] = []
    hosts: dict[str, list[str]] = {host: [] for host in dossier.component(name).hosts} if needed else {}
    for key, point in dossier.monitoring.measuring_points.items():
        if point.component == name and point.health and counted_thresholds(point, target):
            host = dossier.host_shown(point)
            (whole if host is None else hosts.setdefault(host, [])).append(key)
    return SubjectComponent(name=name, whole=whole, hosts=hosts, needed_hosts=needed or len(hosts))
