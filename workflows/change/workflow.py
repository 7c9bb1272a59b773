"""Making a change: agreed before or afterwards, held against what was agreed, proven by the health from before, or undone."""

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
from models.freezes import freeze_at
from models.gates import Question
from models.jobs import Outcome
from models.names import WORKFLOW_QUEUE, operation_id
from models.opening import ReportByHand
from models.operation import OperationEnd, OperationKind, OperationOutcome, OperationState
from models.people import DRIFTVAKT
from models.probes import HealthVerdict, Seen, WatchHealth
from models.records import EntryKind
from models.runbooks import StepReport
from models.slices import ApplicationPlan, SiteProbes
from models.watch import OpenByHand
from workflows.change.plan import plan_change
from workflows.change.regression import worse
from workflows.change.undo import StepDone, done, rehearsed, take_back, to_undo, undo_title
from workflows.gates.gates import approval_question
from workflows.operation.base import Operation, operation
from workflows.runtime.calls import call
from workflows.runtime.keys import action_key
from workflows.runtime.markdown import plain, summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import RECORD
from workflows.steps.health import watch
from workflows.steps.lease import refuse_operation
from workflows.steps.scope import WHOLE
from workflows.steps.text import step_title

_MARGIN = timedelta(minutes=15)
"""Beyond what its steps may take, a change is given so long before its alarms count as faults."""

_LOOKS = 3
"""So often in a row something must be worse than before to count."""

_VERIFICATION = "verification"

_REPORT = timedelta(seconds=30)


