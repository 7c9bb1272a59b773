"""What a change touches, what may notice it, and what could go wrong: worked out from the dossier, before anybody approves."""

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
from models.slices import ApplicationPlan
from workflows.steps.scope import scope_of

_MANY_HOSTS = 10
"""From so many hosts on a change is more than a small one."""


def acting_steps(change: Change) -> list[Step]:
    """All steps that may act on something, those that undo included."""
    found: list[Step] = []
    for step in [*change.before, *change.steps, *change.verify]:
        found.append(step)
        if isinstance(step, OtherStep):
            found += step.undo or []
    return found


def blast_radius(change: Change, plan: ApplicationPlan, survey: ChangeSurvey) -> BlastRadius:
    """What a change acts on, and what needs that, passes through it or talks to it."""
    steps = acting_steps(change)
    scope = scope_of(plan, steps)
    touched = list(plan.components) if scope == [] else scope or []
    dependants = [n for n in plan.components if n not in touched and any(n in plan.dependants(t) for t in touched)]
    near = {*touched, *dependants}
    return BlastRadius(
        components=touched,
        whole=scope == [],
        hosts=_hosts(steps, plan),
        dependants=dependants,
        flows=[_flow_text(flow) for flow in survey.flows if near & set(flow.through)],
        integrations=[_integration_text(i) for i in survey.integrations if near & {i.source, i.target}],
    )


def risk_of(change: Change, plan: ApplicationPlan, survey: ChangeSurvey, radius: BlastRadius) -> tuple[Risk, list[str]]:
    """The highest of what its author thinks and what it touches, with the reasons, one sentence each."""
    reasons = [(change.risk, f"its author says {change.risk.value}")]
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
        yield Risk.HIGH if grave else Risk.MEDIUM, f"nothing takes {steps} back"


def can_be_undone(step: Step) -> bool:
    """Whether there is nothing to take back, or something that does."""
    match step:
        case RunStep():
            return step.read_only or step.undo is not None
        case RunbookStep():
            return step.undo is not None
        case _:
            return True  # starting and stopping is taken back by itself; asking, waiting and looking change nothing


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
    """The hosts of a component; none for one that the dossier does not know."""
    return [p.host.name for p in plan.components[component].placements] if component in plan.components else []


def _flow_text(flow: FlowBrief) -> str:
    return f"{flow.name} ({flow.impact.value} impact): {' > '.join(flow.through)}"


def _integration_text(between: IntegrationBrief) -> str:
    who = ", ".join(part for part in (between.party, between.contact and f"tell {between.contact}") if part)
    return f"{between.name}: {between.source} to {between.target}, {between.carries}" + (f" ({who})" if who else "")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
