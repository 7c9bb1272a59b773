"""The proof of health by an operation: during its work, and at its end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from models.operation import OperationState
from models.probes import HealthVerdict, WatchHealth
from models.records import EntryKind
from models.scope import WHOLE, Scope
from workflows.operation.context import OperationContext
from workflows.steps.health import find_unhealthy, watch, without


async def prove_health(
    operation: OperationContext,
    components: Scope,
    healthy_for: timedelta,
    within: timedelta,
    besides: Collection[str] = (),
) -> HealthVerdict:
    """Prove that components are healthy for a while, but for the measuring points `besides`; a rehearsal probes once."""
    order, steps = operation.order_and_steps
    plan = steps.plan
    names = components.among(plan.components)
    probes = without([group for name in names for group in plan.components[name].health], besides)
    if not probes:
        return HealthVerdict(
            healthy=True, certain=False, checks=0, samples=[], reason="no measuring point shows its health"
        )
    before = operation.state
    if not order.rehearse:
        operation.enter(OperationState.VERIFYING, f"Prove that {components} is healthy")
    verdict = await watch(
        probes,
        WatchHealth(
            targets=probes[0].targets,
            every=min(plan.terms.confirm_every, max(healthy_for / 2, timedelta(milliseconds=200))),
            healthy_for=max(healthy_for, timedelta(milliseconds=1)),
            failing_checks=1 if order.rehearse else None,
            give_up_after=within,
        ),
        operation.doing,
    )
    operation.log(EntryKind.PROBE, f"{'Healthy' if verdict.healthy else 'Not healthy'}: {verdict.reason}", verdict)
    operation.enter(before, operation.doing)
    return verdict


async def unhealthy_at_the_end(operation: OperationContext, meant_to_be_down: Collection[str]) -> dict[str, str]:
    """Return the components that it acted on and that are not healthy at the end, each with its faults."""
    order, steps = operation.order_and_steps
    known = steps.plan.components  # the lease may name a component that this version of the dossier does not have
    acted_on = (operation.components or WHOLE).among(known)
    names = [name for name in acted_on if name not in meant_to_be_down]
    if order.rehearse:
        return {}
    found, verdict = await find_unhealthy(steps.plan, names)
    if found:
        operation.log(EntryKind.PROBE, f"Not healthy at the end: {', '.join(found)}", verdict)
    return found
