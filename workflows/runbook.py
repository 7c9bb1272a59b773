"""The base class of all runbooks. It has the plan from the dossier, steps that can be rehearsed, gates, and the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

from activities.stubs.records import load_application_plan, write_records
from models.converter import WRONG_INPUT
from models.errors import RunbookError
from models.fences import HeldLease
from models.gates import Question
from models.jobs import Outcome
from models.lease import RUNBOOK_HOLDER
from models.names import APPLICATION, CUSTOMER, TITLE
from models.notices import Occasion
from models.people import Person, is_among, stranger, who_is
from models.plans import ApplicationPlan, ComponentPlan, PlanRequest, may_not_operate
from models.proof import Use, use_of
from models.records import WriteRecords
from models.runbooks import RunbookInput, RunbookReport, StepReport, steps_that_fit
from models.scope import WHOLE, Scope
from models.sizes import ANSWER, CARRIED
from workflows.gates.gates import HasGates
from workflows.journal.journal import Journal
from workflows.journal.page import steps_table
from workflows.runtime.calls import call, look_up
from workflows.runtime.markdown import linked, page, plain, summary_line
from workflows.runtime.outcomes import worst
from workflows.runtime.policies import WRITE
from workflows.runtime.refusals import refusal
from workflows.steps.lease import HoldsLease
from workflows.steps.notify import notify_deciders
from workflows.steps.proof import how_it_fared, proof_by_this_run
from workflows.steps.runner import Steps

_Class = TypeVar("_Class", bound="type[Runbook]")
_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)
_CUSTOMER = SearchAttributeKey.for_keyword(CUSTOMER)
_TITLE = SearchAttributeKey.for_keyword(TITLE)

_SHOWN = 15
"""The page shows this many steps, the last ones."""

_LASTS = timedelta(minutes=30)
"""Alarms of a runbook's components are suppressed for this time; later alarms count as faults."""


def runbook(name: str) -> Callable[[_Class], _Class]:
    """Declare a class as the runbook `name`, in the file `runbooks/NAME.py` (hyphens become underscores).

    A workflow that was started with a wrong input fails with a message about it, and does not hang.
    """
    return workflow.defn(name=f"runbook.{name}", failure_exception_types=WRONG_INPUT)


