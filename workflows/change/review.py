"""What follows a change: the approvals that an emergency still needs, on a clock, and the look back on how it went."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

from models.change import PartyQuestion, ReviewOrder
from models.dossier.approvals import OnSilence
from models.gates import APPROVE, REFUSE, GateOption, GateOutcome, Question, Via
from models.operation import OperationEnd, OperationKind, OperationOutcome
from models.records import EntryKind
from workflows.operation.base import Operation, operation

AS_PLANNED = "as-planned"
WITH_LESSONS = "with-lessons"

_ASK_AGAIN = timedelta(days=1)
"""A question that nobody answered in time is asked again every so often."""


@operation(OperationKind.REVIEW)
class Review(Operation):
    """Have an emergency change approved afterwards, or have people look back on a change."""

    kind = OperationKind.REVIEW

    @workflow.run
    async def run(self, order: ReviewOrder) -> OperationOutcome:
        """Ask, and record what people say."""
        return await self.carried_out(lambda: self._follow(order))

    async def _follow(self, order: ReviewOrder) -> OperationOutcome:
        approving = bool(order.questions)
        await self.begin(
            order, f"{'Approve afterwards' if approving else 'Look back on'}: {order.title}", name=order.change
        )
        self.data |= {"change": order.change}
        return await (self._approve_afterwards(order) if approving else self._look_back(order))

    # --- an emergency

    async def _approve_afterwards(self, order: ReviewOrder) -> OperationOutcome:
        answers = await asyncio.gather(*[self._ask_party(order, party) for party in order.questions])
        if self.aborting is not None:
            return await self.finish(OperationEnd.ABORTED, f"Nobody approves it afterwards: {self.stops()}")
        late = workflow.now() > order.due
        refused = [q.party for q, answer in zip(order.questions, answers, strict=True) if answer.option != APPROVE]
        self.data |= {"approved": not refused, "late": late}
        if refused:
            said = (
                f"The {' and the '.join(refused)} did not approve {order.change} afterwards; decide what becomes of it"
            )
            await self._tell(order, [who for q in order.questions for who in q.deciders], said)
            return await self.finish(OperationEnd.REFUSED, said)
        return await self.finish(
            OperationEnd.DONE, f"{order.change} was approved afterwards{', too late' if late else ''}"
        )

    async def _ask_party(self, order: ReviewOrder, party: PartyQuestion) -> GateOutcome:
        question = self._question(order, party, order.due, OnSilence.REFUSE)
        answer = await self.decide_on(question)
        if answer.answers and answer.answers[-1].via is Via.SILENCE:
            said = (
                f"The emergency change {order.change} ({order.title}) was to be approved by the {party.party} until "
                f"{order.due:%Y-%m-%d %H:%M} UTC, and nobody has answered. Answer in the Temporal UI, or by "
                f"`driftvakt change approve {order.change}`."
            )
            self.tell(EntryKind.CLOCK, said)
            await self._tell(order, question.able(), said)
            answer = await self.decide_on(
                self._question(order, party, workflow.now() + _ASK_AGAIN, OnSilence.ASK_AGAIN)
            )
        return answer

    def _question(self, order: ReviewOrder, party: PartyQuestion, until: datetime, silence: OnSilence) -> Question:
        return Question(
            text=f"For the {party.party}: was it right to make this emergency change: {order.title}?",
            options=[
                GateOption(name=APPROVE, means="It is approved afterwards."),
                GateOption(
                    name=REFUSE, means="It is recorded as not approved, and people are told.", needs_reason=True
                ),
            ],
            plan=order.plan,
            deciders=party.deciders,
            roles=party.approval.roles,
            count=party.approval.count,
            requester=party.approval.excluded(self.by),
            alone_after_seconds=party.approval.alone_after.total_seconds() if party.approval.alone_after else None,
            within_seconds=max((until - workflow.now()).total_seconds(), 1.0),
            on_silence=silence,
        )

    # --- looking back

    async def _look_back(self, order: ReviewOrder) -> OperationOutcome:
        if await self.wait_until(order.due, f"Looked back on from {order.due:%Y-%m-%d %H:%M} UTC on"):
            answer = await self.decide_on(self._how_was_it(order))
            if answer.option in {AS_PLANNED, WITH_LESSONS}:
                last = answer.answers[-1]
                self.data |= {"review": answer.option, "by": last.by, "note": last.note}
                return await self.finish(
                    OperationEnd.DONE, f"{answer.option} says {last.by}" + (f": {last.note}" if last.note else "")
                )
        return await self.finish(OperationEnd.ABORTED, f"Nobody looks back on it: {self.stops()}")

    def _how_was_it(self, order: ReviewOrder) -> Question:
        return Question(
            text=f"How did it go: {order.title}? {order.said}"[:1000],
            options=[
                GateOption(name=AS_PLANNED, means="Nothing is to be learnt from it."),
                GateOption(name=WITH_LESSONS, means="What was learnt is recorded.", needs_reason=True),
            ],
            plan=order.plan,
            deciders=order.reviewers,
            roles=order.roles,
            within_seconds=_ASK_AGAIN.total_seconds(),
            on_silence=OnSilence.ASK_AGAIN,
        )

    async def _tell(self, order: ReviewOrder, people: list[str], text: str) -> None:
        everybody = list(dict.fromkeys([*people, *order.reviewers]))
        await self.steps.tell(everybody, text[:2000], f"Tell {', '.join(everybody)}")
