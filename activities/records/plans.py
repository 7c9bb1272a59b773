"""From a dossier to what one workflow needs of it: pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from activities.calendars import calendar_of
from activities.calendars.freezes import freezes_of
from activities.records.matching import IllParts, matching
from models.dossier import Dossier
from models.dossier.agreement import Agreement, Level
from models.dossier.architecture import Component
from models.dossier.instructions import Approval, OnSilence, Remedy, Troubleshooting
from models.dossier.monitoring import MeasuringPoint, Severity
from models.dossier.parties import OPERATOR, PartyKind
from models.names import remedy_name, site_queue
from models.operation import OperationKind
from models.people import people_in
from models.probes import HttpProbe, ProbeTarget, SshCommandProbe, TcpProbe, TlsExpiryProbe
from models.proof import Freshness
from models.slices import (
    ApplicationPlan,
    ComponentPlan,
    IncidentPlan,
    OpenSpan,
    PartyBrief,
    Placement,
    PlannedRemedy,
    PlanRequest,
    RunbookOffer,
    SiteProbes,
    WatchSlice,
)

_TIMEOUT: Final = timedelta(minutes=2)
"""For starting and stopping a component, unless its dossier says otherwise."""

HOURS_AHEAD: Final = timedelta(weeks=5)
"""So far ahead a watch knows its service hours; it reads them anew before they run out."""

HANDOVER: Final = Approval(roles=["operator"], on_silence=OnSilence.ASK_AGAIN)
"""Who decides when no remedy helped, unless the dossier says otherwise."""


def watch_slice(
    application: str, dossier: Dossier | None, next_number: int, next_alarm: int, now: datetime | None = None
) -> WatchSlice:
    """What the watch of an application needs, with or without a dossier; its hours are worked out from `now` on."""
    if dossier is None:
        return WatchSlice(application=application, known=False, next_number=next_number, next_alarm=next_alarm)
    return WatchSlice(
        application=application,
        known=True,
        dossier=dossier.digest,
        name=dossier.name,
        depends_on={name: list(c.depends_on) for name, c in dossier.architecture.components.items()},
        next_number=next_number,
        next_alarm=next_alarm,
        matrix=dossier.agreement.priorities,
        impacts={name: _impact(dossier, [name]) for name in dossier.architecture.components},
        impact=_impact(dossier, list(dossier.architecture.components)),
        measuring_points=list(dossier.monitoring.measuring_points),
        flapping=dossier.monitoring.flapping,
        reopen_within=dossier.agreement.incidents.reopen_within,
        freezes=freezes_of(dossier.agreement),
        startable=_startable(dossier),
        contacts=people_in(dossier.contacts),
        people=leaders(dossier),
        **monitored_hours(dossier.agreement, now or datetime.now(UTC)),
    )


def _startable(dossier: Dossier) -> dict[str, list[str]]:
    restores = list(dossier.instructions.restore)
    named = {
        OperationKind.RESTORE.value: restores,
        OperationKind.DRILL.value: restores,
        OperationKind.ROUTINE.value: list(dossier.routines.extended),
        OperationKind.MAINTENANCE.value: list(dossier.routines.maintenance),
        "submit-change": list(dossier.instructions.changes),
    }
    return {workflow: names for workflow, names in named.items() if names}


def monitored_hours(agreement: Agreement, now: datetime) -> dict[str, Any]:
    """When alarms are handled, and which priorities at any hour, as fields of a watch's slice; nothing where they all are."""
    hours = agreement.service_hours
    calendar = calendar_of(hours[agreement.monitored_in]) if agreement.monitored_in in hours else None
    if calendar is None or calendar.always_open:
        return {}
    # From the past, so that a span that has begun is whole; touching spans are one.
    spans = calendar.spans(now - timedelta(days=1), now + HOURS_AHEAD)
    return {
        "open_spans": [OpenSpan(since=since, until=until) for since, until in spans],
        "spans_until": now + HOURS_AHEAD,
        "around_the_clock": [
            p for p, level in agreement.service_levels.items() if hours.get(level.respond.hours) == "24x7"
        ],
    }


def application_plan(dossier: Dossier) -> ApplicationPlan:
    """The whole application, resolved."""
    points = dossier.monitoring.measuring_points
    roles = {OPERATOR, *(role for contact in dossier.contacts.values() for role in contact.roles)}
    return ApplicationPlan(
        application=dossier.id,
        dossier=dossier.digest,
        name=dossier.name,
        components={name: _component(dossier, name, c) for name, c in dossier.architecture.components.items()},
        hosts={name: _placement(dossier, name) for name in dossier.architecture.hosts},
        points={name: group for name in points for group in _grouped(dossier, {name: True})},
        terms=dossier.agreement.incidents,
        freezes=freezes_of(dossier.agreement),
        contacts=people_in(dossier.contacts),
        people={role: dossier.people([role]) for role in sorted(roles)},
        operates=operating(dossier),
        restores=dict(dossier.instructions.restore),
        remedies={
            f"{name}/{key}": _remedy(dossier, key, remedy)
            for name, instruction in dossier.instructions.troubleshooting.items()
            for key, remedy in instruction.remedies.items()
        },
        start_up=dossier.instructions.start_up,
        shut_down=dossier.instructions.shut_down,
    )


