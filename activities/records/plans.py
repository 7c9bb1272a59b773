"""Build the part of a dossier that one workflow needs: pure functions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from activities.calendars import calendar_of
from activities.calendars.freezes import freezes_of
from activities.records.matching import FailingParts, matching
from models.dossier import Dossier
from models.dossier.agreement import Agreement, Level
from models.dossier.architecture import Component
from models.dossier.instructions import Approval, OnSilence, Remedy, Troubleshooting
from models.dossier.monitoring import MeasuringPoint, Severity
from models.dossier.parties import OPERATOR, PartyKind
from models.names import remedy_name, site_queue
from models.operation_kinds import operation_kinds
from models.people import People, people_in
from models.plans import (
    ApplicationPlan,
    ComponentPlan,
    IncidentPlan,
    OpenSpan,
    PartyBrief,
    PlannedRemedy,
    PlanRequest,
    RoutedHost,
    RunbookOffer,
    SiteProbes,
    WatchPlan,
)
from models.probes import ProbeTarget
from models.proof import Freshness

_TIMEOUT: Final = timedelta(minutes=2)
"""The timeout for starting and stopping a component, unless its dossier sets another."""

HOURS_AHEAD: Final = timedelta(weeks=5)
"""How far ahead a watch knows its service hours; it reads them again before they end."""

HANDOVER: Final = Approval(roles=["operator"], on_silence=OnSilence.ASK_AGAIN)
"""The people who decide if no remedy helped, unless the dossier names others."""


def watch_plan(
    application: str, dossier: Dossier | None, next_number: int, next_alarm: int, now: datetime | None = None
) -> WatchPlan:
    """Return the plan of an application's watch, with or without a dossier; its hours are computed from `now`."""
    if dossier is None:
        return WatchPlan.without_dossier(application, next_number, next_alarm)
    return WatchPlan(
        application=application,
        known=True,
        dossier=dossier.digest,
        name=dossier.name,
        depends_on={name: list(c.depends_on) for name, c in dossier.architecture.components.items()},
        next_number=next_number,
        next_alarm=next_alarm,
        matrix=dossier.agreement.priorities,
        impacts={name: impact_of(dossier, [name]) for name in dossier.architecture.components},
        impact=impact_of(dossier, list(dossier.architecture.components)),
        measuring_points=list(dossier.monitoring.measuring_points),
        flapping=dossier.monitoring.flapping,
        reopen_within=dossier.agreement.incidents.reopen_within,
        freezes=freezes_of(dossier.agreement),
        startable=_startable(dossier),
        contacts=people_in(dossier.contacts),
        people=People.of(leaders(dossier)),
        **monitored_hours(dossier.agreement, now or datetime.now(UTC)),
    )


def _startable(dossier: Dossier) -> dict[str, list[str]]:
    named = {kind.started_as: list(kind.instructions(dossier)) for kind in operation_kinds().values()}
    return {workflow: names for workflow, names in named.items() if workflow and names}


def monitored_hours(agreement: Agreement, now: datetime) -> dict[str, Any]:
    """Return when alarms are handled, and which priorities at any hour, as fields of a watch's plan; empty if all
    are.
    """
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
    """Return the plan of the whole application."""
    points = dossier.monitoring.measuring_points
    roles = {OPERATOR, *(role for contact in dossier.contacts.values() for role in contact.roles)}
    return ApplicationPlan(
        application=dossier.id,
        dossier=dossier.digest,
        name=dossier.name,
        components={name: _component(dossier, name, c) for name, c in dossier.architecture.components.items()},
        hosts={name: _routed_host(dossier, name) for name in dossier.architecture.hosts},
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
    """Return the plan of an application without a dossier: no remedy exists, and people take over."""
    return IncidentPlan.without_dossier(HANDOVER)


def incident_plan(dossier: Dossier, request: PlanRequest, runbooks: Sequence[RunbookOffer] = ()) -> IncidentPlan:
    """Return the plan for an incident with this symptom; names that the dossier does not contain are skipped."""
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
        impact=impact_of(dossier, affected),
        affected=affected,
        probeable=bool(probed) and all(_full_name(dossier, p) in probed for p in request.measuring_points),
        confirm=confirm,
        collect=list(instruction.collect),
        remedies=[_remedy(dossier, key, remedy) for key, remedy in instruction.remedies.items()],
        runbooks=list(runbooks),
        handover=handover,
        handover_deciders=People.of(dossier.people(list(handover.roles))),
        parties={
            key: PartyBrief(name=p.name, kind=p.kind, language=p.language, support=p.support or "")
            for key, p in dossier.parties.items()
        },
        leaders=People.of(leaders(dossier)),
        contacts=people_in(dossier.contacts),
        causes={key: remedy.cause for key, remedy in instruction.remedies.items() if remedy.cause is not None},
    )


