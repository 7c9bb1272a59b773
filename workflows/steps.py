"""Carrying out instructions: the steps of a dossier, one after the other, each as few activities as it can be.

Every remote action has a job id made here, from the workflow, its first run and a count; so whatever is retried, replayed or
reset, the same intention runs at most once on its host.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    FailureError,
    TimeoutError,
    TimeoutType,
    is_cancelled_exception,
)
from temporalio.workflow import ActivityCancellationType

from activities.stubs.halts import await_lift
from activities.stubs.hosts import ensure_component, run_batch
from activities.stubs.probes import watch_health
from models.dossier.instructions import (
    AskStep,
    Check,
    NotifyStep,
    ProbeStep,
    RestartStep,
    RunbookStep,
    RunStep,
    StartStep,
    Step,
    StopStep,
    TriedAgain,
    WaitStep,
)
from models.errors import FINAL, HaltedError
from models.fences import TOKENS_OF_A_RUNBOOK, HeldLease
from models.gates import GateOutcome, Question
from models.halts import AwaitLift
from models.jobs import BatchResult, EnsureComponent, JobResult, Outcome, RunBatch, RunJob, Verb
from models.notices import NoticeReceipt
from models.probes import HealthVerdict, Sample, WatchHealth
from models.runbooks import RunbookReport, StepReport
from models.slices import ApplicationPlan, ComponentPlan, Placement, SiteProbes
from workflows.gates import approval_question
from workflows.policies import HALTED, HEARTBEAT, HOST, PROBE, RECORD_TIMEOUT, SITE_WAIT
from workflows.scope import on_host
from workflows.telling import delivered, tell
from workflows.wording import command_text, step_title

_MARGIN = timedelta(seconds=30)
"""What an activity is given beyond the deadline of its own work: the remote deadline must come first."""

_CANCELLED = "cancelled before its worker said what became of it; look at the host"

_AT_ONCE = 32
"""Hosts of one batch at the same time."""

_MOST_JOBS = 64
"""In one batch, unless one host has more: its results, of some 17 KB at most each, must fit into one payload."""

LOOKED = "Is there anything to do?"
"""Begins the title of what a check found."""

_NOT_IN_A_JOB_ID = re.compile(r"[^A-Za-z0-9._-]")

Ask = Callable[[Question], Awaitable[GateOutcome]]
HostRequest = TypeVar("HostRequest", RunBatch, EnsureComponent)


class Steps:
    """Carries steps out for one workflow; every step becomes `StepReport`s, and no fault of a host becomes an exception.

    `ask` answers `ask` steps, `requester` is who may be excluded from answering, `heard` is called with every report, and
    `waits` with why a step waits, or with nothing once it goes on. Whatever changes something carries a
    fencing token of `lease`, without which nothing is changed.
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
        self.plan = plan
        self.lease = lease
        self.requester = requester
        self.rehearse = rehearse
        self.reports: list[StepReport] = []
        self.component: str | None = None
        """What a run step that names neither component nor host is about: the component in trouble."""
        self._ask = ask
        self._heard = heard
        self._waits = waits
        self._halted = 0
        """Steps that wait until a halt is lifted."""
        self._jobs = 0
        self._tokens = 0
        """Of the lease, that are used up."""

    async def carry_out(self, steps: Sequence[Step]) -> Outcome:
        """Carry steps out in order; the first that is not OK ends it, and its outcome is returned."""
        for step in steps:
            outcome = await self.carry_out_one(step)
            if outcome is not Outcome.OK and not self.rehearse:
                return outcome
        return Outcome.OK

    async def carry_out_one(self, step: Step) -> Outcome:
        """Carry one step out, as often as it may be tried; it is passed over where its check finds nothing to do."""
        if isinstance(step, RunStep):
            return await self.run([step])
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
                return await self.run([step])
            case StartStep():
                return await self.bring(step.component, Verb.STARTED, step.timeout)
            case StopStep():
                return await self.bring(step.component, Verb.STOPPED, step.timeout)
            case RestartStep():
                return await self.restart(step.component, step.timeout)
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

    async def _pause_before(self, tries: int, *steps: Step) -> None:
        again = [step for step in steps if isinstance(step, TriedAgain)]
        pause, most = max(step.pause for step in again), max(step.tries for step in again)
        await workflow.sleep(pause, summary=f"Before try {tries} of {most}")

    # --- commands

    async def run(self, steps: Sequence[RunStep]) -> Outcome:
        """Run commands, all at once over sites and hosts and in order on each host; the worst outcome is returned."""
        return worst([result.outcome for result in await self.run_for_results(steps)])

    async def run_for_results(self, steps: Sequence[RunStep]) -> list[JobResult]:
        """Run commands as `run` does, for whoever decides by what they print; one result a step and host, in order."""
        work = [(step, place) for step in steps for place in self._places(step)]
        results, tries = await self._run_all(work), 1
        while again := [
            n
            for n, (step, _) in enumerate(work)
            if worth_another_try(step, results[n].outcome, tries) and not self.rehearse
        ]:
            tries += 1
            await self._pause_before(tries, *(work[n][0] for n in again))
            for n, result in zip(again, await self._run_all([work[n] for n in again]), strict=True):
                results[n] = result
        return results

    async def glance(self, step: RunStep) -> JobResult:
        """Run a command that changes nothing on one host, and leave it out of the reports."""
        [result] = await self._run_all([(step, place) for place in self._places(step)], told=False)
        return result

    async def _run_all(self, steps: Sequence[tuple[RunStep, Placement]], *, told: bool = True) -> list[JobResult]:
        work = [(place.queue, step, self._job(step, place)) for step, place in steps]
        batches = _batches(work)
        done = await asyncio.gather(*[self._run_batch(queue, batch, told=told) for queue, batch in batches])
        results = {result.job: result for batch in done for result in batch}
        return [results[job.job] for _, _, job in work]

    def _places(self, step: RunStep) -> list[Placement]:
        if step.host is not None:
            return [self._host(step.host)]
        if (component := step.component or self.component) is not None:
            return self._component(component).placements
        raise ApplicationError("a run step names neither component nor host", type="DossierError", non_retryable=True)

    def _job(self, step: RunStep, place: Placement) -> RunJob:
        return RunJob(
            job=self._job_id(),
            host=place.host,
            command=step.command,
            check=step.check,
            read_only=step.read_only,
            timeout=step.timeout,
            fences={} if step.read_only else self._fences(step.component or self.component, step.host),
            rehearse=self.rehearse,
            application=self.plan.application,
        )

    async def _run_batch(self, queue: str, work: list[tuple[RunStep, RunJob]], *, told: bool) -> list[JobResult]:
        titles = [step.title or command_text(step.command) for step, _ in work]
        # Jobs of one host run one after the other, so that host's timeouts add up.
        per_host: dict[str, timedelta] = defaultdict(timedelta)
        for _, job in work:
            per_host[job.host.name] += job.timeout
        waves = -(-len(per_host) // _AT_ONCE)
        try:
            batch: BatchResult = await self._on_host(
                run_batch,
                RunBatch(jobs=[job for _, job in work], at_once=_AT_ONCE),
                task_queue=queue,
                summary=self._summary(_unique(titles), [job.host.name for _, job in work]),
                schedule_to_start_timeout=SITE_WAIT,
                start_to_close_timeout=waves * max(per_host.values()) + _MARGIN,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=HOST,
                cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
            results = batch.results
        except ActivityError as error:
            if is_cancelled_exception(error):
                for (_, job), title in zip(work, titles, strict=True):
                    self._unsure(title, _CANCELLED, job.host.name)
                raise
            results = [_failed(job.job, job.host.name, command_text(job.command), error) for _, job in work]
        for (step, _), title, result in zip(work, titles, results, strict=True):
            if told:
                self._report(title, result, read_only=step.read_only)
        stop_if_cancelled()
        return results

    # --- components

    async def restart(
        self, component: str, limit: timedelta | None = None, hosts: Collection[str] | None = None
    ) -> Outcome:
        """Stop, then start a component, host by host; only on these hosts where some are named."""
        for place in self._placements(component, hosts):
            for verb in (Verb.STOPPED, Verb.STARTED):
                outcome = await self._ensure(component, place, verb, limit)
                if outcome is not Outcome.OK and not self.rehearse:
                    return outcome
        return Outcome.OK

    async def bring(
        self, component: str, verb: Verb, limit: timedelta | None = None, hosts: Collection[str] | None = None
    ) -> Outcome:
        """Bring a component to started or stopped on all its hosts, or these, at once; the worst outcome is returned."""
        places = self._placements(component, hosts)
        return worst(await asyncio.gather(*[self._ensure(component, place, verb, limit) for place in places]))

    async def _ensure(self, component: str, place: Placement, verb: Verb, limit: timedelta | None) -> Outcome:
        part = self._component(component)
        job, full_name = self._job_id(), f"{self.plan.application}.{component}"
        title = f"{'Start' if verb is Verb.STARTED else 'Stop'} {component}"
        if part.control is None:
            return self._not_possible(
                title, f"the dossier does not say how to start and stop {component}", place.host.name
            )
        own = part.start_timeout if verb is Verb.STARTED else part.stop_timeout
        deadline = max(own, limit) if limit else own
        try:
            result: JobResult = await self._on_host(
                ensure_component,
                EnsureComponent(
                    job=job,
                    host=place.host,
                    component=full_name,
                    control=part.control,
                    verb=verb,
                    token=1 if self.rehearse else self._fences(component, None)[full_name],
                    timeout=deadline,
                    rehearse=self.rehearse,
                ),
                task_queue=place.queue,
                summary=self._summary([title], [place.host.name]),
                schedule_to_start_timeout=SITE_WAIT,
                start_to_close_timeout=deadline + _MARGIN,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=HOST,
                cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                self._unsure(title, _CANCELLED, place.host.name)
                raise
            result = _failed(job, place.host.name, title, error)
        self._report(title, result)
        stop_if_cancelled()
        return result.outcome

    # --- halts

    async def _on_host(
        self, activity: Callable[[HostRequest], Awaitable[Any]], request: HostRequest, **options: Any
    ) -> Any:
        """Have something done on hosts. While it is halted it waits, and then still has all its attempts and all its time."""
        while True:
            try:
                return await workflow.execute_activity(activity, request, **options)
            except ActivityError as error:
                halted = error.cause
                if not isinstance(halted, ApplicationError) or halted.type != HaltedError.__name__:
                    raise
                await self._wait_for_lift(halted.message)
                begun = request.may_have_started or bool(halted.details and halted.details[0])
                request = request.model_copy(update={"may_have_started": begun})

    async def _wait_for_lift(self, reason: str) -> None:
        self._halted += 1
        if self._halted == 1:
            self._waits(f"Waits until it is lifted: {reason}")
        try:
            await workflow.execute_activity(
                await_lift,
                AwaitLift(application=self.plan.application),
                summary=f"Halted: {reason}"[:200],
                start_to_close_timeout=RECORD_TIMEOUT,
                retry_policy=HALTED,
            )
        finally:
            self._halted -= 1
        if not self._halted:
            self._waits("")

    def _fences(self, component: str | None, host: str | None) -> dict[str, int]:
        """The next token for what a step acts on: its component, or all on its host, or all that the lease covers."""
        if self.rehearse:
            return {}
        if self.lease is None:
            raise ApplicationError("nothing holds the lease under which this may be changed", type="LeaseError")
        self._tokens += 1
        names = on_host(self.plan, host) if host is not None else {component} if component else set()
        covered = {f"{self.plan.application}.{name}" for name in names} & set(self.lease.fences)
        if not covered and host is None and component:
            raise ApplicationError(f"the lease does not cover {component}", type="LeaseError")
        more = self._tokens if self.lease.rises else 0
        return {name: self.lease.fences[name] + more for name in sorted(covered or self.lease.fences)}

    def _passed_on(self) -> HeldLease | None:
        """The lease as a runbook gets it, with tokens of its own."""
        if self.lease is None:
            return None
        first = self._tokens if self.lease.rises else 0
        self._tokens += TOKENS_OF_A_RUNBOOK
        return self.lease.model_copy(update={"fences": {name: t + first for name, t in self.lease.fences.items()}})

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
        self._note(StepReport(title=title, outcome=outcome, changed=False, detail=verdict.reason))
        return outcome

    async def _question(self, step: AskStep) -> Outcome:
        title = step.title or step.question
        if self.rehearse or self._ask is None:
            who = ", ".join(step.approval.roles)
            self._note(StepReport(title=title, outcome=Outcome.OK, changed=False, detail=f"would ask {who}"))
            return Outcome.OK
        deciders = sorted({p for role in step.approval.roles for p in self.plan.people.get(role, [])})
        answer = await self._ask(approval_question(step.question, title, step.approval, deciders, self.requester))
        by = ", ".join(a.by for a in answer.answers)
        outcome = Outcome.OK if answer.approved else Outcome.FAILED
        self._note(StepReport(title=title, outcome=outcome, changed=False, detail=f"{answer.option} by {by}"))
        return outcome

    async def _pause(self, step: WaitStep) -> Outcome:
        title = step.title or f"Wait: {step.reason}"
        if not self.rehearse:
            await workflow.sleep(step.duration, summary=title)
        self._note(StepReport(title=title, outcome=Outcome.OK, changed=False, detail=step.reason))
        return Outcome.OK

    async def _notify(self, step: NotifyStep) -> Outcome:
        holders = [p for role in step.roles for p in self.plan.people.get(role, [])]
        title = step.title or f"Tell {', '.join([*step.contacts, *step.roles])}"
        return await self.tell([*step.contacts, *holders], step.text, title, must_reach=step.must_reach)

    async def tell(self, people: Sequence[str], text: str, title: str, *, must_reach: bool = False) -> Outcome:
        """Write to contacts of the dossier; that nobody is reached is a failure only where somebody must be."""
        people = _unique(people)
        if self.rehearse:
            self._note(
                StepReport(title=title, outcome=Outcome.OK, changed=False, detail=f"would tell {', '.join(people)}")
            )
            return Outcome.OK
        self._jobs += 1
        try:
            receipt = await tell(self.plan, people, text, number=self._jobs, summary=title)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            receipt = NoticeReceipt(key="", notes=[explain(error)])
        outcome = Outcome.OK if receipt.reached or not must_reach else Outcome.FAILED
        self._note(StepReport(title=title, outcome=outcome, changed=False, detail=delivered(receipt)))
        return outcome

    async def _runbook(self, step: RunbookStep) -> Outcome:
        title = step.title or f"Runbook {step.runbook}"
        return await self.runbook(step.runbook, step.inputs, title)

    async def runbook(self, name: str, inputs: dict[str, Any], title: str) -> Outcome:
        """Carry a runbook out as a child workflow; its steps are reported as this workflow's own."""
        self._jobs += 1
        # What this workflow says comes last: no input in a dossier turns a rehearsal into the real thing.
        order = {
            "reason": title,
            **inputs,
            "application": self.plan.application,
            "dossier": self.plan.dossier,
            "requested_by": workflow.info().workflow_id,
            "rehearse": self.rehearse,
            "lease": self._passed_on(),
        }
        try:
            report: RunbookReport = await workflow.execute_child_workflow(
                f"runbook.{name}",
                order,
                id=f"{workflow.info().workflow_id}.{name}.{self._jobs}",
                result_type=RunbookReport,
                static_summary=title,
                search_attributes=workflow.info().typed_search_attributes,
            )
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
            self._note(step)
        return report.outcome

    # --- what they share

    def _component(self, name: str) -> ComponentPlan:
        try:
            return self.plan.components[name]
        except KeyError:
            known = ", ".join(self.plan.components)
            message = f"{self.plan.application} has no component {name!r}; it has {known}"
            raise ApplicationError(message, type="NotFoundError", non_retryable=True) from None

    def _placements(self, component: str, hosts: Collection[str] | None) -> list[Placement]:
        places = self._component(component).placements
        return places if hosts is None else [place for place in places if place.host.name in hosts]

    def _host(self, name: str) -> Placement:
        try:
            return self.plan.hosts[name]
        except KeyError:
            known = ", ".join(self.plan.hosts)
            message = f"{self.plan.application} has no host {name!r}; it has {known}"
            raise ApplicationError(message, type="NotFoundError", non_retryable=True) from None

    def _point(self, name: str) -> SiteProbes:
        try:
            return self.plan.points[name]
        except KeyError:
            known = ", ".join(self.plan.points)
            message = f"{self.plan.application} has no measuring point {name!r}; it has {known}"
            raise ApplicationError(message, type="NotFoundError", non_retryable=True) from None

    def _job_id(self) -> str:
        self._jobs += 1
        info = workflow.info()
        # A schedule puts the time into the ids of what it starts, with colons; a job's id names a folder on its host.
        name = _NOT_IN_A_JOB_ID.sub("", info.workflow_id)
        return f"{name}.{info.first_execution_run_id[:8]}.{self._jobs}"

    def _summary(self, titles: list[str], hosts: list[str]) -> str:
        places = _unique(hosts)
        where = ", ".join(places) if len(places) <= 4 else f"{len(places)} hosts"
        what = "; ".join(titles) if len(titles) <= 3 else f"{len(titles)} commands"
        return f"{'Rehearse: ' if self.rehearse else ''}{what} on {where}"[:200]

    def _report(self, title: str, result: JobResult, *, read_only: bool = False) -> None:
        detail = result.reason
        shown = (result.stdout.text or result.stderr.text).strip()
        if shown:
            detail += "\n" + shown[-1500:]
        self._note(
            StepReport(
                title=title,
                host=result.host,
                command=result.command,
                outcome=result.outcome,
                changed=result.changed and not read_only,  # having looked is no change
                detail=detail,
            )
        )

    def _not_possible(self, title: str, reason: str, host: str | None = None) -> Outcome:
        self._note(StepReport(title=title, host=host, outcome=Outcome.FAILED, changed=False, detail=reason))
        return Outcome.FAILED

    def _unsure(self, title: str, reason: str, host: str | None = None) -> Outcome:
        self._note(StepReport(title=title, host=host, outcome=Outcome.UNKNOWN, changed=False, detail=reason))
        return Outcome.UNKNOWN

    def _note(self, report: StepReport) -> None:
        self.reports.append(report)
        if self._heard is not None:
            self._heard(report)


def worth_another_try(step: Step, outcome: Outcome, tries: int) -> bool:
    """Whether a step that was tried so often may be tried again: only what is safe to do twice, as far as is known."""
    if outcome is Outcome.OK or not isinstance(step, TriedAgain) or tries >= step.tries:
        return False
    match step:
        case RunStep():
            return step.read_only or (step.repeatable and outcome is Outcome.FAILED)
        case RunbookStep():
            return step.repeatable and outcome is Outcome.FAILED
        case _:
            return True  # a component is looked at before anything is done to it, and looking does no harm


def stop_if_cancelled() -> None:
    """Stop where an activity that was told to cancel still came back with a result: what it says is reported by now."""
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError


def _batches(work: Sequence[tuple[str, RunStep, RunJob]]) -> list[tuple[str, list[tuple[RunStep, RunJob]]]]:
    """Put jobs into batches for one activity each: of one queue, whole hosts together, as many as a payload takes."""
    by_host: dict[tuple[str, str], list[tuple[RunStep, RunJob]]] = defaultdict(list)
    for queue, step, job in work:
        by_host[(queue, job.host.name)].append((step, job))
    batches: list[tuple[str, list[tuple[RunStep, RunJob]]]] = []
    filling: dict[str, list[tuple[RunStep, RunJob]]] = {}
    for (queue, _), jobs in by_host.items():
        batch = filling.get(queue)
        if batch is None or len(batch) + len(jobs) > _MOST_JOBS:
            batch = filling[queue] = []
            batches.append((queue, batch))
        batch += jobs
    return batches


async def watch(probes: Sequence[SiteProbes], watching: WatchHealth, summary: str) -> HealthVerdict:
    """Watch points at one or more sites until their state is certain; a site that cannot look is not healthy."""
    by_queue: dict[str, SiteProbes] = {}
    for group in probes:
        known = by_queue.get(group.queue)
        targets = (
            group.targets if known is None else [*known.targets, *(t for t in group.targets if t not in known.targets)]
        )
        by_queue[group.queue] = SiteProbes(queue=group.queue, targets=targets)
    verdicts = await asyncio.gather(*[_watch_site(group, watching, summary) for group in by_queue.values()])
    ill = [v for v in verdicts if not v.healthy]
    samples: list[Sample] = [s for v in verdicts for s in v.samples]
    return HealthVerdict(
        healthy=not ill,
        looks=max(v.looks for v in verdicts),
        certain=any(v.certain for v in ill) if ill else all(v.certain for v in verdicts),
        samples=samples,
        reason="; ".join(v.reason for v in ill or verdicts),
    )


async def _watch_site(group: SiteProbes, watching: WatchHealth, summary: str) -> HealthVerdict:
    try:
        return await workflow.execute_activity(
            watch_health,
            watching.model_copy(update={"targets": group.targets}),
            task_queue=group.queue,
            summary=summary[:200],
            schedule_to_start_timeout=SITE_WAIT,
            start_to_close_timeout=watching.give_up_after + _MARGIN,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=PROBE,
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return HealthVerdict(healthy=False, certain=False, looks=0, samples=[], reason=explain(error))


def explain(error: FailureError) -> str:
    """Say in one sentence why an activity did not succeed, for people who do not know what an activity is."""
    cause = error.cause if isinstance(error, ActivityError) else error
    if isinstance(cause, TimeoutError):
        if cause.type is TimeoutType.SCHEDULE_TO_START:
            return "no worker of this site took the task in time; see that the site's worker runs"
        return "the worker did not answer in time; what happened on the host is not known"
    if isinstance(cause, ApplicationError):
        return cause.message
    return str(cause or error)


def _failed(job: str, host: str, command: str, error: ActivityError) -> JobResult:
    cause = error.cause
    never_began = isinstance(cause, TimeoutError) and cause.type is TimeoutType.SCHEDULE_TO_START
    final = isinstance(cause, ApplicationError) and (cause.non_retryable or cause.type in FINAL)
    outcome = Outcome.FAILED if never_began or final else Outcome.UNKNOWN
    return JobResult(job=job, host=host, outcome=outcome, changed=False, reason=explain(error), command=command)


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of several things done: UNKNOWN before FAILED before OK."""
    for outcome in (Outcome.UNKNOWN, Outcome.FAILED):
        if outcome in outcomes:
            return outcome
    return Outcome.OK


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