def unknown_application_plan() -> IncidentPlan:
    """For an application without a dossier: nothing can be done, people take over."""
    return IncidentPlan(plan=None, handover=HANDOVER)


def incident_plan(dossier: Dossier, request: PlanRequest, runbooks: Sequence[RunbookOffer] = ()) -> IncidentPlan:
    """How to handle an incident with this symptom; names that the dossier does not know are passed over."""
    components, points = dossier.architecture.components, dossier.monitoring.measuring_points
    named_points = [name for name in points if name in request.measuring_points]
    named = {c for c in request.components if c in components} | {points[p].component for p in named_points}
    # Beside the application's health: neither the instructions for its faults nor its probes say anything of the matter.
    matches = [] if request.subject else matching(dossier, _fault(dossier, request))
    taken = next((match for match in matches if match.name not in request.tried), None)
    first = taken.component if taken and taken.component else next(iter(_known(dossier, request.roots)), None)
    affected = _affected(dossier, named, first)
    name = taken.name if taken else ""
    instruction = dossier.instructions.troubleshooting[name] if taken else Troubleshooting(title="")
    confirm = [] if request.subject else _confirm(dossier, affected, named_points)
    handover = instruction.handover or HANDOVER
    probed = {target.point for group in confirm for target in group.targets}
    return IncidentPlan(
        plan=None if request.only_instruction else application_plan(dossier),
        instruction=name,
        title=instruction.title,
        matches=matches,
        matrix=dossier.agreement.priorities,
        impact=_impact(dossier, affected),
        affected=affected,
        probeable=bool(probed) and all(_full_name(dossier, p) in probed for p in request.measuring_points),
        confirm=confirm,
        collect=list(instruction.collect),
        remedies=[_remedy(dossier, key, remedy) for key, remedy in instruction.remedies.items()],
        runbooks=list(runbooks),
        handover=handover,
        handover_deciders=dossier.people(list(handover.roles)),
        parties={
            key: PartyBrief(name=p.name, kind=p.kind, language=p.language, support=p.support or "")
            for key, p in dossier.parties.items()
        },
        leaders=leaders(dossier),
        contacts=people_in(dossier.contacts),
        causes={key: remedy.cause for key, remedy in instruction.remedies.items() if remedy.cause is not None},
    )


def with_proof(plan: IncidentPlan, known: Mapping[str, Freshness], operators: list[str]) -> IncidentPlan:
    """The same, with what each remedy lacks of its proof, and the proven ones first; `operators` are asked about a stale one
    that needs no approval.
    """

    def with_its(remedy: PlannedRemedy) -> PlannedRemedy:
        stale = known[remedy_name(plan.instruction, remedy.name)].stale
        deciders = operators if stale and remedy.approval is None else remedy.deciders
        return remedy.model_copy(update={"stale": stale, "deciders": deciders})

    # A remedy that has to ask first must not keep a proven one waiting that stands behind it.
    remedies = sorted(map(with_its, plan.remedies), key=lambda remedy: bool(remedy.stale))
    return plan.model_copy(update={"remedies": remedies})


def leaders(dossier: Dossier) -> list[str]:
    """Who may lead an incident: the supplier's people, and whoever holds the role operator."""
    return [
        contact.email or name
        for name, contact in dossier.contacts.items()
        if "operator" in contact.roles or _kind(dossier, contact.party) is PartyKind.SUPPLIER
    ]


def operating(dossier: Dossier) -> list[str]:
    """Who may order operations: everybody but the contacts of third parties; they, too, where they are operators."""
    return [
        contact.email or name
        for name, contact in dossier.contacts.items()
        if OPERATOR in contact.roles or _kind(dossier, contact.party) is not PartyKind.THIRD_PARTY
    ]


def _kind(dossier: Dossier, party: str) -> PartyKind | None:
    return dossier.parties[party].kind if party in dossier.parties else None


def _component(dossier: Dossier, name: str, component: Component) -> ComponentPlan:
    return ComponentPlan(
        name=name,
        title=component.name,
        placements=[_placement(dossier, host) for host in component.hosts],
        control=component.control,
        depends_on=list(component.depends_on),
        impact=component.impact,
        start_timeout=component.start_timeout or _TIMEOUT,
        stop_timeout=component.stop_timeout or _TIMEOUT,
        health=_grouped(dossier, _health_points(dossier, [name])),
        points_of_hosts=_points_of_hosts(dossier, name, component) if len(component.hosts) > 1 else {},
    )