class Runbook(HoldsLease, HasGates):
    """Base of the workflow classes in `runbooks/`.

    A runbook calls `begin` first, acts through the `Steps` it gets (which rehearse by themselves when asked to), and returns
    what `report` gives. Its docstring's first line is its title; its input is `RunbookInput` or a subclass. It acts under the
    lease of the components that `touches` returns: its component, or the whole application if its input has no `component`. A
    runbook that changes nothing sets `acts = False` and needs no lease.
    """

    acts: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.journal = Journal[None](None, self._page)
        self._order: RunbookInput | None = None
        self._steps: Steps | None = None
        self._ended = False

    async def begin(self, order: RunbookInput) -> Steps:
        """Load the plan of the application, get the lease, and return the `Steps` through which the runbook acts.

        Raise an error when the requester is unknown or may not operate the application.
        """
        self._order = order
        workflow.upsert_search_attributes(
            [
                _APPLICATION.value_set(order.application),
                _CUSTOMER.value_set(order.application.partition(".")[0]),
                _TITLE.value_set(summary_line(self._title)),
            ]
        )
        plan = await look_up(
            load_application_plan,
            PlanRequest(application=order.application, dossier=order.dossier),
            summary="Look up the dossier",
        )
        # A parent workflow has already checked the requester; a person who starts the runbook is checked here.
        ours = workflow.info().parent is not None
        by = order.requested_by if ours else who_is(order.requested_by, plan.contacts)
        if by is None:
            raise refuse(stranger(order.requested_by, order.application, plan.contacts))
        if not ours and not is_among(by, plan.operates):
            raise refuse(may_not_operate(by, plan))
        self._order = order = order.model_copy(update={"requested_by": by})
        self._steps = Steps(
            plan,
            requester=by,
            rehearse=order.rehearse,
            ask=self.ask,
            on_report=lambda _: self.refresh_page(),
            on_wait=self.journal.halted,
            lease=order.lease,
        )
        self.refresh_page()
        if self.acts and not order.rehearse and order.lease is None:
            await self._take_lease(order, self._steps)
        return self._steps

    @property
    def _title(self) -> str:
        """The display name in lists."""
        component = getattr(self._order, "component", None)
        return f"Runbook {workflow.info().workflow_type.removeprefix('runbook.')}" + (
            f" on {component}" if component else ""
        )

    async def _take_lease(self, order: RunbookInput, steps: Steps) -> None:
        components = self.touches(order)
        if components is None:
            return
        for name in components.names:
            self.component(name)
        answer = await self.take_lease(
            order.application,
            RUNBOOK_HOLDER,
            order.reason or self._title,
            order.requested_by,
            components=components,
            dossier=self.plan.dossier,
            lasts=_LASTS,
            on_wait=lambda reason: self.now(f"Waiting for the lease: {reason}"),
            ask=self.approve,
        )
        assert answer is not None
        steps.lease = HeldLease(holder=workflow.info().workflow_id, fences=answer.fences, rises=answer.rises)

    def touches(self, order: RunbookInput) -> Scope | None:
        """Return the components that the runbook acts on, which the lease covers with their dependants. None: no lease.

        `begin` calls this method after it has loaded the plan. A subclass may return other components than those of its input.
        """
        component: str | None = getattr(order, "component", None)
        return Scope.of([component]) if component else WHOLE

    @property
    def steps(self) -> Steps:
        """The steps that `begin` returned. Raise an error before that."""
        if self._steps is None:
            raise refuse("the runbook must call begin before it acts")
        return self._steps

    @property
    def plan(self) -> ApplicationPlan:
        """The plan of the application; it exists after `begin`."""
        return self.steps.plan

    def component(self, name: str) -> ComponentPlan:
        """Return a component of the application. For an unknown name, raise an error that lists the known ones."""
        try:
            return self.plan.components[name]
        except KeyError:
            known = ", ".join(self.plan.components)
            raise refuse(f"{self.plan.application} has no component {name!r}; it has {known}") from None

    def contacts(self) -> list[Person]:
        """Return the contacts of the dossier."""
        return self._steps.plan.contacts if self._steps else []

    def application(self) -> str:
        """Return the id of the application."""
        return self.plan.application

    async def write_to(self, occasion: Occasion, people: Sequence[str], text: str, **facts: Any) -> None:
        """Notify the people who may decide. A notice that reaches nobody becomes a failed step of the report."""
        written = await notify_deciders(
            self.plan,
            people,
            text,
            occasion=occasion,
            title=self._title,
            command=f"driftvakt runbook runs --application {self.plan.application}",
            **facts,
        )
        if not written.reached:
            self.note(f"Notice: {occasion.value.replace('-', ' ')}", written.said, Outcome.FAILED)

    def now(self, doing: str) -> None:
        """Show on the page what the runbook is doing."""
        self.journal.now(doing)

    def note(self, title: str, detail: str, outcome: Outcome = Outcome.OK, host: str | None = None) -> None:
        """Add a step to the report for a finding, or for something that was skipped."""
        self.steps.reports.append(
            StepReport(title=title, host=host, outcome=outcome, changed=False, detail=detail),
        )
        self.refresh_page()

    async def approve(self, question: Question) -> bool:
        """Ask for an approval, and add the answer to the report. A rehearsal names the people and returns True."""
        if self._order is not None and self._order.rehearse:
            self.note(question.text, f"rehearsal: would ask {question.asks()}")
            return True
        if why := question.nobody_may():
            raise refuse(why)
        answer = await self.journal.decide(question, lambda on_waiting: self.ask(question, on_waiting=on_waiting), None)
        by = ", ".join(a.by for a in answer.answers)
        self.note(question.text, f"{answer.option} by {by}", Outcome.OK if answer.approved else Outcome.FAILED)
        return answer.approved

    async def prove(self, instruction: str, report: RunbookReport) -> None:
        """Record the result as a proof of an instruction of the dossier, unless the run proves nothing about it."""
        use: Use | None = use_of(report.outcome is Outcome.OK, rehearsed=True)
        if not report.rehearsed:
            use = how_it_fared(report.outcome, report.steps, self.steps.ended_at)
        if use is None:
            return
        proof = proof_by_this_run(self.plan.application, instruction, use, self.plan.dossier)
        await call(
            write_records,
            WriteRecords(proofs=[proof]),
            retry=WRITE,
            summary=f"Record that {instruction} was {use.value.replace('-', ' ')}",
        )

    async def report(self, outcome: Outcome, summary: str) -> RunbookReport:
        """Release the lease, and return the report with all steps.

        A rehearsal is OK when every host could be queried. A component that is not healthy yet does not make it fail.
        """
        rehearsed = bool(self._order and self._order.rehearse)
        if rehearsed:
            outcome = worst([step.outcome for step in self._done if step.host is not None])
        await self.give_lease_back()
        await self.all_notified()
        await workflow.wait_condition(workflow.all_handlers_finished)
        self._ended = True
        self.now(f"Done: {summary}")
        return RunbookReport(
            runbook=workflow.info().workflow_type.removeprefix("runbook."),
            rehearsed=rehearsed,
            outcome=outcome,
            steps=steps_that_fit(self._done, CARRIED // 2),
            summary=f"Rehearsal, nothing was changed. {summary}" if rehearsed else summary,
        )

    @property
    def _done(self) -> list[StepReport]:
        return self._steps.reports if self._steps else []

    @workflow.query(name="status", description="The steps so far, each with its outcome")
    def status(self) -> list[StepReport]:
        """Return the steps so far, shortened to the size limit of an answer."""
        return steps_that_fit(self._done, ANSWER)

    def refresh_page(self) -> None:
        """Refresh the page."""
        self.journal.refresh_page()

    def _page(self) -> str:
        order = self._order
        return page(
            f"### {plain(workflow.info().workflow_type)}" + (" (rehearsal)" if order and order.rehearse else ""),
            f"{linked(self.journal.doing)} · for {plain(order.application)}, requested by {plain(order.requested_by)}"
            if order
            else "",
            plain(order.reason) if order else "",
            self.gates_markdown(),
            steps_table(self._done, _SHOWN),
            self._what_next(order) if order else "",
        )

    def _what_next(self, order: RunbookInput) -> str:
        """Return how to stop the runbook while it runs, and afterwards where its report is."""
        if self._ended:
            return (
                f"The steps with the output of each host: `driftvakt runbook runs --application {order.application}`."
            )
        return "**To stop it**, press *Request Cancellation*: running commands are ended, and no further step starts."


def refuse(message: str) -> ApplicationError:
    """Return the error with which a runbook ends when it cannot do what its input asks for; `message` is one sentence."""
    return refusal(message, RunbookError)
