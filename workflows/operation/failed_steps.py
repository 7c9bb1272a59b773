"""Carries out steps one by one. If a step fails, people decide: retry it, skip it, or stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from models.dossier.instructions import Approval, OnSilence, RunStep, Step
from models.dossier.parties import OPERATOR
from models.gates import WHAT_NEXT, GateOption, GateOutcome, Question
from models.jobs import Outcome
from models.people import People
from models.runbooks import StepReport
from workflows.operation.context import OperationContext
from workflows.steps.text import plan_text, step_text

RETRY = "retry"
SKIP = "skip"
STOP = "stop"

_UNATTENDED_WAIT = timedelta(hours=1)
"""Time to answer a question about a failed step of an unattended operation; then the operation stops."""

_OPERATORS = Approval(roles=[OPERATOR], within=timedelta(minutes=30), on_silence=OnSilence.ASK_AGAIN)


class StepByStep:
    """Carries out the steps of one operation. `decide` asks people; `stopping_means` describes the option to stop."""

    def __init__(
        self,
        operation: OperationContext,
        decide: Callable[[Question], Awaitable[GateOutcome]],
        stopping_means: str,
    ) -> None:
        self._operation = operation
        self._decide = decide
        self._stopping_means = stopping_means

    async def carry_out(self, steps: Sequence[Step]) -> Outcome:
        """Carry steps out in order; return the outcome of the step at which people stopped the operation, else OK."""
        for number, step in enumerate(steps, 1):
            outcome = await self.take(step, f"step {number} of {len(steps)}")
            if outcome is not Outcome.OK:
                return outcome
        return Outcome.OK

    async def take(self, step: Step, place: str, act: Callable[[], Awaitable[Outcome]] | None = None) -> Outcome:
        """Carry out one step, and retry it as often as people decide; return OK also if they skip it."""
        operation = self._operation
        order, own = operation.order_and_steps
        while True:
            if not order.rehearse and (why := operation.stops()):
                operation.report(f"Stop before {step_text(step)}", why, Outcome.FAILED)
                return Outcome.FAILED
            operation.now(f"{place}: {step_text(step)}")
            outcome = await (act() if act else own.carry_out_one(step))
            await operation.record()
            if outcome is Outcome.OK or order.rehearse:
                return Outcome.OK
            if why := operation.stops():  # a retry would not begin, and no step would follow
                operation.report(f"Stop after {step_text(step)}", why, Outcome.FAILED)
                return outcome
            choice = await self._ask_people(step, place, outcome)
            if choice == SKIP:
                return Outcome.OK
            if choice != RETRY:
                return outcome

    async def _ask_people(self, step: Step, place: str, outcome: Outcome) -> str:
        order, own = self._operation.order_and_steps
        question = failed_step_question(
            step,
            own.reports[-1],
            place,
            outcome,
            operators=own.plan.people.get(OPERATOR, []),
            unattended=order.unattended,
            stopping_means=self._stopping_means,
        )
        return (await self._decide(question)).option


def failed_step_question(
    step: Step,
    last: StepReport,
    place: str,
    outcome: Outcome,
    *,
    operators: Sequence[str],
    unattended: bool,
    stopping_means: str,
) -> Question:
    """The question after a failed step; `last` is its report, `place` its number, as in `step 2 of 5`."""
    terms = _OPERATORS
    if unattended:
        terms = terms.model_copy(update={"within": _UNATTENDED_WAIT, "on_silence": OnSilence.REFUSE})
    # The plan below the question has the whole command.
    what = "A command" if isinstance(step, RunStep) and not step.title else last.title
    where = f" on {last.host}" if last.host else ""
    unknown = outcome is Outcome.UNKNOWN
    how, advice = ("has an unknown result", " Check the host before you retry.") if unknown else ("failed", "")
    why = last.detail.partition("\n")[0].rstrip(".") or "no reason is known"
    return Question(
        text=f"{what}{where} {how} ({place}): {why}.{advice} {WHAT_NEXT}",
        options=[
            GateOption(name=RETRY, means="Run the step again; work that is done already is not repeated."),
            GateOption(name=SKIP, means="Leave the step as it is, and continue with the next one.", needs_reason=True),
            GateOption(name=STOP, means=stopping_means),
        ],
        plan=plan_text([step]),
        deciders=People.of(operators),
        roles=[OPERATOR],
        within_seconds=terms.within.total_seconds(),
        on_silence=terms.on_silence,
    )
