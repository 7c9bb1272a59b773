"""The health of the components of a change, before and after it. A fault counts after several checks in a row show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow

from models.base import counted, format_duration
from models.change import ChangePlan
from models.plans import SiteProbes
from models.probes import HealthVerdict, Seen, WatchHealth
from models.records import EntryKind
from workflows.change.regression import worse
from workflows.operation.context import OperationContext
from workflows.steps.health import watch, without

_CHECKS = 3
"""The number of checks in a row that must show a fault before the change counts as failed."""


class HealthAround:
    """Measures the health before a change, and compares it with the health after it."""

    def __init__(self, operation: OperationContext, change: ChangePlan) -> None:
        self._operation = operation
        self._change = change
        self._before = HealthVerdict(healthy=True, certain=False, checks=0, samples=[], reason="nothing is measured")

    async def measure_before(self, summary: str) -> None:
        """Measure and record the health before the change starts."""
        probes = self._probes()
        if not probes:
            return
        verdict = self._before = await watch(probes, self._watching(probes, None), summary)
        failing = [s.point for s in verdict.samples if s.seen is not Seen.OK]
        message = f"Before the change: {counted(len(verdict.samples) - len(failing), 'measuring point')} healthy"
        message += f"; already failing: {', '.join(failing)}" if failing else ""
        self._operation.log(EntryKind.PROBE, message, verdict)

    async def worse(self) -> str | None:
        """Return the faults that were not there before, as one sentence; None where there is no such fault."""
        operation, change = self._operation, self._change.change
        before, healthy_for = self._before.samples, change.healthy_for
        healthy_before = {s.point for s in before if s.seen is Seen.OK}
        probes = self._probes()
        probes = without(probes, {t.point for group in probes for t in group.targets} - healthy_before)
        if not probes:
            return None
        found: list[str] = []
        for check in range(_CHECKS):
            operation.now(f"Prove that the application stays healthy for {format_duration(healthy_for)}")
            now = await watch(probes, self._watching(probes, healthy_for), operation.doing)
            found = worse(before, now.samples, change.bounds)
            operation.log(EntryKind.PROBE, "; ".join(found) or f"Nothing is worse than before: {now.reason}", now)
            if not found or not now.healthy or check == _CHECKS - 1:
                break
            healthy_for = timedelta(
                milliseconds=1
            )  # A value was out of its bounds; the next check shows whether it still is.
            await workflow.sleep(operation.plan.terms.confirm_every, summary="Wait for the next check")
        return "; ".join(found)[:1500] or None

    def _watching(self, probes: Sequence[SiteProbes], healthy_for: timedelta | None) -> WatchHealth:
        terms = self._operation.plan.terms
        order = WatchHealth(
            targets=probes[0].targets,
            every=terms.confirm_every,
            failing_checks=1 if self._operation.steps.rehearse else terms.confirm_checks,
            give_up_after=terms.confirm_within,
        )
        if healthy_for is None:
            return order
        return order.model_copy(
            update={
                "every": min(terms.confirm_every, max(healthy_for / 2, timedelta(milliseconds=200))),
                "healthy_for": max(healthy_for, timedelta(milliseconds=1)),
                "failing_checks": None,
                "give_up_after": terms.recovery_within + healthy_for,
            }
        )

    def _probes(self) -> list[SiteProbes]:
        """Return the measuring points of the components and their dependants, and the points whose values have bounds."""
        plan, radius = self._operation.plan, self._change.radius
        near = [*radius.components, *radius.dependants]
        health = [group for name in near for group in plan.components[name].health]
        known = {target.point for group in health for target in group.targets}
        # A value with bounds is compared with the value before the change, so the thresholds of its point do not apply.
        bounded = [
            SiteProbes(queue=group.queue, targets=[t.model_copy(update={"failing_when": []}) for t in group.targets])
            for group in (plan.points[name] for name in self._change.change.bounds.values)
            if not known & {t.point for t in group.targets}
        ]
        return health + bounded
