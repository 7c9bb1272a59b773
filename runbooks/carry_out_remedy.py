"""The runbook that carries out one remedy of the dossier, without an incident."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from temporalio import workflow

from models.base import Identifier
from models.jobs import Outcome
from models.names import remedy_name
from models.plans import PlannedRemedy
from models.runbooks import RunbookInput, RunbookReport
from models.scope import Scope
from workflows.gates.gates import approval_question
from workflows.runbook import Runbook, refuse, runbook
from workflows.steps.scope import scope_of
from workflows.steps.text import plan_text


class CarryOutRemedyInput(RunbookInput):
    """The instruction and the remedy."""

    instruction: Annotated[Identifier, Field(examples=["web-down"])]
    """Troubleshooting instruction of the dossier."""
    remedy: Annotated[Identifier, Field(examples=["restart"])]
    """Remedy of that instruction."""


@runbook("carry-out-remedy")
class CarryOutRemedy(Runbook):
    """Carry out a remedy of the dossier.

    Runs the steps of one remedy in order, as an incident does, and asks for the remedy's approval first if it needs one. A
    rehearsal shows every command for every host with the result of its check. The result is recorded as proof of the remedy. A
    second run is as safe as the checks of the remedy's steps.
    """

    @workflow.run
    async def run(self, order: CarryOutRemedyInput) -> RunbookReport:
        """Find the remedy, ask for its approval if it needs one, and run its steps."""
        steps = await self.begin(order)
        steps.heals = True
        remedy = self._wanted(order)
        if remedy.approval is not None and not await self._approved(remedy, order):
            return await self.report(Outcome.FAILED, f"{remedy.title}: not approved, nothing was changed")
        self.now(f"Carrying out: {remedy.title}")
        outcome = await steps.carry_out(remedy.steps)
        report = await self.report(outcome, f"{remedy.title}: {outcome.value}")
        await self.prove(remedy_name(order.instruction, order.remedy), report)
        return report

    def touches(self, order: RunbookInput) -> Scope | None:
        """Return the components that the remedy's steps act on."""
        assert isinstance(order, CarryOutRemedyInput)
        return scope_of(self.plan, self._wanted(order).steps)

    def _wanted(self, order: CarryOutRemedyInput) -> PlannedRemedy:
        name = f"{order.instruction}/{order.remedy}"
        try:
            return self.plan.remedies[name]
        except KeyError:
            known = ", ".join(self.plan.remedies) or "none"
            raise refuse(f"{order.application} has no remedy {name!r}; it has {known}") from None

    async def _approved(self, remedy: PlannedRemedy, order: CarryOutRemedyInput) -> bool:
        assert remedy.approval is not None
        text = f"Carry out: {remedy.title}?"
        return await self.approve(
            approval_question(text, plan_text(remedy.steps), remedy.approval, remedy.deciders, order.requested_by)
        )
