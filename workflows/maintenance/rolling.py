"""Carries maintenance out host by host: first on one host, then in batches.

Each batch must be healthy before the next one starts. After an agreed number of failures, people decide how to continue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from temporalio import workflow

from models.base import counted
from models.dossier.instructions import OnSilence, RestartStep, RunStep, Step
from models.gates import WHAT_NEXT, WITHDRAWN, GateOption, Question
from models.jobs import Outcome
from models.maintenance import MaintenancePlan
from models.operation import OperationState
from models.people import NOBODY, People
from models.plans import ApplicationPlan
from models.probes import Seen, WatchHealth
from models.records import EntryKind
from workflows.steps.health import find_unhealthy, watch
from workflows.steps.text import EACH_HOST, plan_text, step_title

if TYPE_CHECKING:
    from workflows.operation.base import Operation

RETRY = "retry"
GO_ON = "go-on"
STOP = "stop"

_ASKS_FOR = timedelta(hours=1)
"""A question about failed hosts waits for this time, or until the window closes; then the maintenance stops."""


_TRY_AGAIN = [
    GateOption(name=RETRY, means="Failed hosts repeat the step that failed; then their health is checked again.")
]
"""Not offered when a retry cannot help: no host failed, and the routine does not touch the unhealthy components."""

_OTHERWISE = [
    GateOption(name=GO_ON, means="Failed hosts stay as they are, and the next hosts follow.", needs_reason=True),
    GateOption(name=STOP, means="No further host is touched; the record lists the hosts that are done."),
]


class Rolling:
    """Runs the steps of a routine on its hosts, and remembers each host's progress, so that a later window continues."""

    def __init__(self, operation: Operation, plan: MaintenancePlan, hosts: Sequence[str]) -> None:
        self._operation = operation
        self._plan = plan
        self.left = list(hosts)
        """The hosts that have not started."""
        self.done: list[str] = []
        self.failed: dict[str, str] = {}
        """The fault of each failed host."""
        self.stopped = ""
        """The reason why no further host starts; empty while the maintenance continues, and when it is complete."""
        self._next = dict.fromkeys(hosts, 0)
        """The index of the next step, by host."""
        self._proven = False
        """Whether the first host succeeded; until then a batch has one host."""
        self._accepted = 0
        """The number of failed hosts in spite of which people decided to continue."""
        self._longest = timedelta(0)
        self._failing_before: dict[str, str] | None = None
        """The fault of each measuring point that failed before the maintenance; None: the health was not measured yet."""
        self._others: dict[str, str] = {}
        """The fault of each unhealthy component that the maintained ones need and the routine does not touch."""

    @property
    def begun(self) -> bool:
        """Whether any host was maintained, with or without success."""
        return bool(self.done or self.failed)

    @property
    def hosts(self) -> int:
        """The number of hosts."""
        return len(self._next)

    async def go(self, closes_at: datetime | None) -> str:
        """Maintain the hosts that are left, until the window closes.

        Return why the rest must wait for another window, or an empty text when the maintenance is over.
        """
        while self.left and not self.stopped:
            if why := self._operation.stops():
                self.stopped = why
                break
            if not await self._operation.lease.take_again():
                self.stopped = self._operation.stops()
                if self.stopped:
                    break
                return f"a remedy took the lease, and did not release it in time: {self._operation.lease_says}"
            if self._failing_before is None:
                await self._measure_before()
            if closes_at is not None and workflow.now() + self._longest >= closes_at:
                return f"the window closes at {closes_at:%H:%M} UTC, with {len(self.left)} of {counted(self.hosts, 'host')} left"
            size = self._plan.routine.at_once if self._proven else 1
            batch, self.left = self.left[:size], self.left[size:]
            began = workflow.now()
            unhealthy = await self._batch(batch, closes_at)
            self._longest = max(self._longest, workflow.now() - began)
            failures = len(self.failed) - self._accepted
            if unhealthy or (failures and (not self._proven or failures >= self._plan.routine.abort_after_failures)):
                await self._ask_next_step(unhealthy, closes_at)
            elif not failures:
                self._proven = True
            await self._operation.record()
        return ""

    async def _batch(self, hosts: Sequence[str], closes_at: datetime | None) -> str:
        """Run the remaining steps of each host in the batch, and then prove its health. Return the fault, or an empty text."""
        steps = self._plan.routine.steps
        for number, step in enumerate(steps):
            acting = [host for host in hosts if host not in self.failed and self._next[host] == number]
            if not acting:
                continue
            place = f"{', '.join(acting)} ({len(self.done)} of {counted(self.hosts, 'host')} done)"
            self._operation.now(f"Step {number + 1} of {len(steps)} on {place}: {step_title(step, EACH_HOST)}")
            wrong = await self._step(step, acting)
            for host in acting:
                if host in wrong:
                    self.failed[host] = wrong[host]
                else:
                    self._next[host] = number + 1
        through = [host for host in hosts if host not in self.failed]
        self.done += through
        return await self._unhealthy(through, closes_at)

    async def _step(self, step: Step, hosts: Sequence[str]) -> dict[str, str]:
        """Run a step on hosts. Return the faults by host; a fault that names no host counts for each of them."""
        if isinstance(step, RunStep) and step.component is None and step.host is None:
            return await self._faults(hosts, [step.model_copy(update={"host": host}) for host in hosts])
        if isinstance(step, RestartStep):  # Host by host: a host that fails must not stop the others.
            wrong: dict[str, str] = {}
            for host in hosts:
                wrong |= await self._faults([host], [step])
            return wrong
        return await self._faults(hosts, [step])

    async def _faults(self, hosts: Sequence[str], steps: Sequence[Step]) -> dict[str, str]:
        own = self._operation.steps
        first = len(own.reports)
        with self._only_on(hosts):
            runs = [step for step in steps if isinstance(step, RunStep)]
            outcome = await (own.run(runs) if runs else own.carry_out_one(steps[0]))
        if outcome is Outcome.OK or own.rehearse:
            return {}
        latest = {report.host: report for report in own.reports[first:] if report.host in hosts}
        wrong = {
            host: f"{latest[host].title}: {_first_line(latest[host].detail)}"
            for host in hosts
            if host in latest and latest[host].outcome is not Outcome.OK
        }
        return wrong or dict.fromkeys(hosts, _first_line(own.reports[-1].detail) if own.reports else outcome.value)

    @contextmanager
    def _only_on(self, hosts: Sequence[str]) -> Iterator[None]:
        """In the block, the plan places the routine's components only on these hosts."""
        own = self._operation.steps
        whole = own.plan
        own.plan = _narrowed(whole, set(self._next), set(hosts))
        try:
            yield
        finally:
            own.plan = whole

    async def _measure_before(self) -> None:
        """Measure the health before the maintenance. Points that fail then do not count against the routine."""
        self._failing_before = {}
        if self._operation.steps.rehearse:
            return
        plan = self._operation.plan
        names = self._plan.components.among(plan.components)
        _, verdict = await find_unhealthy(plan, names, "Measure the health before")
        self._failing_before = {s.point: s.detail for s in verdict.samples if s.seen is not Seen.OK} if verdict else {}
        if self._failing_before:
            said = f"Failing before the maintenance, so they do not count: {', '.join(self._failing_before)}"
            self._operation.log(EntryKind.PROBE, said, verdict)

    async def _unhealthy(self, hosts: Sequence[str], closes_at: datetime | None) -> str:
        """Return the fault of components that were healthy before, or an empty text.

        If a component that the routine needs and does not touch is unhealthy, wait for its recovery first.
        """
        self._others = {}
        operation, terms = self._operation, self._operation.plan.terms
        while hosts:
            verdict = await operation.lease.during(
                operation.prove(
                    self._plan.components,
                    self._plan.routine.healthy_for,
                    terms.recovery_within + self._plan.routine.healthy_for,
                    besides=self._failing_before or (),
                )
            )
            assert verdict is not None
            if verdict.healthy or operation.steps.rehearse:
                return "" if verdict.healthy else verdict.reason
            self._others, _ = await find_unhealthy(operation.plan, self._needed(), "Check the components that it needs")
            if not self._others:
                return verdict.reason
            if not await self._others_recover(closes_at):
                others = ", ".join(self._others)
                return f"{verdict.reason}; {others} is not healthy: it is needed, and this routine does not touch it"
        return ""

    def _needed(self) -> list[str]:
        """Return the components that the maintained ones need and the routine does not touch."""
        touched = set(self._plan.components.names) | {
            str(getattr(s, "component", "")) for s in self._plan.routine.steps
        }
        needed = self._operation.plan.dependencies.with_needs(self._plan.components.names)
        return [name for name in needed if name not in touched]

    async def _others_recover(self, closes_at: datetime | None) -> bool:
        """Wait until these components are healthy again. Meanwhile a remedy that asks for the lease gets it."""
        operation, terms = self._operation, self._operation.plan.terms
        names = list(self._others)
        probes = [group for name in names for group in operation.plan.components[name].health]
        said = f"Waiting until {', '.join(names)} is healthy: this routine needs it and does not touch it"
        operation.log(EntryKind.PROBE, said, {"broken": self._others})
        operation.enter(OperationState.VERIFYING, said)
        patience = _left(closes_at)
        verdict = await operation.lease.during(
            watch(
                probes,
                WatchHealth(
                    targets=probes[0].targets,
                    every=terms.confirm_every,
                    healthy_for=terms.healthy_for,
                    give_up_after=patience,
                ),
                said,
            ),
            stopped=lambda: bool(operation.stops()),
        )
        operation.enter(OperationState.ACTING, operation.doing)
        return verdict is not None and verdict.healthy

    async def _ask_next_step(self, unhealthy: str, closes_at: datetime | None) -> None:
        """Ask whether to retry, to continue, or to stop. If nobody answers in time, the maintenance stops."""
        if self._operation.steps.rehearse:
            return
        failed = "; ".join(f"{host}: {why}" for host, why in self.failed.items())
        said = f"not healthy after {', '.join(self.done[-3:])}: {unhealthy}" if unhealthy else f"failed on {failed}"
        left = f"Done: {len(self.done)} of {counted(self.hosts, 'host')}; not started: {len(self.left)}."
        self._operation.now(f"Stopped: {said}")
        outcome = await self._operation.decide_on(
            Question(
                text=f"{self._plan.routine.title} {said}. {left} {WHAT_NEXT}",
                options=[*(_TRY_AGAIN if self.failed or not self._others else []), *_OTHERWISE],
                plan=plan_text(self._plan.routine.steps, EACH_HOST),
                deciders=People.of(self._operation.plan.people.get("operator", [])),
                roles=["operator"],
                within_seconds=_left(closes_at).total_seconds(),
                on_silence=OnSilence.REFUSE,
            )
        )
        self._operation.enter(OperationState.ACTING, f"Decided: {outcome.option}")
        match outcome.option:
            case "retry":
                self.left = [*self.failed, *self.left]
                self.failed.clear()
                self._accepted = 0
                if not self.left:  # Every host is done, and only the health was wrong.
                    self.stopped = await self._unhealthy(self.done, closes_at)
                elif unhealthy and (still := await self._unhealthy(self.done, closes_at)):
                    self.stopped = f"still not healthy: {still}"
            case "go-on":
                self._accepted, self._proven = len(self.failed), True
            case other:
                by = next((a.by for a in outcome.answers if a.option == other), NOBODY)
                self.stopped = (
                    self._operation.stops() or f"{said} ({'stopped' if other != WITHDRAWN else other} by {by})"
                )


def _narrowed(plan: ApplicationPlan, scope: set[str], hosts: set[str]) -> ApplicationPlan:
    parts = {
        name: part.model_copy(
            update={"routed_hosts": [p for p in part.routed_hosts if p.host.name in hosts or p.host.name not in scope]}
        )
        for name, part in plan.components.items()
    }
    return plan.model_copy(update={"components": parts})


def _left(closes_at: datetime | None) -> timedelta:
    """Return the longest wait for an answer, or for the recovery of other components; the window limits it."""
    return _ASKS_FOR if closes_at is None else max(min(_ASKS_FOR, closes_at - workflow.now()), timedelta(seconds=1))


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["-"])[0][:300]
