"""Carry out a remedy of the dossier by itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from temporalio import workflow

from models.base import Identifier
from models.jobs import Outcome
from models.names import remedy_name
from models.runbooks import RunbookInput, RunbookReport
from models.slices import PlannedRemedy
from workflows.gates.gates import approval_question
from workflows.runbook import Runbook, refuse, runbook
from workflows.steps.scope import scope_of
from workflows.steps.text import plan_text


class CarryOutRemedyInput(RunbookInput):
    """Which remedy."""

    instruction: Annotated[Identifier, Field(examples=["web-down"])]
    """Troubleshooting instruction of the dossier."""
    remedy: Annotated[Identifier, Field(examples=["restart"])]
    """Remedy of that instruction."""


@runbook("carry-out-remedy")
class CarryOutRemedy(Runbook):
    """Carry out a remedy of the dossier.

    Takes the steps of one remedy in order, as an incident would, and asks for its approval first where it needs one.
    Rehearsed, it shows every command for every host with the result of its check. Either way it is kept as the remedy's
    proof. How safe it is to repeat is up to the checks of the remedy's steps.
    """

    @workflow.run
    async def run(self, order: CarryOutRemedyInput) -> RunbookReport:
        """Find it, ask if it is agreed that somebody must be asked, carry it out."""
        steps = await self.begin(order)
        steps.heals = True
        remedy = self._wanted(order)
        if remedy.approval is not None and not await self._approved(remedy, order):
            return await self.report(Outcome.FAILED, f"{remedy.title}: not approved, nothing was done")
        self.now(f"Carrying out: {remedy.title}")
        outcome = await steps.carry_out(remedy.steps)
        report = await self.report(outcome, f"{remedy.title}: {outcome.value}")
        await self.prove(remedy_name(order.instruction, order.remedy), report)
        return report

    def touches(self, order: RunbookInput) -> list[str] | None:
        """What the remedy's steps act on."""
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
        text = f"May this be done: {remedy.title}?"
        return await self.approve(
            approval_question(text, plan_text(remedy.steps), remedy.approval, remedy.deciders, order.requested_by)
        )