@operation(OperationKind.CHANGE)
class ChangeImplementation(Operation):
    """Make a change: ask whoever must agree, do it in its window, prove that nothing is worse, or take it back."""

    kind = OperationKind.CHANGE
    stopping_means = "Nothing more is begun, and what was done is taken back."

    def __init__(self) -> None:
        super().__init__()
        self._change: ChangePlan | None = None
        self._done: list[StepDone] = []

    @workflow.run
    async def run(self, order: ChangeOrder) -> OperationOutcome:
        """From the order to a change that is proven or undone."""
        return await self.carried_out(lambda: self._make(order))

    async def _make(self, order: ChangeOrder) -> OperationOutcome:
        await self._prepare(order)
        await self._agree(order)
        if not await self._wait_for_window(order):
            return await self.finish(OperationEnd.MISSED, f"{self.title}: its window was over before it could begin")
        if self._scope is not None:
            await self.hold(self._scope, lasts=self._lasts, emergency=self.change.kind is ChangeKind.EMERGENCY)
        await self._still_what_was_agreed(order)
        if self.change.kind is ChangeKind.EMERGENCY:
            await self._ask_afterwards(order)
        outcome = await self._implement(order)
        await self._have_it_reviewed(order, outcome)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return outcome

    # --- before anything is done

    async def _prepare(self, order: ChangeOrder) -> None:
        title = order.change.title if order.change else f"Change {order.routine or '(none named)'}"
        await self.begin(order, title, name=order.routine or "")
        self._change = await self._plan_from(order, self.plan)
        change = self.change
        self.title = change.change.title
        self.components = [] if change.radius.whole else change.radius.components
        self.data |= {
            "kind": change.kind.value,
            "risk": change.risk.value,
            "why": change.why,
            "radius": change.radius.model_dump(mode="json"),
            "plan": change.text,
            "digest": change.digest,
        }
        self.tell(EntryKind.STATE, f"{change.kind.value} change, {change.risk.value} risk: {'; '.join(change.why)}")
        self._heed_freezes(order)
        await self.record()

    async def _plan_from(self, order: ChangeOrder, plan: ApplicationPlan) -> ChangePlan:
        """What the change would do by this version of the dossier."""
        self._survey = await call(
            survey_change,
            SurveyChange(application=order.application, dossier=plan.dossier, routine=order.routine),
            summary="Look up what the dossier says of this change",
        )
        return plan_change(order, plan, self._survey)

    def _heed_freezes(self, order: ChangeOrder) -> None:
        at = max(order.not_before or workflow.now(), workflow.now())
        scope = [] if self.change.radius.whole else self.change.radius.components
        freeze = freeze_at(self._survey.freezes, at, Freezable(self.change.kind.value), scope)
        if freeze is not None:
            raise refuse_operation(
                f"{order.application} is frozen until {freeze.until:%Y-%m-%d %H:%M} UTC ({freeze.reason}); "
                "submit it with a window after that, or as an emergency change"
            )

    async def _agree(self, order: ChangeOrder) -> None:
        """Ask every party at the same time; the first that says no ends it."""
        change = self.change
        if change.kind is ChangeKind.STANDARD:
            self.tell(EntryKind.DECISION, "Agreed once for all: a standard change of the dossier")
            return
        if change.kind is ChangeKind.EMERGENCY and not order.rehearse:
            within = format_duration(self._survey.terms.emergency_within)
            self.tell(EntryKind.DECISION, f"An emergency: carried out now, to be approved within {within}")
            return
        before = self.state
        answers = await asyncio.gather(*[self._ask_party(party) for party in change.questions])
        self.enter(before, "Everybody has answered")
        if self.aborting is not None:
            raise refuse_operation(f"it was {self.stops()}")
        if not all(answers):
            asked = [q.party for q, yes in zip(change.questions, answers, strict=True) if not yes]
            raise refuse_operation(f"it was not approved by the {' and the '.join(asked)}")

    async def _ask_party(self, party: PartyQuestion) -> bool:
        approved = await self.approve(self._question(party))
        if not approved:
            self.withdraw()  # the others need not answer any more
        return approved

    def _question(self, party: PartyQuestion) -> Question:
        change = self.change
        return approval_question(
            f"For the {party.party}: may this change be made: {change.change.title}? {change.risk.value} risk",
            change.text,
            party.approval,
            party.deciders,
            self.order.by if self.order else None,
        )

    async def _wait_for_window(self, order: ChangeOrder) -> bool:
        """Wait until its window opens; False when it has closed."""
        if order.rehearse:
            return True
        opens = order.not_before
        if opens is not None and not await self.wait_until(opens, f"The window opens {opens:%Y-%m-%d %H:%M} UTC"):
            raise refuse_operation(f"it was {self.stops()}")
        return order.window_until is None or workflow.now() < order.window_until

    async def _still_what_was_agreed(self, order: ChangeOrder) -> None:
        """Refuse to act where the plan is another than the one that was shown, whatever was published meanwhile."""
        if order.rehearse:
            return
        current = await self._plan_from(order, await self._load_plan(""))
        if current.digest != self.change.digest:
            changed = ", ".join(_differences(self.change.parts, current.parts)) or "what it says"
            raise refuse_operation(
                f"the plan was altered after it was approved; different now: {changed}. Submit the change again"
            )
        if why := self.stops():
            raise refuse_operation(f"it was {why}" if self.aborting else why)
        self._heed_freezes(order)

    # --- doing it

    async def _implement(self, order: ChangeOrder) -> OperationOutcome:
        change = self.change.change
        self.enter(OperationState.ACTING, "Look at the health before")
        before = await self._look(f"Look at the health before: {self.title}")
        if (wrong := await self._go_through(change.before, "before", kept=False)) is not None:
            return await self.finish(self._end(OperationEnd.FAILED), f"{self.title}: nothing was changed: {wrong}")
        wrong = await self._go_through(change.steps, "step")
        if wrong is None and not order.rehearse:
            wrong = await self._verify(before)
        elif order.rehearse:
            await self._rehearse_the_rest()
        if order.rehearse:
            return await self.finish(OperationEnd.REHEARSED, f"{self.title}: rehearsed, nothing was changed")
        if wrong is not None:
            return await self._undo(wrong, before)
        if not self._acted:
            return await self.finish(OperationEnd.NOTHING_TO_DO, f"{self.title}: nothing to do, all is so already")
        return await self.finish(OperationEnd.DONE, f"{self.title}: made, and nothing is worse than before")

    async def _go_through(self, steps: Sequence[Step], what: str, *, kept: bool = True) -> str | None:
        """Carry steps out in order; what went wrong, in a sentence, at the first that failed."""
        for number, step in enumerate(steps, 1):
            seen = len(self.reports)
            asks = kept and self.change.change.on_failure is OnFailure.ASK
            # Once it is made, it is proven or taken back, whether or not its window is still open.
            outcome = await self._take_one(
                step, f"{what} {number} of {len(steps)}", asks=asks, heed_window=what != _VERIFICATION
            )
            reports = self.reports[seen:]
            if kept:
                self._done.append(rehearsed(step) if self.steps.rehearse else done(step, reports))
            if outcome is not Outcome.OK:
                how = "failed" if outcome is Outcome.FAILED else "is not known to have succeeded"
                return f"{what} {number}, {step_title(step)}, {how}: {_why(reports)}"
        return None

    async def _take_one(self, step: Step, place: str, *, asks: bool, heed_window: bool) -> Outcome:
        if asks:
            return await self.take_step(step, place)
        if not self.steps.rehearse and (why := self.stops() if heed_window else self._called_off()):
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
            self.report(undo_title(one), "if a step fails, this takes it back")
            await take_back(one, self.steps)

    # --- proving it

    async def _verify(self, before: HealthVerdict) -> str | None:
        change = self.change.change
        self.enter(OperationState.VERIFYING, "Prove that nothing is worse than before")
        wrong = await self._go_through(change.verify, _VERIFICATION, kept=False)
        return wrong or await self._worse(before, change.healthy_for) or self._called_off() or None

    def _called_off(self) -> str:
        """Why it is not to go on, the time apart."""
        if self.aborting is not None:
            return f"stopped by {self.aborting.by}: {self.aborting.reason}"
        return f"its lease was taken back by {self.taken_back_by}" if self.taken_back_by else ""

    async def _worse(self, before: HealthVerdict, healthy_for: timedelta) -> str | None:
        """What is worse than before, when it is so in several looks in a row."""
        was_well = {s.point for s in before.samples if s.seen is Seen.OK}
        probes = _only(self._probes, was_well)
        if not probes:
            return None
        found: list[str] = []
        for look in range(_LOOKS):
            self.now(f"Prove that health holds for {format_duration(healthy_for)}")
            now = await watch(probes, self._watching(probes, healthy_for), self.doing)
            found = worse(before.samples, now.samples, self.change.change.bounds)
            self.tell(EntryKind.PROBE, "; ".join(found) or f"Nothing is worse than before: {now.reason}", now)
            if not found or not now.healthy or look == _LOOKS - 1:
                break
            healthy_for = timedelta(milliseconds=1)  # a number was out of bounds: is it still, in the next look?
            await workflow.sleep(self.plan.terms.confirm_every, summary="Look again before this counts")
        return "; ".join(found)[:1500] or None

    async def _look(self, doing: str) -> HealthVerdict:
        if not self._probes:
            return HealthVerdict(healthy=True, certain=False, looks=0, samples=[], reason="nothing is measured")
        verdict = await watch(self._probes, self._watching(self._probes, None), doing)
        ill = [s.point for s in verdict.samples if s.seen is not Seen.OK]
        said = f"Before: {len(verdict.samples) - len(ill)} points healthy"
        self.tell(EntryKind.PROBE, f"{said}; ill already: {', '.join(ill)}" if ill else said, verdict)
        return verdict

    def _watching(self, probes: Sequence[SiteProbes], healthy_for: timedelta | None) -> WatchHealth:
        terms = self.plan.terms
        looks = WatchHealth(
            targets=probes[0].targets,
            every=terms.confirm_every,
            failing_looks=1 if self.steps.rehearse else terms.confirm_looks,
            give_up_after=terms.confirm_every * (terms.confirm_looks + 1) * 2 + timedelta(minutes=1),
        )
        if healthy_for is None:
            return looks
        return looks.model_copy(
            update={
                "every": min(terms.confirm_every, max(healthy_for / 2, timedelta(milliseconds=200))),
                "healthy_for": max(healthy_for, timedelta(milliseconds=1)),
                "failing_looks": None,
                "give_up_after": terms.recovery_within + healthy_for,
            }
        )

    @property
    def _probes(self) -> list[SiteProbes]:
        """What shows the health of all that the change touches, and what its bounds are about."""
        plan, radius = self.plan, self.change.radius
        near = [*radius.components, *radius.dependants]
        health = [group for name in near for group in plan.components[name].health]
        known = {target.point for group in health for target in group.targets}
        # A number that is bounded is held against the number before, whatever its thresholds say of it.
        bounded = [
            SiteProbes(queue=group.queue, targets=[t.model_copy(update={"ill_when": []}) for t in group.targets])
            for group in (plan.points[name] for name in self.change.change.bounds.values)
            if not known & {t.point for t in group.targets}
        ]
        return health + bounded

    # --- taking it back

    async def _undo(self, wrong: str, before: HealthVerdict) -> OperationOutcome:
        """Take back what was done, in reverse; where that fails, people get it as it is."""
        self.tell(EntryKind.STATE, f"It did not go well: {wrong}")
        left = to_undo(self._done)
        self.data["failed"] = wrong
        if self.taken_back_by:
            return await self._give_up(wrong, f"its lease was taken back by {self.taken_back_by}", left)
        self.enter(OperationState.UNDOING, "Take back what was done")
        for number, one in enumerate(left):
            self.now(undo_title(one))
            seen = len(self.reports)
            outcome = await take_back(one, self.steps)
            await self.record()
            if outcome is not Outcome.OK or self.taken_back_by:
                return await self._give_up(wrong, f"{undo_title(one)}: {_why(self.reports[seen:])}", left[number:])
        worse_now = await self._worse(before, self.change.change.healthy_for) if left else None
        self.data["undone"] = [undo_title(one) for one in left]
        if worse_now is not None:
            return await self._give_up(wrong, f"all was taken back, and still {worse_now}", [])
        said = f"{self.title}: {wrong}. " + (
            "All was taken back, and nothing is worse than before" if left else _NOTHING_DONE
        )
        return await self.finish(self._end(OperationEnd.UNDONE if left else OperationEnd.FAILED), said)

    async def _give_up(self, wrong: str, why: str, left: Sequence[StepDone]) -> OperationOutcome:
        """Hand over what could not be taken back, with the state as it is."""
        titles = [step_title(one.step) for one in left]
        state = f"Not taken back: {'; '.join(titles)}." if titles else "Everything was taken back."
        self.data |= {"not_undone": titles}
        incident = await self._open_incident(f"{wrong}. Taking it back failed: {why}. {state}")
        end = OperationEnd.ABORTED if self.aborting is not None else OperationEnd.FAILED
        return await self.finish(
            end, f"{self.title}: {wrong}. Taking it back failed: {why}. {state} {incident}".strip()
        )

    async def _open_incident(self, note: str) -> str:
        try:
            receipt = await workflow.execute_activity(
                report_by_hand,
                ReportByHand(
                    key=action_key("incident"),
                    application=self.plan.application,
                    order=OpenByHand(
                        title=f"The change {workflow.info().workflow_id} could not be taken back: {self.title}"[:300],
                        component=next(iter(self.components), None),
                        by=(self.order.by if self.order else "")[:80] or DRIFTVAKT,
                        note=note[:1000],
                    ),
                ),
                start_to_close_timeout=_REPORT,
                schedule_to_close_timeout=timedelta(minutes=5),
                retry_policy=RECORD,
                summary="Open an incident: the change could not be taken back",
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.tell(EntryKind.STATE, f"No incident could be opened: {explain(error)}")
            return "No incident could be opened: tell the operators"
        self.data["incident"] = receipt.incident
        self.tell(EntryKind.STATE, receipt.message)
        return f"People have it as {receipt.incident}."

    def _end(self, otherwise: OperationEnd) -> OperationEnd:
        return OperationEnd.ABORTED if self.aborting is not None else otherwise

    # --- what follows

    async def _ask_afterwards(self, order: ChangeOrder) -> None:
        """An emergency: the approvals are asked for by a workflow of their own, whatever becomes of this one."""
        if order.rehearse:
            return
        due = workflow.info().workflow_start_time + self._survey.terms.emergency_within
        await self._start_review(
            order, "Carried out as an emergency", due, self.change.questions, f"{self._key}.approval"
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
                OperationKind.REVIEW.value,
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
                    reviewers=sorted({p for role in roles for p in self.plan.people.get(role, [])}),
                    roles=list(roles),
                ),
                id=operation_id(OperationKind.REVIEW.value, order.application, key),
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                task_queue=WORKFLOW_QUEUE,
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=summary_line(f"{'Approve afterwards' if questions else 'Review'}: {self.title}"),
            )

    @property
    def _key(self) -> str:
        """What tells this change from others of the application: its number."""
        begin = operation_id(OperationKind.CHANGE.value, self.plan.application, "")
        return workflow.info().workflow_id.removeprefix(begin)

    # --- what they share

    @property
    def change(self) -> ChangePlan:
        """The change as it was shown; there once it was looked up."""
        if self._change is None:
            raise refuse_operation("the change acts before it was looked up")
        return self._change

    @property
    def _scope(self) -> list[str] | None:
        """What the lease must cover; None: nothing, for it only looks and asks."""
        return WHOLE if self.change.radius.whole else self.change.radius.components or None

    @property
    def _lasts(self) -> timedelta:
        change = self.change.change
        steps = [*change.before, *change.steps, *change.verify]
        return sum((step.timeout for step in steps), _MARGIN + change.healthy_for) * 2  # once more to take it back

    def more_on_page(self) -> str:
        """Kind, risk and what it touches."""
        if self._change is None:
            return ""
        change = self._change
        return "\n".join(
            [
                f"{change.kind.value} change, **{change.risk.value} risk**: {plain('; '.join(change.why))}",
                f"Acts on {plain(', '.join(change.radius.components) or 'nothing')}; "
                f"needed by {plain(', '.join(change.radius.dependants) or 'nothing else')}",
                *(f"- {plain(flow)}" for flow in change.radius.flows),
                *(f"- {plain(between)}" for between in change.radius.integrations),
            ]
        )


_NOTHING_DONE = "Nothing had been changed, so there was nothing to take back"


def _why(reports: Sequence[StepReport]) -> str:
    """What the first of these that is not OK says."""
    bad = [report for report in reports if report.outcome is not Outcome.OK] or list(reports[-1:])
    if not bad:
        return "nothing is known of it"
    where = f"{bad[0].host}: " if bad[0].host else ""
    return where + bad[0].detail.strip().partition("\n")[0]


def _only(groups: Sequence[SiteProbes], points: set[str]) -> list[SiteProbes]:
    kept = [group.model_copy(update={"targets": [t for t in group.targets if t.point in points]}) for group in groups]
    return [group for group in kept if group.targets]


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What of a plan is another, by name."""
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
