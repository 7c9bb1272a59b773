"""Runs commands and controls components on hosts, in few activities, under the fencing tokens of a lease and any halt.

Every remote action has its own job id (`workflows.runtime.keys`), which stays the same in a retry, a replay and a
reset. So a command that changes something runs at most once on its host. A command that only reads runs again after a
reset.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.workflow import ActivityCancellationType

from activities.stubs.halts import await_lift
from activities.stubs.hosts import ensure_component, run_batch
from models.dossier.instructions import RunbookStep, RunStep, Step, TriedAgain
from models.errors import LEASE_LACKING, DossierError, HaltedError, NotFoundError
from models.fences import HeldLease
from models.halts import AwaitLift
from models.jobs import BatchResult, EnsureComponent, JobResult, Outcome, RunBatch, RunJob, Verb
from models.plans import ApplicationPlan, ComponentPlan, RoutedHost
from models.runbooks import StepReport
from workflows.runtime.keys import job_id
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import failed_job, worst
from workflows.runtime.policies import HALTED, HEARTBEAT, HOST, MARGIN, RECORD_TIMEOUT, SITE_WAIT
from workflows.steps.restarting import restart
from workflows.steps.scope import on_host
from workflows.steps.text import command_text

_CANCELLED = "cancelled before its worker reported the result; check the host"

_AT_ONCE = 32
"""Hosts of one batch at the same time."""

_MOST_JOBS = 64
"""Jobs in one batch, unless one host has more. The results, at most some 17 KB each, must fit into one payload."""

Known = TypeVar("Known")
HostRequest = TypeVar("HostRequest", RunBatch, EnsureComponent)


class HostWork:
    """Acts on the hosts of one application for one workflow. Each result becomes a `StepReport`; a fault raises no
    exception.

    `on_report` gets every report. `on_wait` gets the reason why a step waits, and an empty text when it continues. A step
    that changes something needs `lease`, and carries one of its fencing tokens.
    """

    def __init__(
        self,
        plan: ApplicationPlan,
        *,
        rehearse: bool = False,
        on_report: Callable[[StepReport], None] | None = None,
        on_wait: Callable[[str], None] = lambda reason: None,
        lease: HeldLease | None = None,
    ) -> None:
        self.plan = plan
        self.lease = lease
        self.rehearse = rehearse
        self.reports: list[StepReport] = []
        self.component: str | None = None
        """The failing component. A run step that names neither component nor host acts on it."""
        self.heals = False
        """Whether the steps repair a fault. Then a restart begins with the failing hosts, and ends when health is back."""
        self._on_report = on_report
        self._on_wait = on_wait
        self._halted = 0
        """The number of steps that wait until a halt is lifted."""
        self._tokens = 0
        """The number of used fencing tokens of the lease."""

    # --- commands

    async def run(self, steps: Sequence[RunStep]) -> Outcome:
        """Run commands on all hosts at the same time, in order on each host. Return the worst outcome."""
        return worst([result.outcome for result in await self.run_for_results(steps)])

    async def run_for_results(self, steps: Sequence[RunStep]) -> list[JobResult]:
        """Run commands as `run` does. Return one result for each step and host, in order, for callers that read the output."""
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

    async def query(self, step: RunStep) -> JobResult:
        """Run a command that changes nothing on one host, without a report."""
        [result] = await self.query_everywhere(step)
        return result

    async def query_everywhere(self, step: RunStep) -> list[JobResult]:
        """Run a command that changes nothing on every host of a component, without a report."""
        return await self._run_all([(step, place) for place in self._places(step)], reported=False)

    async def _run_all(self, steps: Sequence[tuple[RunStep, RoutedHost]], *, reported: bool = True) -> list[JobResult]:
        work = [(place.queue, step, self._job(step, place)) for step, place in steps]
        batches = _batches(work)
        done = await asyncio.gather(*[self._run_batch(queue, batch, reported=reported) for queue, batch in batches])
        # By position: after a reset, history holds results under the ids of the previous run.
        pairs = zip(batches, done, strict=True)
        results = {job.job: result for (_, batch), came in pairs for (_, job), result in zip(batch, came, strict=True)}
        return [results[job.job] for _, _, job in work]

    def _places(self, step: RunStep) -> list[RoutedHost]:
        if step.host is not None:
            return [self._host(step.host)]
        if (component := step.component or self.component) is not None:
            return self._component(component).routed_hosts
        raise ApplicationError(
            "a run step names neither component nor host", type=DossierError.__name__, non_retryable=True
        )

    def _job(self, step: RunStep, place: RoutedHost) -> RunJob:
        return RunJob(
            job=job_id(read_only=step.read_only),
            host=place.host,
            command=step.command,
            check=step.check,
            read_only=step.read_only,
            timeout=step.timeout,
            fences={} if step.read_only else self._fences(step.component or self.component, step.host),
            rehearse=self.rehearse,
            application=self.plan.application,
        )

    async def _run_batch(self, queue: str, work: list[tuple[RunStep, RunJob]], *, reported: bool) -> list[JobResult]:
        titles = [step.title or command_text(step.command) for step, _ in work]
        # Jobs of one host run one after the other, so their timeouts add up.
        per_host: dict[str, timedelta] = defaultdict(timedelta)
        for _, job in work:
            per_host[job.host.name] += job.timeout
        waves = -(-len(per_host) // _AT_ONCE)
        try:
            batch: BatchResult = await self._on_host(
                run_batch,
                RunBatch(jobs=[job for _, job in work], at_once=_AT_ONCE),
                task_queue=queue,
                summary=summary_line(self._summary(unique(titles), [job.host.name for _, job in work])),
                schedule_to_start_timeout=SITE_WAIT,
                start_to_close_timeout=waves * max(per_host.values()) + MARGIN,
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
            results = [failed_job(job.job, job.host.name, command_text(job.command), error) for _, job in work]
        for (step, _), title, result in zip(work, titles, results, strict=True):
            if reported:
                self._report(title, result, read_only=step.read_only)
        stop_if_cancelled()
        return results

    # --- components

    async def restart(
        self, component: str, limit: timedelta | None = None, hosts: Collection[str] | None = None
    ) -> Outcome:
        """Stop, then start a component, host by host, with a health check between; by default on all its hosts."""
        return await restart(self, component, self._routed_hosts(component, hosts), limit, heals=self.heals)

    async def restart_on(self, component: str, place: RoutedHost, limit: timedelta | None) -> Outcome:
        """Stop, then start a component on one host."""
        for verb in (Verb.STOPPED, Verb.STARTED):
            outcome = await self._ensure(component, place, verb, limit)
            if outcome is not Outcome.OK and not self.rehearse:
                return outcome
        return Outcome.OK

    async def ensure(
        self, component: str, verb: Verb, limit: timedelta | None = None, hosts: Collection[str] | None = None
    ) -> Outcome:
        """Start or stop a component on these hosts at the same time; by default on all its hosts. Return the worst outcome."""
        places = self._routed_hosts(component, hosts)
        return worst(await asyncio.gather(*[self._ensure(component, place, verb, limit) for place in places]))

    async def try_out(self, component: str, verb: Verb) -> Outcome:
        """Query the status of a component on all its hosts, as `ensure` does first, and change nothing."""
        places = self._component(component).routed_hosts
        return worst(
            await asyncio.gather(*[self._ensure(component, place, verb, None, rehearse=True) for place in places])
        )

    async def _ensure(
        self, component: str, place: RoutedHost, verb: Verb, limit: timedelta | None, *, rehearse: bool = False
    ) -> Outcome:
        part = self._component(component)
        job, full_name = job_id(), f"{self.plan.application}.{component}"
        rehearse = rehearse or self.rehearse
        title = f"{'Start' if verb is Verb.STARTED else 'Stop'} {component}"
        if rehearse and not self.rehearse:
            title = f"Check whether this is possible: {title}"
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
                    token=1 if rehearse else self._fences(component, None)[full_name],
                    timeout=deadline,
                    rehearse=rehearse,
                ),
                task_queue=place.queue,
                summary=summary_line(self._summary([title], [place.host.name])),
                schedule_to_start_timeout=SITE_WAIT,
                start_to_close_timeout=deadline + MARGIN,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=HOST,
                cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                self._unsure(title, _CANCELLED, place.host.name)
                raise
            result = failed_job(job, place.host.name, title, error)
        self._report(title, result)
        stop_if_cancelled()
        return result.outcome

    # --- halts

    async def _on_host(
        self, activity: Callable[[HostRequest], Awaitable[Any]], request: HostRequest, **options: Any
    ) -> Any:
        """Run an activity on hosts. While a halt is active it waits; its retries and its timeout do not count then."""
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
            self._on_wait(f"Waits until the halt is lifted: {reason}")
        try:
            await workflow.execute_activity(
                await_lift,
                AwaitLift(application=self.plan.application),
                summary=summary_line(f"Halted: {reason}"),
                start_to_close_timeout=RECORD_TIMEOUT,
                retry_policy=HALTED,
            )
        finally:
            self._halted -= 1
        if not self._halted:
            self._on_wait("")

    def _fences(self, component: str | None, host: str | None) -> dict[str, int]:
        """Return the next tokens for the components that a step acts on: its own, all on its host, or all of the lease."""
        if self.rehearse:
            return {}
        if self.lease is None:
            raise ApplicationError("this workflow holds no lease, so it may change nothing", type=LEASE_LACKING)
        self._tokens += 1
        names = on_host(self.plan, host) if host is not None else {component} if component else set()
        covered = {f"{self.plan.application}.{name}" for name in names} & set(self.lease.fences)
        if not covered and host is None and component:
            raise ApplicationError(f"the lease does not cover {component}", type=LEASE_LACKING)
        more = self._tokens if self.lease.rises else 0
        return {name: self.lease.fences[name] + more for name in sorted(covered or self.lease.fences)}

    # --- shared parts

    def _component(self, name: str) -> ComponentPlan:
        return self._find("component", self.plan.components, name)

    def _routed_hosts(self, component: str, hosts: Collection[str] | None) -> list[RoutedHost]:
        places = self._component(component).routed_hosts
        return places if hosts is None else [place for place in places if place.host.name in hosts]

    def _host(self, name: str) -> RoutedHost:
        return self._find("host", self.plan.hosts, name)

    def _find(self, what: str, among: Mapping[str, Known], name: str) -> Known:
        try:
            return among[name]
        except KeyError:
            message = f"{self.plan.application} has no {what} {name!r}; it has {', '.join(among)}"
            raise ApplicationError(message, type=NotFoundError.__name__, non_retryable=True) from None

    def _summary(self, titles: list[str], hosts: list[str]) -> str:
        places = unique(hosts)
        where = ", ".join(places) if len(places) <= 4 else f"{len(places)} hosts"
        what = "; ".join(titles) if len(titles) <= 3 else f"{len(titles)} commands"
        return f"{'Rehearse: ' if self.rehearse else ''}{what} on {where}"

    def _report(self, title: str, result: JobResult, *, read_only: bool = False, precheck: bool = False) -> None:
        detail = result.reason
        shown = (result.stdout.text or result.stderr.text).strip()
        if shown:
            detail += "\n" + shown[-1500:]
        self.note(
            StepReport(
                title=title,
                host=result.host,
                command=result.command,
                outcome=result.outcome,
                changed=result.changed and not read_only,  # a check changes nothing
                command_failed=result.outcome is Outcome.FAILED and (result.changed or result.exit_status is not None),
                precheck=precheck,
                detail=detail,
            )
        )

    def _not_possible(self, title: str, reason: str, host: str | None = None) -> Outcome:
        self.note(StepReport(title=title, host=host, outcome=Outcome.FAILED, changed=False, detail=reason))
        return Outcome.FAILED

    def _unsure(self, title: str, reason: str, host: str | None = None) -> Outcome:
        self.note(StepReport(title=title, host=host, outcome=Outcome.UNKNOWN, changed=False, detail=reason))
        return Outcome.UNKNOWN

    def note(self, report: StepReport) -> None:
        """Add a report, and pass it on to `on_report`."""
        self.reports.append(report)
        if self._on_report is not None:
            self._on_report(report)

    async def _pause_before(self, tries: int, *steps: Step) -> None:
        again = [step for step in steps if isinstance(step, TriedAgain)]
        pause, most = max(step.pause for step in again), max(step.tries for step in again)
        await workflow.sleep(pause, summary=summary_line(f"Before try {tries} of {most}"))


def worth_another_try(step: Step, outcome: Outcome, tries: int) -> bool:
    """Whether a step may be tried again: only if it is safe to run twice, as far as is known."""
    if outcome is Outcome.OK or not isinstance(step, TriedAgain) or tries >= step.tries:
        return False
    match step:
        case RunStep():
            return step.read_only or (step.repeatable and outcome is Outcome.FAILED)
        case RunbookStep():
            return step.repeatable and outcome is Outcome.FAILED
        case _:
            return True  # `ensure` queries the status of a component first, so it is safe to run twice


def stop_if_cancelled() -> None:
    """Raise the cancellation of this workflow if an activity completed despite it; its result is reported by now."""
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError


def _batches(work: Sequence[tuple[str, RunStep, RunJob]]) -> list[tuple[str, list[tuple[RunStep, RunJob]]]]:
    """Group jobs into batches for one activity each: of one task queue, whole hosts together, as many as fit into a payload."""
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


def unique(names: Sequence[str]) -> list[str]:
    """Return names in order, each once."""
    return list(dict.fromkeys(names))
