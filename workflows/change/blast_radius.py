"""The blast radius and the risk of a change. Both are computed from the dossier, before anybody is asked to approve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from models.change import BlastRadius, ChangeSurvey, FlowBrief, IntegrationBrief
from models.dossier.agreement import Level
from models.dossier.changes import Risk
from models.dossier.instructions import (
    Change,
    OtherStep,
    RestartStep,
    RunbookStep,
    RunStep,
    StartStep,
    Step,
    StopStep,
)
from models.plans import ApplicationPlan
from workflows.steps.scope import scope_of

_MANY_HOSTS = 10
"""A change that acts on this many hosts, or more, has at least medium risk."""


def acting_steps(change: Change) -> list[Step]:
    """Return all steps that may act on something, including the steps of a rollback."""
    found: list[Step] = []
    for step in [*change.before, *change.steps, *change.verify]:
        found.append(step)
        if isinstance(step, OtherStep):
            found += step.undo or []
    return found


def blast_radius(change: Change, plan: ApplicationPlan, survey: ChangeSurvey) -> BlastRadius:
    """Return the components and hosts that a change acts on, with the dependants, flows and integrations that it may disturb."""
    steps = acting_steps(change)
    scope = scope_of(plan, steps)
    touched = scope.among(plan.components) if scope else []
    near = plan.dependencies.with_dependants(touched)
    dependants = [name for name in near if name not in touched]
    return BlastRadius(
        components=touched,
        whole=scope is not None and scope.whole,
        hosts=_hosts(steps, plan),
        dependants=dependants,
        flows=[_flow_text(flow) for flow in survey.flows if set(flow.through).intersection(near)],
        integrations=[_integration_text(i) for i in survey.integrations if {i.source, i.target}.intersection(near)],
    )


def risk_of(change: Change, plan: ApplicationPlan, survey: ChangeSurvey, radius: BlastRadius) -> tuple[Risk, list[str]]:
    """Return the risk with its reasons, one sentence each: the highest of the author's estimate and of the rules on impact."""
    reasons = [(change.risk, f"the author estimates {change.risk.value}")]
    reasons += _by_impact(change, plan, survey, radius)
    if len(radius.hosts) >= _MANY_HOSTS:
        reasons.append((Risk.MEDIUM, f"it acts on {len(radius.hosts)} hosts"))
    order = list(Risk)
    risk = max((reason for reason, _ in reasons), key=order.index)
    return risk, [f"{reason.value}: {why}" for reason, why in reasons]


def _by_impact(
    change: Change, plan: ApplicationPlan, survey: ChangeSurvey, radius: BlastRadius
) -> Iterator[tuple[Risk, str]]:
    grave = [name for name in radius.components if plan.components[name].impact is Level.HIGH]
    if grave:
        yield Risk.MEDIUM, f"{_listed(grave)} {'has' if len(grave) == 1 else 'have'} high impact"
    near = {*radius.components, *radius.dependants}
    flows = [f.name for f in survey.flows if f.impact is Level.HIGH and near & set(f.through)]
    if flows and any(isinstance(step, StopStep | RestartStep) for step in change.steps):
        yield Risk.MEDIUM, f"it interrupts {_listed(flows)}, of high impact"
    parties = sorted({i.party for i in survey.integrations if i.party and near & {i.source, i.target}})
    if parties:
        yield Risk.MEDIUM, f"{_listed(parties)} may notice it"
    bare = [number for number, step in enumerate(change.steps, 1) if not can_be_undone(step)]
    if bare:
        steps = f"step {bare[0]}" if len(bare) == 1 else f"steps {_listed([str(n) for n in bare])}"
        yield Risk.HIGH if grave else Risk.MEDIUM, f"{steps} cannot be rolled back"


def can_be_undone(step: Step) -> bool:
    """Return whether the step can be rolled back, or changes nothing."""
    match step:
        case RunStep():
            return step.read_only or step.undo is not None
        case RunbookStep():
            return step.undo is not None
        case _:
            return True  # A start and a stop undo each other; asking, waiting and probing change nothing.


def _hosts(steps: Iterable[Step], plan: ApplicationPlan) -> list[str]:
    acted_on = {host for step in steps for host in _hosts_of(step, plan)}
    return [name for name in plan.hosts if name in acted_on]


def _hosts_of(step: Step, plan: ApplicationPlan) -> list[str]:
    match step:
        case RunStep(read_only=True):
            return []
        case RunStep(host=str() as host):
            return [host]
        case RunStep(component=str() as name) | StartStep(component=name) | StopStep(component=name):
            return placed(name, plan)
        case RestartStep(component=name):
            return placed(name, plan)
        case RunbookStep():
            named = step.inputs.get("component")
            return placed(str(named), plan) if named else list(plan.hosts)
        case _:
            return []


def placed(component: str, plan: ApplicationPlan) -> list[str]:
    """Return the names of a component's hosts; none for a component that the dossier does not contain."""
    return [p.host.name for p in plan.components[component].routed_hosts] if component in plan.components else []


def _flow_text(flow: FlowBrief) -> str:
    return f"{flow.name} ({flow.impact.value} impact): {' > '.join(flow.through)}"


def _integration_text(between: IntegrationBrief) -> str:
    who = ", ".join(part for part in (between.party, between.contact and f"inform {between.contact}") if part)
    return f"{between.name}: {between.source} to {between.target}, {between.carries}" + (f" ({who})" if who else "")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
