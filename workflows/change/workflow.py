"""The workflow of a change: approval, window, lease, steps, proof by the health from before, and rollback."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError, is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

from activities.stubs.changes import survey_change
from activities.stubs.workflows import report_by_hand
from models.base import format_duration
from models.change import ChangeKind, ChangeOrder, ChangePlan, PartyQuestion, ReviewOrder, SurveyChange
from models.dossier.agreement import Freezable
from models.dossier.changes import OnFailure
from models.dossier.instructions import Step
from models.dossier.parties import PartyKind
from models.freezes import freeze_at
from models.gates import Question
from models.jobs import Outcome
from models.lease import Announcement
from models.names import WORKFLOW_QUEUE, operation_id
from models.opening import ReportByHand
from models.operation import OperationEnd, OperationOutcome, OperationState
from models.operation_kinds import CHANGE, REVIEW
from models.people import DRIFTVAKT
from models.plans import ApplicationPlan
from models.records import EntryKind
from models.runbooks import StepReport
from models.scope import Scope
from models.watch import OpenByHand
from workflows.change.health import HealthAround
from workflows.change.plan import plan_change
from workflows.change.undo import StepDone, done, rehearsed, roll_back, to_undo, undo_title
from workflows.gates.gates import approval_question
from workflows.operation.base import Operation, operation
from workflows.runtime.calls import call
from workflows.runtime.keys import action_key
from workflows.runtime.markdown import plain, summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import RECORD
from workflows.steps.lease import refuse_operation
from workflows.steps.text import step_title

_MARGIN = timedelta(minutes=15)
"""Alarms of a change are suppressed for the timeouts of its steps and this margin; later alarms count as faults."""

_VERIFICATION = "verification"

_REPORT = timedelta(seconds=30)


@operation(CHANGE)
class ChangeImplementation(Operation):
    """Makes a change: asks the approvers, runs the steps in the window, proves that nothing is worse, or rolls back."""

    stopping_means = "No further step starts, and the change is rolled back."

    def __init__(self) -> None:
        super().__init__()
        self._change: ChangePlan | None = None
        self._done: list[StepDone] = []
        self._agreed_at: datetime | None = None
        """When all parties had approved it, the customer among them; None if the customer was not asked before."""

    @workflow.run
    async def run(self, order: ChangeOrder) -> OperationOutcome:
        """Carry out the order, and return how it ended: done, rolled back, or refused."""
        return await self.carried_out(lambda: self._make(order))

    async def _make(self, order: ChangeOrder) -> OperationOutcome:
        await self._prepare(order)
        await self._agree(order)
        if not await self._wait_for_window(order):
            return await self.finish(
                OperationEnd.MISSED, f"{self.title}: the window closed before the change could start"
            )
        if self._scope is not None:
            await self.lease.hold(
                self._scope,
                lasts=self._lasts,
                emergency=self.change.kind is ChangeKind.EMERGENCY,
                announced=self._announcement(order),
            )
        await self._refuse_another_plan(order)
        if self.change.kind is ChangeKind.EMERGENCY:
            await self._ask_afterwards(order)
        outcome = await self._implement(order)
        await self._have_it_reviewed(order, outcome)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return outcome

    # --- plan, approval and window

    async def _prepare(self, order: ChangeOrder) -> None:
        title = order.change.title if order.change else f"Change {order.routine or '(none named)'}"
        await self.begin(order, title, name=order.routine or "")
        self._change = await self._plan_from(order, self.plan)
        change = self.change
        self.title = change.change.title
        self.components = change.radius.scope
        self.data |= {
            "kind": change.kind.value,
            "risk": change.risk.value,
            "why": change.why,
            "radius": change.radius.model_dump(mode="json"),
            "plan": change.text,
            "digest": change.digest,
        }
        if order.window_until is not None:
            self.data["window_until"] = order.window_until.isoformat()
        self.log(EntryKind.STATE, f"{change.kind.value} change, {change.risk.value} risk: {'; '.join(change.why)}")
        self._refuse_in_freeze(order)
        await self.record()

    async def _plan_from(self, order: ChangeOrder, plan: ApplicationPlan) -> ChangePlan:
        """Return the plan of the change by this version of the dossier."""
        self._survey = await call(
            survey_change,
            SurveyChange(application=order.application, dossier=plan.dossier, routine=order.routine),
            summary="Look up the change in the dossier",
        )
        return plan_change(order, plan, self._survey)

    def _refuse_in_freeze(self, order: ChangeOrder) -> None:
        at = max(order.not_before or workflow.now(), workflow.now())
        freeze = freeze_at(self._survey.freezes, at, Freezable(self.change.kind.value), self.change.radius.scope)
        if freeze is not None:
            raise refuse_operation(
                f"{order.application} is frozen until {freeze.until:%Y-%m-%d %H:%M} UTC ({freeze.reason}); "
                "submit it with a window after that, or as an emergency change"
            )

    async def _agree(self, order: ChangeOrder) -> None:
        """Ask all parties at the same time; the first refusal ends the change."""
        change = self.change
        if change.kind is ChangeKind.STANDARD:
            self.log(EntryKind.DECISION, "No approval needed: the dossier contains this standard change")
            return
        if change.kind is ChangeKind.EMERGENCY and not order.rehearse:
            within = format_duration(self._survey.terms.emergency_within)
            self.log(EntryKind.DECISION, f"An emergency change: it starts now, and must be approved within {within}")
            return
        before = self.state
        answers = await asyncio.gather(*[self._ask_party(party) for party in change.questions])
        self.enter(before, "All parties have answered")
        if self.aborting is not None:
            raise refuse_operation(f"it was {self.stops()}")
        if not all(answers):
            asked = [q.party for q, yes in zip(change.questions, answers, strict=True) if not yes]
            raise refuse_operation(f"it was not approved by the {' and the '.join(asked)}")
        if any(party.party == PartyKind.CUSTOMER for party in change.questions):
            self._agreed_at = workflow.now()

    def _announcement(self, order: ChangeOrder) -> Announcement | None:
        return None if self._agreed_at is None else Announcement(at=self._agreed_at, until=order.window_until)

    async def _ask_party(self, party: PartyQuestion) -> bool:
        approved = await self.approve(self._question(party))
        if not approved:
            self.withdraw()  # After one refusal, no other party needs to answer.
        return approved

    def _question(self, party: PartyQuestion) -> Question:
        change = self.change
        return approval_question(
            f"For the {party.party}: do you approve this change: {change.change.title}? {change.risk.value} risk",
            change.text,
            party.approval,
            party.deciders,
            self.order.by if self.order else None,
        )

    async def _wait_for_window(self, order: ChangeOrder) -> bool:
        """Wait until the window opens. Return False when the window has closed."""
        if order.rehearse:
            return True
        opens = order.not_before
        if opens is not None and not await self.wait_until(opens, f"The window opens {opens:%Y-%m-%d %H:%M} UTC"):
            raise refuse_operation(f"it was {self.stops()}")
        return order.window_until is None or workflow.now() < order.window_until

    async def _refuse_another_plan(self, order: ChangeOrder) -> None:
        """Refuse the change when a newer dossier gives another plan than the one that was approved."""
        if order.rehearse:
            return
        current = await self._plan_from(order, await self.load_plan(""))
        if current.digest != self.change.digest:
            changed = ", ".join(_differences(self.change.parts, current.parts)) or "its data"
            raise refuse_operation(
                f"the plan changed after it was approved; different now: {changed}. Submit the change again"
            )
        if why := self.stops():
            raise refuse_operation(f"it was {why}" if self.aborting else why)
        self._refuse_in_freeze(order)

    # --- the steps

    async def _implement(self, order: ChangeOrder) -> OperationOutcome:
        change = self.change.change
        self.enter(OperationState.ACTING, "Measure the health before the change")
        health = HealthAround(self, self.change)
        await health.measure_before(f"Measure the health before: {self.title}")
        if (wrong := await self._go_through(change.before, "before", kept=False)) is not None:
            return await self.finish(self._end(OperationEnd.FAILED), f"{self.title}: nothing was changed: {wrong}")
        wrong = await self._go_through(change.steps, "step")
        if wrong is None and not order.rehearse:
            wrong = await self._verify(health)
        elif order.rehearse:
            await self._rehearse_the_rest()
        if order.rehearse:
            return await self.finish(OperationEnd.REHEARSED, f"{self.title}: rehearsed, nothing was changed")
        if wrong is not None:
            return await self._undo(wrong, health)
        if not self.acted:
            return await self.finish(
                OperationEnd.NOTHING_TO_DO, f"{self.title}: nothing to do, every step was already done"
            )
        return await self.finish(OperationEnd.DONE, f"{self.title}: done, and nothing is worse than before")

    async def _go_through(self, steps: Sequence[Step], what: str, *, kept: bool = True) -> str | None:
        """Run the steps in order until one fails. Return the fault in one sentence, or None."""
        for number, step in enumerate(steps, 1):
            seen = len(self.reports)
            asks = kept and self.change.change.on_failure is OnFailure.ASK
            # After its last step the change is proven or rolled back, even when its window has closed.
            outcome = await self._take_one(
                step, f"{what} {number} of {len(steps)}", asks=asks, heed_window=what != _VERIFICATION
            )
            reports = self.reports[seen:]
            if kept:
                self._done.append(rehearsed(step) if self.steps.rehearse else done(step, reports))
            if outcome is not Outcome.OK:
                how = "failed" if outcome is Outcome.FAILED else "has an unknown result"
                return f"{what} {number}, {step_title(step)}, {how}: {_why(reports)}"
        return None

    async def _take_one(self, step: Step, place: str, *, asks: bool, heed_window: bool) -> Outcome:
        if asks:
            return await self.take_step(step, place)
        if not self.steps.rehearse and (why := self.stops() if heed_window else self.called_off()):
            self.report(f"Stop before {step_title(step)}", why, Outcome.FAILED)
            return Outcome.FAILED
        self.now(f"{place}: {step_title(step)}")
        outcome = await self.steps.carry_out_one(step)
        await self.record()
        return Outcome.OK if self.steps.rehearse else outcome

    async def _rehearse_the_rest(self) -> None:
        for step in self.change.change.verify:
            await self._take_one(step, "verification", asks=False, heed_window=False)
        for one in to_undo(self._done):
            self.now(undo_title(one))
            self.report(undo_title(one), "a step of the rollback, which runs only if a step fails")
            await roll_back(one, self.steps)

    # --- proof

    async def _verify(self, health: HealthAround) -> str | None:
        change = self.change.change
        self.enter(OperationState.VERIFYING, "Prove that nothing is worse than before")
        wrong = await self._go_through(change.verify, _VERIFICATION, kept=False)
        return wrong or await health.worse() or self.called_off() or None

    # --- rollback

    async def _undo(self, wrong: str, health: HealthAround) -> OperationOutcome:
        """Roll back the change in reverse order. If the rollback fails, open an incident."""
        self.log(EntryKind.STATE, f"The change failed: {wrong}")
        left = to_undo(self._done)
        self.data["failed"] = wrong
        if self.revoked_by:
            return await self._give_up(wrong, f"its lease was revoked by {self.revoked_by}", left)
        self.enter(OperationState.UNDOING, "Roll back the change")
        for number, one in enumerate(left):
            self.now(undo_title(one))
            seen = len(self.reports)
            outcome = await roll_back(one, self.steps)
            await self.record()
            if outcome is not Outcome.OK or self.revoked_by:
                return await self._give_up(wrong, f"{undo_title(one)}: {_why(self.reports[seen:])}", left[number:])
        worse_now = await health.worse() if left else None
        self.data["undone"] = [undo_title(one) for one in left]
        if worse_now is not None:
            return await self._give_up(
                wrong, f"every step was rolled back, and the health is still worse: {worse_now}", []
            )
        said = f"{self.title}: {wrong}. " + (
            "The change was rolled back, and nothing is worse than before" if left else _NOTHING_DONE
        )
        return await self.finish(self._end(OperationEnd.UNDONE if left else OperationEnd.FAILED), said)

    async def _give_up(self, wrong: str, why: str, left: Sequence[StepDone]) -> OperationOutcome:
        """Open an incident about the steps that could not be rolled back, and finish."""
        titles = [step_title(one.step) for one in left]
        state = f"Not rolled back: {'; '.join(titles)}." if titles else "Every step was rolled back."
        self.data |= {"not_undone": titles}
        incident = await self._open_incident(f"{wrong}. The rollback failed: {why}. {state}")
        end = OperationEnd.ABORTED if self.aborting is not None else OperationEnd.FAILED
        return await self.finish(end, f"{self.title}: {wrong}. The rollback failed: {why}. {state} {incident}".strip())

    async def _open_incident(self, note: str) -> str:
        try:
            receipt = await workflow.execute_activity(
                report_by_hand,
                ReportByHand(
                    key=action_key("incident"),
                    application=self.plan.application,
                    order=OpenByHand(
                        title=f"The change {workflow.info().workflow_id} could not be rolled back: {self.title}"[:300],
                        component=next(iter(self.components.names if self.components else ()), None),
                        by=(self.order.by if self.order else "")[:80] or DRIFTVAKT,
                        note=note[:1000],
                    ),
                ),
                start_to_close_timeout=_REPORT,
                schedule_to_close_timeout=timedelta(minutes=5),
                retry_policy=RECORD,
                summary="Open an incident: the change could not be rolled back",
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.log(EntryKind.STATE, f"No incident could be opened: {explain(error)}")
            return "No incident could be opened: inform the operators"
        self.data["incident"] = receipt.incident
        self.log(EntryKind.STATE, receipt.message)
        return f"The incident {receipt.incident} is open."

    def _end(self, otherwise: OperationEnd) -> OperationEnd:
        return OperationEnd.ABORTED if self.aborting is not None else otherwise

    # --- late approval and review

    async def _ask_afterwards(self, order: ChangeOrder) -> None:
        """Start a workflow that asks for the late approval; it continues when this workflow has ended."""
        if order.rehearse:
            return
        due = workflow.info().workflow_start_time + self._survey.terms.emergency_within
        await self._start_review(
            order, "Carried out as an emergency change", due, self.change.questions, f"{self._key}.approval"
        )

    async def _have_it_reviewed(self, order: ChangeOrder, outcome: OperationOutcome) -> None:
        went_well = outcome.end in {OperationEnd.DONE, OperationEnd.NOTHING_TO_DO}
        if order.rehearse or (self.change.kind is ChangeKind.STANDARD and went_well):
            return
        due = workflow.now() + self._survey.terms.review_after
        await self._start_review(order, outcome.summary, due, [], self._key)

    async def _start_review(
        self, order: ChangeOrder, said: str, due: datetime, questions: Sequence[PartyQuestion], key: str
    ) -> None:
        roles = self._survey.terms.reviewed_by
        with suppress(WorkflowAlreadyStartedError):  # by this change, before it was reset
            await workflow.start_child_workflow(
                REVIEW.name,
                ReviewOrder(
                    application=order.application,
                    by=self.by,
                    reason=order.reason,
                    dossier=self.plan.dossier,
                    change=workflow.info().workflow_id,
                    title=self.title,
                    said=said[:2000],
                    due=due,
                    questions=list(questions),
                    plan=self.change.text,
                    reviewers=self.plan.holders(roles),
                    roles=list(roles),
                ),
                id=operation_id(REVIEW.name, order.application, key),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                task_queue=WORKFLOW_QUEUE,
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=summary_line(f"{'Approve afterwards' if questions else 'Review'}: {self.title}"),
            )

    @property
    def _key(self) -> str:
        """The number of the change, which is unique in the application."""
        begin = operation_id(CHANGE.name, self.plan.application, "")
        return workflow.info().workflow_id.removeprefix(begin)

    # --- shared by the parts above

    @property
    def change(self) -> ChangePlan:
        """The plan that people approve; it exists after `_prepare`."""
        if self._change is None:
            raise refuse_operation("the change has no plan yet")
        return self._change

    @property
    def _scope(self) -> Scope | None:
        """The scope that the lease must cover; None when no step acts on anything."""
        return self.change.radius.scope

    @property
    def _lasts(self) -> timedelta:
        change = self.change.change
        steps = [*change.before, *change.steps, *change.verify]
        return (
            sum((step.timeout for step in steps), _MARGIN + change.healthy_for) * 2
        )  # The rollback may take as long again.

    def more_on_page(self) -> str:
        """Return the kind, the risk and the blast radius as Markdown; empty before the plan exists."""
        if self._change is None:
            return ""
        change = self._change
        return "\n".join(
            [
                f"{change.kind.value} change, **{change.risk.value} risk**: {plain('; '.join(change.why))}",
                f"Acts on {plain(', '.join(change.radius.components) or 'nothing')}; "
                f"components that depend on these: {plain(', '.join(change.radius.dependants) or 'none')}",
                *(f"- {plain(flow)}" for flow in change.radius.flows),
                *(f"- {plain(between)}" for between in change.radius.integrations),
            ]
        )


_NOTHING_DONE = "Nothing had been changed, so a rollback was not needed"


def _why(reports: Sequence[StepReport]) -> str:
    """Return the host and the detail of the first report that is not OK."""
    bad = [report for report in reports if report.outcome is not Outcome.OK] or list(reports[-1:])
    if not bad:
        return "the step returned no report"
    where = f"{bad[0].host}: " if bad[0].host else ""
    return where + bad[0].detail.strip().partition("\n")[0]


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the names of the parts that differ between two plans."""
    found = []
    for part, said in before.items():
        other = now.get(part)
        if said == other:
            continue
        if part == "change" or not isinstance(said, dict) or not isinstance(other, dict):
            found.append("its steps" if part == "change" else part)
        else:
            found += [
                f"{part.removesuffix('s')} {name}" for name in {**said, **other} if said.get(name) != other.get(name)
            ]
    return found
