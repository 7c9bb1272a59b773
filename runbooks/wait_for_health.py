"""The runbook that waits until a component is healthy."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from temporalio import workflow

from models.base import Duration, Identifier, PositiveDuration
from models.dossier.instructions import ProbeStep
from models.jobs import Outcome
from models.runbooks import RunbookInput, RunbookReport
from workflows.runbook import Runbook, runbook


class WaitForHealthInput(RunbookInput):
    """The component, and the time limits."""

    component: Annotated[Identifier, Field(examples=["web"])]
    """Component whose measuring points are probed."""
    healthy_for: Duration = timedelta(seconds=30)
    """Time for which all of them must be OK without a break."""
    within: PositiveDuration = timedelta(minutes=10)
    """Time after which the runbook gives up."""


@runbook("wait-for-health")
class WaitForHealth(Runbook):
    """Wait until a component is healthy.

    Probes the measuring points of the component until all have been OK for a while, or the time is up. Runs no command on
    hosts. A rehearsal probes once.
    """

    acts = False

    @workflow.run
    async def run(self, order: WaitForHealthInput) -> RunbookReport:
        """Probe the measuring points until their state is certain, and report it."""
        steps = await self.begin(order)
        self.component(order.component)
        self.now(f"Waiting until {order.component} is healthy")
        outcome = await steps.carry_out_one(
            ProbeStep(component=order.component, healthy_for=order.healthy_for, timeout=order.within)
        )
        seen = steps.reports[-1]
        state = "healthy" if seen.outcome is Outcome.OK else "not healthy"
        return await self.report(outcome, f"{order.component} is {state}: {seen.detail}")
