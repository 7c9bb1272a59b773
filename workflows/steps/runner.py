"""Carrying out instructions: the steps of a dossier, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from models.dossier.instructions import (
    AskStep,
    Check,
    NotifyStep,
    OnHosts,
    ProbeStep,
    RestartStep,
    RunbookStep,
    RunStep,
    StartStep,
    Step,
    StopStep,
    WaitStep,
)
from models.errors import FINAL
from models.fences import TOKENS_OF_A_RUNBOOK, HeldLease
from models.gates import GateOutcome, Question
from models.jobs import Outcome, Verb
from models.notices import NoticeReceipt
from models.probes import WatchHealth
from models.runbooks import RunbookReport, StepReport
from models.slices import ApplicationPlan, SiteProbes
from workflows.gates.gates import approval_question
from workflows.runtime.keys import child_id, passed_on
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain, worst
from workflows.steps.health import watch
from workflows.steps.hosts import HostWork, unique, worth_another_try
from workflows.steps.notify import delivered, tell
from workflows.steps.restarting import ill_hosts
from workflows.steps.text import step_title

LOOKED = "Is there anything to do?"
"""Begins the title of what a check found."""

_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=5)
"""Before it is seen again whether a runbook from before a reset has ended."""

Ask = Callable[[Question], Awaitable[GateOutcome]]


class Steps(HostWork):
    """Carries steps out for one workflow: on hosts as `HostWork` does, and besides by probes, questions, notices and runbooks.

    `ask` answers `ask` steps, and `requester` is who may be excluded from answering.
    """

    def __init__(
        self,
        plan: ApplicationPlan,
        *,
        requester: str,
        rehearse: bool = False,
        ask: Ask | None = None,
        heard: Callable[[StepReport], None] | None = None,
        waits: Callable[[str], None] = lambda reason: None,
        lease: HeldLease | None = None,
    ) -> None:
        super().__init__(plan, rehearse=rehearse, heard=heard, waits=waits, lease=lease)
        self.requester = requester
        self.ended_at: Step | None = None
        """The step that `carry_out` ended at, because it was not OK."""
        self._ask = ask
        self._ill: dict[str, list[str]] = {}
        """Component to its hosts that were ill when the first step asked for them."""

    async def carry_out(self, steps: Sequence[Step]) -> Outcome:
        """Carry steps out in order; the first that is not OK ends it, and its outcome is returned."""
        self.ended_at = None
        self._ill.clear()
        for step in steps:
            outcome = await self.carry_out_one(step)
            if outcome is not Outcome.OK and not self.rehearse:
                self.ended_at = step
                return outcome
        return Outcome.OK

    async def carry_out_one(self, step: Step) -> Outcome:
        """Carry one step out, as often as it may be tried; it is passed over where its check finds nothing to do."""
        if isinstance(step, RunStep):
            return await self.run(await self._on_ill_hosts(step))
        if step.check is not None and (found := await self._look(step, step.check)) is not None:
            return found
        outcome, tries = await self._act(step), 1
        while not self.rehearse and worth_another_try(step, outcome, tries):
            tries += 1
            await self._pause_before(tries, step)
            outcome = await self._act(step)
        return outcome

    async def _act(self, step: Step) -> Outcome:
        match step:
            case RunStep():
                return await self.run(await self._on_ill_hosts(step))
            case StartStep():
                return await self.bring(step.component, Verb.STARTED, step.timeout, await self._hosts_of(step))
            case StopStep():
                return await self.bring(step.component, Verb.STOPPED, step.timeout, await self._hosts_of(step))
            case RestartStep():
                return await self.restart(step.component, step.timeout, await self._hosts_of(step))
            case ProbeStep():
                return await self._probe(step)
            case AskStep():
                return await self._question(step)
            case WaitStep():
                return await self._pause(step)
            case NotifyStep():
                return await self._notify(step)
            case RunbookStep():
                return await self._runbook(step)

    async def _on_ill_hosts(self, step: RunStep) -> list[RunStep]:
        """A command as one step a host where it is for ill hosts only, else as it is."""
        hosts = await self._hosts_of(step)
        if hosts is None:
            return [step]
        return [step.model_copy(update={"component": None, "host": host}) for host in hosts]

    async def _hosts_of(self, step: RunStep | StartStep | StopStep | RestartStep) -> list[str] | None:
        """The ill hosts of a step's component where it is for those only; None: all of its hosts."""
        component = step.component or self.component
        if step.hosts is not OnHosts.ILL or component is None or self.rehearse:
            return None
        if component not in self._ill:
            self._ill[component] = await ill_hosts(self, component)
        if not self._ill[component]:
            said = f"no measuring point of a host fails, and {component} runs on all of its hosts: nothing to do"
            self.note(StepReport(title=step_title(step), outcome=Outcome.OK, changed=False, detail=said))
        return self._ill[component]

    async def _look(self, step: Step, check: Check) -> Outcome | None:
        """Whether a step is over before it began: there is nothing to do, or nobody can tell; None: it is to be done."""
        title = f"{LOOKED} {step_title(step)}"
        looking = RunStep(
            title=title,
            component=check.component,
            host=check.host,
            command=check.command,
            read_only=True,
            timeout=check.timeout,
        )
        results = await self._run_all([(looking, place) for place in self._places(looking)], told=False)
        for result in results:
            # An exit status is an answer, whichever; without one nobody has looked.
            told, said = (
                result.exit_status is not None,
                "nothing to do" if result.exit_status == 0 else "it is to be done",
            )
            self._report(
                title,
                result.model_copy(update={"outcome": Outcome.OK, "reason": said}) if told else result,
                read_only=True,
            )
        if any(result.exit_status is None for result in results):
            return worst([result.outcome for result in results if result.exit_status is None])
        return Outcome.OK if all(result.exit_status == 0 for result in results) else None

    # --- looking, asking, waiting, runbooks

    async def _probe(self, step: ProbeStep) -> Outcome:
        title = step.title or f"Wait until {step.component or ', '.join(step.measuring_points)} is healthy"
        probes = [self._point(name) for name in step.measuring_points]
        if step.component is not None:
            probes += self._component(step.component).health
        if not probes:
            return self._not_possible(title, "no measuring point shows its health")
        watching = WatchHealth(
            targets=probes[0].targets,
            every=self.plan.terms.confirm_every,
            healthy_for=step.healthy_for or timedelta(milliseconds=1),
            failing_looks=1 if self.rehearse else None,
            give_up_after=step.timeout,
        )
        verdict = await watch(probes, watching, title)
        outcome = Outcome.OK if verdict.healthy else Outcome.FAILED
        self.note(StepReport(title=title, outcome=outcome, changed=False, detail=verdict.reason))
        return outcome

    async def _question(self, step: AskStep) -> Outcome:
        title = step.title or step.question
        deciders = sorted({p for role in step.approval.roles for p in self.plan.people.get(role, [])})
        question = approval_question(
            step.question, title, step.approval, deciders, self.requester, ordered=not self.heals
        )
        if self.rehearse or self._ask is None:
            asks = f"would ask {question.asks()}"
            self.note(StepReport(title=title, outcome=Outcome.OK, changed=False, detail=asks))
            return Outcome.OK
        answer = await self._ask(question)
        by = ", ".join(a.by for a in answer.answers)
        outcome = Outcome.OK if answer.approved else Outcome.FAILED
        self.note(StepReport(title=title, outcome=outcome, changed=False, detail=f"{answer.option} by {by}"))
        return outcome

    async def _pause(self, step: WaitStep) -> Outcome:
        title = step.title or f"Wait: {step.reason}"
        if not self.rehearse:
            await workflow.sleep(step.duration, summary=summary_line(title))
        self.note(StepReport(title=title, outcome=Outcome.OK, changed=False, detail=step.reason))
        return Outcome.OK

    async def _notify(self, step: NotifyStep) -> Outcome:
        holders = [p for role in step.roles for p in self.plan.people.get(role, [])]
        title = step.title or f"Tell {', '.join([*step.contacts, *step.roles])}"
        return await self.tell([*step.contacts, *holders], step.text, title, must_reach=step.must_reach)

    async def tell(self, people: Sequence[str], text: str, title: str, *, must_reach: bool = False) -> Outcome:
        """Write to contacts of the dossier; that nobody is reached is a failure only where somebody must be."""
        people = unique(people)
        if self.rehearse:
            self.note(
                StepReport(title=title, outcome=Outcome.OK, changed=False, detail=f"would tell {', '.join(people)}")
            )
            return Outcome.OK
        try:
            receipt = await tell(self.plan, people, text, summary=title)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            receipt = NoticeReceipt(key="", notes=[explain(error)])
        outcome = Outcome.OK if receipt.reached or not must_reach else Outcome.FAILED
        self.note(StepReport(title=title, outcome=outcome, changed=False, detail=delivered(receipt)))
        return outcome

    async def _runbook(self, step: RunbookStep) -> Outcome:
        title = step.title or f"Runbook {step.runbook}"
        return await self.runbook(step.runbook, step.inputs, title)

    async def runbook(self, name: str, inputs: dict[str, Any], title: str) -> Outcome:
        """Carry a runbook out as a child workflow; its steps are reported as this workflow's own."""
        # What this workflow says comes last: no input in a dossier turns a rehearsal into the real thing.
        order = {
            "reason": title,
            **inputs,
            "application": self.plan.application,
            "dossier": self.plan.dossier,
            "requested_by": self.requester,
            "rehearse": self.rehearse,
            "lease": self._passed_on(),
        }
        try:
            report = await self._child(name, order, title)
        except ChildWorkflowError as error:
            if is_cancelled_exception(error):
                self._unsure(title, f"cancelled; what it had done by then stands in {error.workflow_id}")
                raise
            if isinstance(error.cause, ApplicationError) and error.cause.type in FINAL:
                return self._not_possible(title, error.cause.message)
            return self._unsure(
                title, f"{error.cause or error}; what it had done by then stands in {error.workflow_id}"
            )
        for step in report.steps:
            self.note(step)
        return report.outcome

    async def _child(self, name: str, order: dict[str, Any], title: str) -> RunbookReport:
        id, pause = child_id(name), _FIRST_PAUSE
        while True:
            try:
                report: RunbookReport = await workflow.execute_child_workflow(
                    f"runbook.{name}",
                    order,
                    id=id,
                    memo=passed_on(),
                    result_type=RunbookReport,
                    static_summary=summary_line(title),
                    search_attributes=workflow.info().typed_search_attributes,
                )
            except WorkflowAlreadyStartedError:
                # This workflow was reset while its runbook ran; nobody tells it how that ends. What the runbook has done by
                # then is read, and not done again: it makes the same keys.
                await workflow.sleep(pause, summary=summary_line(f"{id} still runs, from before the reset"))
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return report

    def _passed_on(self) -> HeldLease | None:
        """The lease as a runbook gets it, with tokens of its own."""
        if self.lease is None:
            return None
        first = self._tokens if self.lease.rises else 0
        self._tokens += TOKENS_OF_A_RUNBOOK
        return self.lease.model_copy(update={"fences": {name: t + first for name, t in self.lease.fences.items()}})

    def _point(self, name: str) -> SiteProbes:
        return self._find("measuring point", self.plan.points, name)