def with_proof(plan: IncidentPlan, known: Mapping[str, Freshness], operators: list[str]) -> IncidentPlan:
    """Return the plan with the missing proof of each remedy, and the proven remedies first.

    `operators` must approve a remedy without a valid proof, if it needs no approval otherwise.
    """

    def with_its(remedy: PlannedRemedy) -> PlannedRemedy:
        stale = known[remedy_name(plan.instruction, remedy.name)].stale
        deciders = operators if stale and remedy.approval is None else remedy.deciders
        return remedy.model_copy(update={"stale": stale, "deciders": deciders})

    # A remedy that has to ask first must not keep a proven one waiting that stands behind it.
    remedies = sorted(map(with_its, plan.remedies), key=lambda remedy: bool(remedy.stale))
    return plan.model_copy(update={"remedies": remedies})


def leaders(dossier: Dossier) -> list[str]:
    """Return the people who may lead an incident: the supplier's people, and contacts with the role operator."""
    return [
        contact.email or name
        for name, contact in dossier.contacts.items()
        if "operator" in contact.roles or _kind(dossier, contact.party) is PartyKind.SUPPLIER
    ]


def operating(dossier: Dossier) -> list[str]:
    """Return the people who may order operations: all contacts except those of third parties who are no operators."""
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
        routed_hosts=[_routed_host(dossier, host) for host in component.hosts],
        control=component.control,
        depends_on=list(component.depends_on),
        impact=component.impact,
        start_timeout=component.start_timeout or _TIMEOUT,
        stop_timeout=component.stop_timeout or _TIMEOUT,
        health=_grouped(dossier, _health_points(dossier, [name])),
        points_of_hosts=_points_of_hosts(dossier, name) if len(component.hosts) > 1 else {},
    )


def _points_of_hosts(dossier: Dossier, name: str) -> dict[str, str]:
    points = dossier.monitoring.measuring_points
    shown = {key: dossier.host_shown(p) for key, p in points.items() if p.component == name}
    return {_full_name(dossier, key): host for key, host in shown.items() if host is not None}


def _routed_host(dossier: Dossier, host: str) -> RoutedHost:
    return RoutedHost(host=dossier.host_target(host), queue=site_queue(dossier.architecture.hosts[host].site))


def _remedy(dossier: Dossier, name: str, remedy: Remedy) -> PlannedRemedy:
    return PlannedRemedy(
        name=name,
        title=remedy.title,
        steps=list(remedy.steps),
        approval=remedy.approval,
        deciders=dossier.people(list(remedy.approval.roles)) if remedy.approval else [],
    )


def _affected(dossier: Dossier, named: set[str], first: str | None) -> list[str]:
    """Return the affected components in the dossier's order, but the failing component first."""
    known = _known(dossier, named)
    if first is None or (not known and first not in dossier.architecture.components):
        return known or list(dossier.architecture.components)
    return [first, *(name for name in known if name != first)]


def _known(dossier: Dossier, names: Collection[str]) -> list[str]:
    """Return the components among some names, in the dossier's order."""
    return [name for name in dossier.architecture.components if name in names]


def _fault(dossier: Dossier, request: PlanRequest) -> FailingParts:
    """Return the failing parts: those that probes found failing, and those of alarms that no probe has refuted."""
    points = dossier.monitoring.measuring_points
    claimed = [p for p in points if p in request.measuring_points and p not in request.healthy]
    failing = {p for p in points if p in request.failing} | set(claimed)
    components = {points[p].component for p in failing} | set(_known(dossier, request.components))
    if (
        not failing and not components
    ):  # people want it tried although all probes are healthy: the alarms are all there is
        failing = {p for p in points if p in request.measuring_points}
        components = {points[p].component for p in failing}
    return FailingParts(components=components, points=failing, roots=_known(dossier, request.roots))


def impact_of(dossier: Dossier, affected: Sequence[str]) -> Level:
    """Return the impact of a fault of these components: the highest of theirs and of the flows through them."""
    components = [dossier.component(name).impact for name in affected]
    flows = [flow.impact for flow in dossier.architecture.flows.values() if set(flow.through) & set(affected)]
    return min(components + flows, key=list(Level).index)


def _confirm(dossier: Dossier, affected: Sequence[str], named_points: Sequence[str]) -> list[SiteProbes]:
    points = _health_points(dossier, dossier.architecture.dependencies.with_needs(affected))
    return _grouped(dossier, points | dict.fromkeys(named_points, True))


def _health_points(dossier: Dossier, components: Sequence[str]) -> dict[str, bool]:
    points = dossier.monitoring.measuring_points
    return {name: False for name, point in points.items() if point.health and point.component in components}


def _grouped(dossier: Dossier, points: dict[str, bool]) -> list[SiteProbes]:
    """Group probes by the queue of their site; the value says whether the point is of the failing components."""
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
        ssh_host=dossier.host_target(probe.ssh_host) if probe.ssh_host else None,
        failing_when=list(dict.fromkeys(t.when for t in counts if t.when != "failed")),
    )


def _full_name(dossier: Dossier, point: str) -> str:
    return f"{dossier.id}.{point}"
