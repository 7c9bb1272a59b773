"""What every runbook inherits: the slice of the dossier it acts by, steps that can be rehearsed, gates, and a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

from activities.stubs.records import load_application_plan, write_records
from models.converter import WRONG_INPUT
from models.fences import HeldLease
from models.gates import Question
from models.jobs import Outcome
from models.names import APPLICATION, CUSTOMER, TITLE
from models.notices import Occasion
from models.operation import OperationKind
from models.people import Person, is_among, stranger, who_is
from models.proof import ProofRecord, Use, use_of
from models.records import WriteRecords
from models.runbooks import RunbookInput, RunbookReport, StepReport, steps_that_fit
from models.sizes import ANSWER, CARRIED
from models.slices import ApplicationPlan, ComponentPlan, PlanRequest, may_not_operate
from workflows.gates.gates import Asking
from workflows.runtime.calls import call, look_up
from workflows.runtime.details import Details
from workflows.runtime.markdown import linked, narrow, page, plain, summary_line, table
from workflows.runtime.outcomes import worst
from workflows.runtime.policies import WRITE
from workflows.steps.lease import Holding
from workflows.steps.notify import tell_deciders
from workflows.steps.proof import how_it_fared
from workflows.steps.runner import Steps

_Class = TypeVar("_Class", bound="type[Runbook]")
_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)
_CUSTOMER = SearchAttributeKey.for_keyword(CUSTOMER)
_TITLE = SearchAttributeKey.for_keyword(TITLE)

_SHOWN = 15
"""Steps on the details page: the last ones."""

_LASTS = timedelta(minutes=30)
"""So long at the most a runbook's alarms are taken for its own doing."""


def runbook(name: str) -> Callable[[_Class], _Class]:
    """Declare a class as the runbook `name`, in the file `runbooks/NAME.py` (hyphens become underscores).

    Whoever types a wrong input into the UI gets a failed workflow that says so, not one that is stuck.
    """
    return workflow.defn(name=f"runbook.{name}", failure_exception_types=WRONG_INPUT)


