"""The plan of a change, as its approvers see it. All functions are pure: they use only the order and the dossier.

An approval is bound to the digest of plain data (`parts`), and not to the text. A new release may therefore change the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.base import digest, format_duration
from models.change import BlastRadius, ChangeKind, ChangeOrder, ChangePlan, ChangeSurvey, PartyQuestion
from models.dossier.changes import BY_DEFAULT, CHANGE_APPROVER, HealthBounds, OnFailure, Risk
from models.dossier.instructions import AskStep, Change, OtherStep, ProbeStep, RunbookStep, RunStep, Step
from models.hosts import Control, HostTarget, Systemd
from models.plans import ApplicationPlan
from workflows.change.blast_radius import acting_steps, blast_radius, risk_of
from workflows.steps.lease import refuse_operation
from workflows.steps.text import plan_text

_ON_FAILURE = {
    OnFailure.UNDO: "the change is rolled back at once",
    OnFailure.ASK: "Driftvakt asks people whether to retry, continue or roll back",
}


def plan_change(order: ChangeOrder, plan: ApplicationPlan, survey: ChangeSurvey) -> ChangePlan:
    """Return the plan of a change. Raise `OperationRefused`, with the reason in one sentence, when the order is not valid."""
    change = survey.change or order.change
    if change is None or (order.routine is not None and order.change is not None):
        raise refuse_operation(
            "a change is either a routine of the dossier or described in full: give either `routine` or `change`"
        )
    kind = _kind(order, survey)
    _refuse_unknown_names(change, plan)
    radius = blast_radius(change, plan, survey)
    risk, why = risk_of(change, plan, survey, radius)
    parts = _parts(change, plan, survey, radius)
    return ChangePlan(
        kind=kind,
        change=change,
        risk=risk,
        why=why,
        radius=radius,
        questions=[] if kind is ChangeKind.STANDARD else _questions(risk, survey),
        parts=parts,
        text=_text(change, plan, kind, risk, why, radius, parts),
    )


def _kind(order: ChangeOrder, survey: ChangeSurvey) -> ChangeKind:
    kind = order.kind or (ChangeKind.STANDARD if survey.standard else ChangeKind.NORMAL)
    if kind is ChangeKind.STANDARD and not survey.standard:
        what = f"the routine {order.routine}" if order.routine else "a change that is described in full"
        raise refuse_operation(f"{what} is not a standard change: order it as a normal or an emergency change")
    return kind


def _refuse_unknown_names(change: Change, plan: ApplicationPlan) -> None:
    for what, named, known in _names(change):
        have = getattr(plan, known)
        if named not in have:
            raise refuse_operation(
                f"{plan.application} has no {what} {named!r}; it has {', '.join(have) or 'none'}. Correct the change and "
                "submit it again"
            )


def _names(change: Change) -> Iterator[tuple[str, str, str]]:
    for step in acting_steps(change):
        component, host = getattr(step, "component", None), getattr(step, "host", None)
        check = step.check if isinstance(step, OtherStep) else None
        for name in (component, check.component if check else None):
            if name is not None:
                yield "component", name, "components"
        for name in (host, check.host if check else None):
            if name is not None:
                yield "host", name, "hosts"
        if isinstance(step, ProbeStep):
            yield from (("measuring point", point, "points") for point in step.measuring_points)
        if isinstance(step, AskStep):
            yield from (("contact with the role", role, "people") for role in step.approval.roles)
    yield from (("measuring point", point, "points") for point in change.bounds.values)


def _questions(risk: Risk, survey: ChangeSurvey) -> list[PartyQuestion]:
    agreed = survey.approvals or survey.terms.approvals_for(risk)
    found = []
    for party, holders in (("supplier", survey.supplier), ("customer", survey.customer)):
        approval = getattr(agreed, party) if agreed else BY_DEFAULT
        if approval is None:
            continue
        deciders = sorted({who for role in approval.roles for who in holders.get(role, [])})
        if deciders:
            found.append(PartyQuestion(party=party, approval=approval, deciders=deciders))
        elif agreed:
            roles = " or ".join(approval.roles)
            raise refuse_operation(
                f"nobody of the {party} has the role {roles}, so nobody may approve this change: give somebody the role"
            )
    if not found:
        raise refuse_operation(
            f"nobody may approve this change: give somebody the role {CHANGE_APPROVER}, "
            "or name roles under agreement.changes.approvals"
        )
    return found


# --- the data that an approval is bound to


def _parts(change: Change, plan: ApplicationPlan, survey: ChangeSurvey, radius: BlastRadius) -> dict[str, Any]:
    steps = acting_steps(change)
    checks = [step.check for step in steps if isinstance(step, OtherStep) and step.check is not None]
    queried = {step.component for step in steps if isinstance(step, RunStep)} | {check.component for check in checks}
    components = [n for n in plan.components if n in radius.components or n in queried]
    named = {step.host for step in steps if isinstance(step, RunStep)} | {check.host for check in checks}
    hosts = {n for c in components for n in (p.host.name for p in plan.components[c].routed_hosts)} | named
    return {
        "application": plan.application,
        "change": change.model_dump(mode="json", exclude_defaults=True),
        "components": {
            name: {
                "hosts": [place.host.name for place in plan.components[name].routed_hosts],
                "control": _control(plan.components[name].control),
            }
            for name in components
        },
        "hosts": {
            n: p.host.model_dump(mode="json", exclude_defaults=True) for n, p in plan.hosts.items() if n in hosts
        },
        "runbooks": {
            n: d for n, d in survey.runbooks.items() if n in {s.runbook for s in steps if isinstance(s, RunbookStep)}
        },
    }


def _control(control: Control | None) -> Any:
    return None if control is None else control.model_dump(mode="json")


# --- the text


def _text(
    change: Change,
    plan: ApplicationPlan,
    kind: ChangeKind,
    risk: Risk,
    why: list[str],
    radius: BlastRadius,
    parts: dict[str, Any],
) -> str:
    return "\n".join(
        [
            f"{change.title}: {kind.value} change of {plan.name}, {risk.value} risk ({'; '.join(why)})",
            *_steps("Before", change.before),
            *_steps("Steps", change.steps),
            *_steps("Verify", change.verify),
            "Proof: every measuring point that was healthy before the change must be healthy for "
            f"{format_duration(change.healthy_for)} after it; {_bounds(change.bounds)}",
            f"If a step fails: {_ON_FAILURE[change.on_failure]}",
            *_radius(radius),
            *(_component(name, plan) for name in parts["components"]),
            *(_host(plan.hosts[name].host) for name in parts["hosts"]),
            *(f"Runbook {name}: source {source[:12]}" for name, source in parts["runbooks"].items()),
            f"Full plan, SHA-256: {digest(parts)}",
        ]
    )


def _steps(head: str, steps: list[Step]) -> Iterator[str]:
    if steps:
        yield f"{head}:"
        yield plan_text(steps)


def _bounds(bounds: HealthBounds) -> str:
    said = [
        f"latency at most {bounds.latency_factor:g} times the latency before, plus {format_duration(bounds.latency_slack)}"
    ]
    for point, limit in bounds.values.items():
        parts = [f"{name.replace('_', ' ')} {value:g}" for name, value in limit.model_dump(exclude_none=True).items()]
        said.append(f"{point}: {', '.join(parts) or 'any value'}")
    return "; ".join(said)


def _radius(radius: BlastRadius) -> Iterator[str]:
    yield f"Acts on: {', '.join(radius.components) or 'nothing'}; hosts: {', '.join(radius.hosts) or 'none'}"
    yield f"Components that depend on these: {', '.join(radius.dependants) or 'none'}"
    yield from (f"Flow: {flow}" for flow in radius.flows)
    yield from (f"Integration: {between}" for between in radius.integrations)


def _component(name: str, plan: ApplicationPlan) -> str:
    part = plan.components[name]
    hosts = ", ".join(place.host.name for place in part.routed_hosts) or "no host in the dossier"
    match part.control:
        case None:
            how = "Driftvakt does not start or stop it"
        case Systemd(unit=unit):
            how = f"systemd unit {unit}"
        case control:
            how = f"started by `{control.start}`, stopped by `{control.stop}`, checked by `{control.status}`"
    return f"Component {name} on {hosts}: {how}"


def _host(host: HostTarget) -> str:
    jump = f" through {host.jump.name}" if host.jump else ""
    return f"Host {host.name}: {host.user}@{host.address}:{host.port}{jump}{', with sudo' if host.sudo else ''}"
