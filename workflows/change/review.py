"""The follow-up of a change: the approval of an emergency change afterwards, and the review."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

from models.change import PartyQuestion, ReviewOrder
from models.dossier.approvals import OnSilence
from models.gates import APPROVE, REFUSE, GateOption, GateOutcome, Question, Via
from models.operation import OperationEnd, OperationOutcome
from models.operation_kinds import REVIEW
from models.people import People
from models.records import EntryKind
from workflows.operation.base import Operation, operation

AS_PLANNED = "as-planned"
WITH_LESSONS = "with-lessons"

_ASK_AGAIN = timedelta(days=1)
"""A question that nobody answered is asked again after this time."""


@operation(REVIEW)
class Review(Operation):
    """Asks people to approve an emergency change afterwards, or to review a change."""

    @workflow.run
    async def run(self, order: ReviewOrder) -> OperationOutcome:
        """Ask the people of the order, and record their answers."""
        return await self.carried_out(lambda: self._follow(order))

    async def _follow(self, order: ReviewOrder) -> OperationOutcome:
        approving = bool(order.questions)
        await self.begin(order, f"{'Approve afterwards' if approving else 'Review'}: {order.title}", name=order.change)
        self.data |= {"change": order.change, "due": order.due.isoformat()}
        return await (self._approve_afterwards(order) if approving else self._review(order))

    # --- the late approval of an emergency change

    async def _approve_afterwards(self, order: ReviewOrder) -> OperationOutcome:
        answers = await asyncio.gather(*[self._ask_party(order, party) for party in order.questions])
        if self.aborting is not None:
            return await self.finish(OperationEnd.ABORTED, f"Nobody approved it afterwards: {self.stops()}")
        late = workflow.now() > order.due
        refused = [q.party for q, answer in zip(order.questions, answers, strict=True) if answer.option != APPROVE]
        self.data |= {"approved": not refused, "late": late}
        if refused:
            said = (
                f"The {' and the '.join(refused)} did not approve {order.change} afterwards; decide whether to undo it"
            )
            await self._notify(order, [who for q in order.questions for who in q.deciders], said)
            return await self.finish(OperationEnd.REFUSED, said)
        return await self.finish(
            OperationEnd.DONE, f"{order.change} was approved afterwards{', after the deadline' if late else ''}"
        )

    async def _ask_party(self, order: ReviewOrder, party: PartyQuestion) -> GateOutcome:
        question = self._question(order, party, order.due, OnSilence.REFUSE)
        answer = await self.decide_on(question)
        if answer.answers and answer.answers[-1].via is Via.SILENCE:
            said = (
                f"The emergency change {order.change} ({order.title}) needed the approval of the {party.party} by "
                f"{order.due:%Y-%m-%d %H:%M} UTC, and nobody has answered. Answer in the Temporal UI, or with "
                f"`driftvakt change approve {order.change}`."
            )
            self.log(EntryKind.CLOCK, said)
            await self._notify(order, question.able(), said)
            answer = await self.decide_on(
                self._question(order, party, workflow.now() + _ASK_AGAIN, OnSilence.ASK_AGAIN)
            )
        return answer

    def _question(self, order: ReviewOrder, party: PartyQuestion, until: datetime, silence: OnSilence) -> Question:
        return Question(
            text=f"For the {party.party}: do you approve this emergency change afterwards: {order.title}?",
            options=[
                GateOption(name=APPROVE, means="The change is recorded as approved."),
                GateOption(
                    name=REFUSE,
                    means="The record says that it was not approved, and people get a notice.",
                    needs_reason=True,
                ),
            ],
            plan=order.plan,
            deciders=People.of(party.deciders),
            roles=party.approval.roles,
            count=party.approval.count,
            requester=party.approval.excluded(self.by),
            alone_after_seconds=party.approval.alone_after.total_seconds() if party.approval.alone_after else None,
            within_seconds=max((until - workflow.now()).total_seconds(), 1.0),
            on_silence=silence,
        )

    # --- the review

    async def _review(self, order: ReviewOrder) -> OperationOutcome:
        if await self.wait_until(order.due, f"The review begins {order.due:%Y-%m-%d %H:%M} UTC"):
            question = self._how_was_it(order)
            if why := question.nobody_may():
                return await self.finish(OperationEnd.REFUSED, f"Nobody reviewed it: {why}")
            answer = await self.decide_on(question)
            if answer.option in {AS_PLANNED, WITH_LESSONS}:
                last = answer.answers[-1]
                self.data |= {"review": answer.option, "by": last.by, "note": last.note}
                return await self.finish(
                    OperationEnd.DONE, f"{last.by} answered {answer.option}" + (f": {last.note}" if last.note else "")
                )
        return await self.finish(OperationEnd.ABORTED, f"Nobody reviewed it: {self.stops()}")

    def _how_was_it(self, order: ReviewOrder) -> Question:
        return Question(
            text=f"How did it go: {order.title}? {order.said}"[:1000],
            options=[
                GateOption(name=AS_PLANNED, means="It went as planned: there is no lesson."),
                GateOption(name=WITH_LESSONS, means="The record keeps the lesson, from your note.", needs_reason=True),
            ],
            plan=order.plan,
            deciders=People.of(order.reviewers),
            roles=order.roles,
            within_seconds=_ASK_AGAIN.total_seconds(),
            on_silence=OnSilence.ASK_AGAIN,
        )

    async def _notify(self, order: ReviewOrder, people: list[str], text: str) -> None:
        everybody = list(dict.fromkeys([*people, *order.reviewers]))
        await self.steps.notify(everybody, text[:2000], f"Notify {', '.join(everybody)}")
