"""Carries out instructions: the steps of a dossier, one after the other."""

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
from models.plans import ApplicationPlan, SiteProbes
from models.probes import WatchHealth
from models.runbooks import RunbookReport, StepReport
from workflows.gates.gates import approval_question
from workflows.runtime.keys import child_id, passed_on
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain, worst
from workflows.steps.health import watch
from workflows.steps.hosts import HostWork, unique, worth_another_try
from workflows.steps.notify import delivered, notify
from workflows.steps.restarting import failing_hosts
from workflows.steps.text import step_title

_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=5)
"""The longest pause between checks whether a runbook from before a reset has ended."""

Ask = Callable[[Question], Awaitable[GateOutcome]]


class Steps(HostWork):
    """Carries out steps for one workflow: on hosts as `HostWork` does, and also probes, questions, notices and
    runbooks.

    `ask` answers `ask` steps. `requester` is the person who may be excluded from answering.
    """

    def __init__(
        self,
        plan: ApplicationPlan,
        *,
        requester: str,
        rehearse: bool = False,
        ask: Ask | None = None,
        on_report: Callable[[StepReport], None] | None = None,
        on_wait: Callable[[str], None] = lambda reason: None,
        lease: HeldLease | None = None,
    ) -> None:
        super().__init__(plan, rehearse=rehearse, on_report=on_report, on_wait=on_wait, lease=lease)
        self.requester = requester
        self.ended_at: Step | None = None
        """The step that ended `carry_out` because it was not OK."""
        self._ask = ask
        self._failing_hosts: dict[str, list[str]] = {}
        """Component to the hosts that failed when the first step asked for them."""

    async def carry_out(self, steps: Sequence[Step]) -> Outcome:
        """Carry out steps in order. The first that is not OK ends them; return its outcome."""
        self.ended_at = None
        self._failing_hosts.clear()
        for step in steps:
            outcome = await self.carry_out_one(step)
            if outcome is not Outcome.OK and not self.rehearse:
                self.ended_at = step
                return outcome
        return Outcome.OK

    async def carry_out_one(self, step: Step) -> Outcome:
        """Carry out one step, with its retries. Skip it if its check finds that it has nothing to do."""
        if isinstance(step, RunStep):
            return await self.run(await self._on_failing_hosts(step))
        if step.check is not None and (found := await self._run_check(step, step.check)) is not None:
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
                return await self.run(await self._on_failing_hosts(step))
            case StartStep():
                return await self.ensure(step.component, Verb.STARTED, step.timeout, await self._hosts_of(step))
            case StopStep():
                return await self.ensure(step.component, Verb.STOPPED, step.timeout, await self._hosts_of(step))
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

    async def _on_failing_hosts(self, step: RunStep) -> list[RunStep]:
        """Return a command as one step for each failing host if it is for those only, else unchanged."""
        hosts = await self._hosts_of(step)
        if hosts is None:
            return [step]
        return [step.model_copy(update={"component": None, "host": host}) for host in hosts]

    async def _hosts_of(self, step: RunStep | StartStep | StopStep | RestartStep) -> list[str] | None:
        """Return the failing hosts of a step's component if the step is for those only; None: all hosts."""
        component = step.component or self.component
        if step.hosts is not OnHosts.FAILING or component is None or self.rehearse:
            return None
        if component not in self._failing_hosts:
            self._failing_hosts[component] = await failing_hosts(self, component)
        if not self._failing_hosts[component]:
            said = f"no measuring point of a host fails, and {component} runs on all of its hosts: nothing to do"
            self.note(StepReport(title=step_title(step), outcome=Outcome.OK, changed=False, detail=said))
        return self._failing_hosts[component]

    async def _run_check(self, step: Step, check: Check) -> Outcome | None:
        """Return the outcome of a step that needs no action, or whose check gave no answer; None: the step must run."""
        title = f"Is there anything to do? {step_title(step)}"
        query = RunStep(
            title=title,
            component=check.component,
            host=check.host,
            command=check.command,
            read_only=True,
            timeout=check.timeout,
        )
        results = await self._run_all([(query, place) for place in self._places(query)], reported=False)
        for result in results:
            # Any exit status is an answer. Without one, the check did not run.
            reported, said = (
                result.exit_status is not None,
                "nothing to do" if result.exit_status == 0 else "the step must run",
            )
            self._report(
                title,
                result.model_copy(update={"outcome": Outcome.OK, "reason": said}) if reported else result,
                read_only=True,
                precheck=True,
            )
        if any(result.exit_status is None for result in results):
            return worst([result.outcome for result in results if result.exit_status is None])
        return Outcome.OK if all(result.exit_status == 0 for result in results) else None

    # --- probes, questions, waits, runbooks

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
            failing_checks=1 if self.rehearse else None,
            give_up_after=step.timeout,
        )
        verdict = await watch(probes, watching, title)
        outcome = Outcome.OK if verdict.healthy else Outcome.FAILED
        self.note(StepReport(title=title, outcome=outcome, changed=False, detail=verdict.reason))
        return outcome

    async def _question(self, step: AskStep) -> Outcome:
        title = step.title or step.question
        deciders = self.plan.holders(step.approval.roles)
        question = approval_question(
            step.question, title, step.approval, deciders, self.requester, ordered=not self.heals
        )
        if not deciders:  # as in a change that was written out, which no check of a dossier has read
            self.note(StepReport(title=title, outcome=Outcome.FAILED, changed=False, detail=question.nobody_may()))
            return Outcome.FAILED
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
        title = step.title or f"Notify {', '.join([*step.contacts, *step.roles])}"
        return await self.notify([*step.contacts, *holders], step.text, title, must_be_delivered=step.must_be_delivered)

    async def notify(self, people: Sequence[str], text: str, title: str, *, must_be_delivered: bool = False) -> Outcome:
        """Send a notice to contacts. If it reaches nobody, that is a failure only if the step requires it."""
        people = unique(people)
        if self.rehearse:
            self.note(
                StepReport(title=title, outcome=Outcome.OK, changed=False, detail=f"would notify {', '.join(people)}")
            )
            return Outcome.OK
        try:
            receipt = await notify(self.plan, people, text, summary=title)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            receipt = NoticeReceipt(key="", notes=[explain(error)])
        outcome = Outcome.OK if receipt.reached or not must_be_delivered else Outcome.FAILED
        self.note(StepReport(title=title, outcome=outcome, changed=False, detail=delivered(receipt)))
        return outcome

    async def _runbook(self, step: RunbookStep) -> Outcome:
        title = step.title or f"Runbook {step.runbook}"
        return await self.runbook(step.runbook, step.inputs, title)

    async def runbook(self, name: str, inputs: dict[str, Any], title: str) -> Outcome:
        """Run a runbook as a child workflow. Its steps are reported as steps of this workflow."""
        # The values of this workflow come last, so that no input in a dossier makes a rehearsal change something.
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
                self._unsure(title, f"cancelled; {error.workflow_id} shows its steps until then")
                raise
            if isinstance(error.cause, ApplicationError) and error.cause.type in FINAL:
                return self._not_possible(title, error.cause.message)
            return self._unsure(title, f"{error.cause or error}; {error.workflow_id} shows its steps until then")
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
                # This workflow was reset while its runbook ran, so no event reports the runbook's end. This workflow waits, and
                # then runs it again: steps that are done have the same keys, so their results are read.
                await workflow.sleep(pause, summary=summary_line(f"{id} still runs, from before the reset"))
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return report

    def _passed_on(self) -> HeldLease | None:
        """Return the lease for a runbook, with fencing tokens of its own."""
        if self.lease is None:
            return None
        first = self._tokens if self.lease.rises else 0
        self._tokens += TOKENS_OF_A_RUNBOOK
        return self.lease.model_copy(update={"fences": {name: t + first for name, t in self.lease.fences.items()}})

    def _point(self, name: str) -> SiteProbes:
        return self._find("measuring point", self.plan.points, name)