class Runbook(Holding, Asking):
    """Base of the workflow classes in `runbooks/`.

    A runbook calls `begin` first, acts through the `Steps` it gets (which rehearse by themselves when asked to), and returns
    what `report` gives. Its docstring's first line is its title; its input is `RunbookInput` or a subclass. It acts under the
    lease of what it `touches`: its component, or the whole application if its input has no `component`. One that only looks says
    `acts = False` and needs none.
    """

    acts: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._details = Details(self._page)
        self._order: RunbookInput | None = None
        self._steps: Steps | None = None
        self._doing = "Starting"
        self._halted = ""
        self._ended = False

    async def begin(self, order: RunbookInput) -> Steps:
        """Load what the dossier says of the application, and give the steps to act through."""
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
        # Another workflow has asked for it on behalf of somebody, or it was somebody.
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
            heard=lambda _: self.on_gates_changed(),
            waits=self._waits,
            lease=order.lease,
        )
        self.on_gates_changed()
        if self.acts and not order.rehearse and order.lease is None:
            await self._take_lease(order, self._steps)
        return self._steps

    @property
    def _title(self) -> str:
        """What people read of it in lists."""
        component = getattr(self._order, "component", None)
        return f"Runbook {workflow.info().workflow_type.removeprefix('runbook.')}" + (
            f" on {component}" if component else ""
        )

    async def _take_lease(self, order: RunbookInput, steps: Steps) -> None:
        components = self.touches(order)
        if components is None:
            return
        for name in components:
            self.component(name)
        answer = await self.take_lease(
            order.application,
            OperationKind.RUNBOOK,
            order.reason or self._title,
            order.requested_by,
            components=components,
            dossier=self.plan.dossier,
            lasts=_LASTS,
            waits=lambda reason: self.now(f"Waiting for the lease: {reason}"),
            ask=self.approve,
        )
        assert answer is not None
        steps.lease = HeldLease(holder=workflow.info().workflow_id, fences=answer.fences, rises=answer.rises)

    def touches(self, order: RunbookInput) -> list[str] | None:
        """The components that it acts on: its lease covers them and all that need them. None at all (an empty list): the whole
        application. `None`: it changes nothing this time, and needs no lease.

        `begin` calls it when the dossier is loaded. The component of the input, unless a subclass says otherwise.
        """
        component: str | None = getattr(order, "component", None)
        return [component] if component else []

    @property
    def steps(self) -> Steps:
        """What `begin` gave."""
        if self._steps is None:
            raise refuse("the runbook acts before it has called begin")
        return self._steps

    @property
    def plan(self) -> ApplicationPlan:
        """What the dossier says of the application; there once `begin` has returned."""
        return self.steps.plan

    def component(self, name: str) -> ComponentPlan:
        """A component of the application; the runbook fails with the names of those that there are."""
        try:
            return self.plan.components[name]
        except KeyError:
            known = ", ".join(self.plan.components)
            raise refuse(f"{self.plan.application} has no component {name!r}; it has {known}") from None

    def contacts(self) -> list[Person]:
        """Everybody whom the dossier knows."""
        return self._steps.plan.contacts if self._steps else []

    def application(self) -> str:
        """On which it acts."""
        return self.plan.application

    async def write_to(self, occasion: Occasion, people: Sequence[str], text: str, **facts: Any) -> None:
        """Write to whoever may decide; that nobody could be reached is a step of its report."""
        written = await tell_deciders(
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
        """Say what is being done, for the details page."""
        self._doing = doing
        self.on_gates_changed()

    def _waits(self, reason: str) -> None:
        self._halted = reason
        self.on_gates_changed()

    def note(self, title: str, detail: str, outcome: Outcome = Outcome.OK, host: str | None = None) -> None:
        """Report something that was found or left undone as a step of its own."""
        self.steps.reports.append(
            StepReport(title=title, host=host, outcome=outcome, changed=False, detail=detail),
        )
        self.on_gates_changed()

    async def approve(self, question: Question) -> bool:
        """Ask for an approval, and report the answer as a step; a rehearsal says who would be asked and goes on."""
        if self._order is not None and self._order.rehearse:
            self.note(question.text, f"rehearsal: would ask {question.asks()}")
            return True
        if why := question.nobody_may():
            raise refuse(why)
        self.now(f"Waiting for a decision: {question.text}")
        answer = await self.ask(question)
        by = ", ".join(a.by for a in answer.answers)
        self.note(question.text, f"{answer.option} by {by}", Outcome.OK if answer.approved else Outcome.FAILED)
        return answer.approved

    async def prove(self, instruction: str, report: RunbookReport) -> None:
        """Keep how an instruction of the dossier fared, as its proof; nothing where nothing was learnt of it."""
        use: Use | None = use_of(report.outcome is Outcome.OK, rehearsed=True)
        if not report.rehearsed:
            use = how_it_fared(report.outcome, report.steps, self.steps.ended_at)
        if use is None:
            return
        info = workflow.info()
        proof = ProofRecord(
            application=self.plan.application,
            instruction=instruction,
            use=use,
            operation=info.workflow_id,
            run=info.run_id,
            dossier=self.plan.dossier,
            at=workflow.now(),
        )
        await call(
            write_records,
            WriteRecords(proofs=[proof]),
            retry=WRITE,
            summary=f"Keep that {instruction} was {use.value.replace('-', ' ')}",
        )

    async def report(self, outcome: Outcome, summary: str) -> RunbookReport:
        """Say what was done, and give the lease back.

        A rehearsal is OK when every host could be looked at: what is not healthy yet says nothing against the plan.
        """
        rehearsed = bool(self._order and self._order.rehearse)
        if rehearsed:
            outcome = worst([step.outcome for step in self._done if step.host is not None])
        await self.give_lease_back()
        await self.all_told()
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

    @workflow.query(name="status", description="The steps so far, with what came of each")
    def status(self) -> list[StepReport]:
        """The steps so far."""
        return steps_that_fit(self._done, ANSWER)

    def on_gates_changed(self) -> None:
        """Show what has changed on the page."""
        self._details.changed()

    def _page(self) -> str:
        order = self._order
        rows = [
            (
                plain(narrow(s.title), 80),
                plain(s.host or "-"),
                s.outcome.value,
                plain(narrow(s.detail.splitlines()[0]) if s.detail else "", 120),
            )
            for s in self._done[-_SHOWN:]
        ]
        hidden = len(self._done) - len(rows)
        return page(
            f"### {plain(workflow.info().workflow_type)}" + (" (rehearsal)" if order and order.rehearse else ""),
            f"{linked(self._halted or self._doing)} · for {plain(order.application)}, asked for by {plain(order.requested_by)}"
            if order
            else "",
            plain(order.reason) if order else "",
            self.gates_markdown(),
            f"The last {len(rows)} steps; {hidden} came before them." if hidden > 0 else "",
            table(["step", "host", "outcome", "what came of it"], rows),
            self._what_next(order) if order else "",
        )

    def _what_next(self, order: RunbookInput) -> str:
        """How to stop it while it runs; where its report is once it has ended."""
        if self._ended:
            return f"What it did, with what each host said: `driftvakt runbook runs --application {order.application}`."
        return "**To stop it**, press *Request Cancellation*: what runs on a host is told to end, and nothing more is begun."


def refuse(message: str) -> ApplicationError:
    """What a runbook raises to end with one sentence: its input asks for something that cannot be."""
    return ApplicationError(message, type="RunbookError", non_retryable=True)
