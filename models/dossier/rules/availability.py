"""Availability targets: their subjects, the hosts that are needed, and the thresholds that count as down."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from models.dossier.availability import AvailabilityTarget, SubjectKind
from models.dossier.dossier import Dossier
from models.dossier.faults import Place, shown
from models.dossier.rules.registry import RuleFinding, error, gap
from models.dossier.subjects import MeasuredSubject, counted_thresholds, subject_of

_TARGETS = ("agreement", "availability")
_DEFINED = {
    SubjectKind.FLOW: "architecture.flows",
    SubjectKind.COMPONENT: "architecture.components",
    SubjectKind.POINT: "monitoring.measuring_points",
}


@error("availability-subject")
def subjects_are_defined(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every availability target names a flow, a component or a measuring point that is defined."""
    for name, target in dossier.agreement.availability.items():
        kind, named = target.subject(name)
        known = _known(dossier, kind)
        if named in known:
            continue
        close = get_close_matches(named, known, n=1, cutoff=0.7)
        guess = f"did you mean '{close[0]}'? Or " if close else ""
        place: Place = (*_TARGETS, name)
        if target.of is None:
            what = f"the availability target {name} says no subject, and no flow has its name"
            yield RuleFinding(place, what, f"{guess}add `of:` with flow, component or point, and a name")
        else:
            what = f"the availability target {name} is about the {kind} {shown(named)}, which is not defined"
            yield RuleFinding((*place, "of"), what, f"{guess}define it under {_DEFINED[kind]}")


@error("availability-hosts")
def needed_hosts_exist(dossier: Dossier) -> Iterator[RuleFinding]:
    """`needed_hosts` names components of the subject, and needs no more hosts than the component has."""
    for name, target, subject in _subjects(dossier):
        place, theirs = (*_TARGETS, name, "needed_hosts"), [one.name for one in subject.components]
        if subject.kind is SubjectKind.POINT and target.needed_hosts:
            what = f"the availability target {name} is about a measuring point, which has no hosts to count"
            yield RuleFinding(place, what, "leave `needed_hosts` out, or write `of: component NAME`")
            continue
        for component, needed in target.needed_hosts.items():
            if component not in theirs:
                what = f"the availability target {name} needs hosts of {shown(component)}, which is not a part of it"
                yield RuleFinding((*place, component), what, f"use one of: {', '.join(theirs)}")
                continue
            there = len(dossier.component(component).hosts)
            if needed > there:
                has = f"has {there}" if there else "has none"
                hosts = "1 host" if needed == 1 else f"{needed} hosts"
                what = f"the availability target {name} needs {hosts} of {component}, which {has}"
                fix = f"write at most {there}" if there else "remove it"
                yield RuleFinding((*place, component), what, fix)


@error("availability-thresholds")
def thresholds_count_the_same(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every threshold that an availability target names is one of its points, and all targets count the same thresholds
    of a point.
    """
    points = dossier.monitoring.measuring_points
    counted: dict[str, tuple[str, frozenset[str]]] = {}
    for name, target, subject in _subjects(dossier):
        place = (*_TARGETS, name, "thresholds")
        theirs = sorted({threshold for point in _points(dossier, subject) for threshold in points[point].thresholds})
        for number, threshold in enumerate(target.thresholds):
            if threshold not in theirs:
                what = f"the availability target {name} names the threshold {shown(threshold)}, which none of its points has"
                yield RuleFinding((*place, number), what, f"use one of: {', '.join(theirs) or 'none'}")
        for point in subject.points:
            here = counted_thresholds(points[point], target)
            other, there = counted.setdefault(point, (name, here))
            if here != there:
                what = (
                    f"the availability targets {other} and {name} count different thresholds of {point} as down: "
                    f"{_listed(there)}, and {_listed(here)}"
                )
                yield RuleFinding(place, what, "name the same `thresholds` in both")


@gap("unmeasured-availability", None)
def subjects_are_measured(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every component of an availability target, and every host that it needs, has a measuring point for health with a
    threshold that counts as down.
    """
    for name, _, subject in _subjects(dossier):
        for component in subject.components:
            bare = [host for host, points in component.hosts.items() if not points]
            if not component.points:
                what = (
                    f"the availability of {name} cannot be proven: no point for health of {component.name} can be down"
                )
            elif bare:
                what = f"the availability of {name} cannot be proven: no point for health shows {', '.join(bare)}"
            elif subject.kind is SubjectKind.POINT and not counted_thresholds(
                dossier.monitoring.measuring_points[subject.name], dossier.agreement.availability[name]
            ):
                what = f"the availability of {name} cannot be proven: no threshold of {subject.name} counts as down"
            else:
                continue
            fix = "add a critical threshold to a point for health, or name `thresholds` in the target"
            yield RuleFinding((*_TARGETS, name), what, fix)


def _subjects(dossier: Dossier) -> Iterator[tuple[str, AvailabilityTarget, MeasuredSubject]]:
    """Yield the targets whose subjects, with their components and hosts, are defined; other rules name the others."""
    components = dossier.architecture.components
    for name, target in dossier.agreement.availability.items():
        kind, named = target.subject(name)
        if named not in _known(dossier, kind):
            continue
        through = _through(dossier, kind, named)
        if all(one in components and set(components[one].hosts) <= set(dossier.architecture.hosts) for one in through):
            yield name, target, subject_of(dossier, name)


def _through(dossier: Dossier, kind: SubjectKind, named: str) -> list[str]:
    match kind:
        case SubjectKind.FLOW:
            return dossier.architecture.flows[named].through
        case SubjectKind.COMPONENT:
            return [named]
        case SubjectKind.POINT:
            return []


def _known(dossier: Dossier, kind: SubjectKind) -> list[str]:
    match kind:
        case SubjectKind.FLOW:
            return list(dossier.architecture.flows)
        case SubjectKind.COMPONENT:
            return list(dossier.architecture.components)
        case SubjectKind.POINT:
            return list(dossier.monitoring.measuring_points)


def _points(dossier: Dossier, subject: MeasuredSubject) -> list[str]:
    """Return all points of the subject's components; of a point, itself."""
    if subject.kind is SubjectKind.POINT:
        return [subject.name]
    names = {component.name for component in subject.components}
    return [key for key, point in dossier.monitoring.measuring_points.items() if point.component in names]


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"