def _points_of_hosts(dossier: Dossier, name: str, component: Component) -> dict[str, str]:
    points = dossier.monitoring.measuring_points
    shown = {key: _host_shown(dossier, component, p) for key, p in points.items() if p.component == name}
    return {_full_name(dossier, key): host for key, host in shown.items() if host is not None}


def _host_shown(dossier: Dossier, component: Component, point: MeasuringPoint) -> str | None:
    """The one host of a component that a point shows: as the dossier says, or as what is probed shows."""
    if point.host is not None:
        return point.host
    probe = point.probe
    match probe:
        case SshCommandProbe():
            return probe.host if probe.host in component.hosts else None
        case HttpProbe():
            looked_at = urlsplit(probe.url).hostname or ""
        case TcpProbe() | TlsExpiryProbe():
            looked_at = probe.host.lower()
        case _:
            return None
    hosts = dossier.architecture.hosts
    found = [host for host in component.hosts if looked_at in {host, hosts[host].address.lower()}]
    return found[0] if len(found) == 1 else None


def _placement(dossier: Dossier, host: str) -> Placement:
    return Placement(host=dossier.host_target(host), queue=site_queue(dossier.architecture.hosts[host].site))


def _remedy(dossier: Dossier, name: str, remedy: Remedy) -> PlannedRemedy:
    return PlannedRemedy(
        name=name,
        title=remedy.title,
        steps=list(remedy.steps),
        approval=remedy.approval,
        deciders=dossier.people(list(remedy.approval.roles)) if remedy.approval else [],
    )


def _affected(dossier: Dossier, named: set[str], first: str | None) -> list[str]:
    """In the dossier's order, but the component in trouble first."""
    known = _known(dossier, named)
    if first is None or (not known and first not in dossier.architecture.components):
        return known or list(dossier.architecture.components)
    return [first, *(name for name in known if name != first)]


def _known(dossier: Dossier, names: Collection[str]) -> list[str]:
    """The components among some names, in the dossier's order."""
    return [name for name in dossier.architecture.components if name in names]


def _fault(dossier: Dossier, request: PlanRequest) -> IllParts:
    """What is ill: what probes saw failing, and what alarms say that no probe has refuted."""
    points = dossier.monitoring.measuring_points
    claimed = [p for p in points if p in request.measuring_points and p not in request.healthy]
    ill = {p for p in points if p in request.ill} | set(claimed)
    components = {points[p].component for p in ill} | set(_known(dossier, request.components))
    if not ill and not components:  # people want it tried although all probes are healthy: the alarms are all there is
        ill = {p for p in points if p in request.measuring_points}
        components = {points[p].component for p in ill}
    return IllParts(components=components, points=ill, roots=_known(dossier, request.roots))


def _impact(dossier: Dossier, affected: Sequence[str]) -> Level:
    components = [dossier.component(name).impact for name in affected]
    flows = [flow.impact for flow in dossier.architecture.flows.values() if set(flow.through) & set(affected)]
    return min(components + flows, key=list(Level).index)


def _confirm(dossier: Dossier, affected: Sequence[str], named_points: Sequence[str]) -> list[SiteProbes]:
    points = _health_points(dossier, _with_needs(dossier, affected))
    return _grouped(dossier, points | dict.fromkeys(named_points, True))


def _with_needs(dossier: Dossier, components: Iterable[str]) -> list[str]:
    """These components and all that they need, directly or through others."""
    found: list[str] = []
    waiting = list(components)
    while waiting:
        name = waiting.pop(0)
        if name not in found and name in dossier.architecture.components:
            found.append(name)
            waiting += dossier.component(name).depends_on
    return found


def _health_points(dossier: Dossier, components: Sequence[str]) -> dict[str, bool]:
    points = dossier.monitoring.measuring_points
    return {name: False for name, point in points.items() if point.health and point.component in components}


def _grouped(dossier: Dossier, points: dict[str, bool]) -> list[SiteProbes]:
    """Probes by the queue of the site they are made from; the value says whether the point is what it is all about."""
    groups: dict[str, list[ProbeTarget]] = {}
    for name, point in dossier.monitoring.measuring_points.items():
        site = dossier.probing_site(point) if name in points else None
        if site is not None:
            groups.setdefault(site_queue(site), []).append(_target(dossier, name, point, points[name]))
    return [SiteProbes(queue=queue, targets=targets) for queue, targets in groups.items()]


def _target(dossier: Dossier, name: str, point: MeasuringPoint, meant: bool) -> ProbeTarget:
    # A lesser fault of another point is an incident of its own: it must not keep this one from being over.
    counts = [t for t in point.thresholds.values() if meant or t.severity is Severity.CRITICAL]
    probe = point.probe
    return ProbeTarget(
        point=_full_name(dossier, name),
        probe=probe,
        ssh_host=dossier.host_target(probe.host) if isinstance(probe, SshCommandProbe) else None,
        ill_when=list(dict.fromkeys(t.when for t in counts if t.when != "failed")),
    )


def _full_name(dossier: Dossier, point: str) -> str:
    return f"{dossier.id}.{point}"
