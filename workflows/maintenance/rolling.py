"""Rolling over hosts: one first, then in batches, each proven healthy before the next; stopped after so many failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from temporalio import workflow

from models.dossier.instructions import OnSilence, RestartStep, RunStep, Step
from models.gates import MOOT, GateOption, Question
from models.jobs import Outcome
from models.maintenance import MaintenancePlan
from models.operation import OperationState
from models.people import NOBODY
from models.probes import Seen, WatchHealth
from models.records import EntryKind
from models.slices import ApplicationPlan
from workflows.steps.dependencies import needs
from workflows.steps.health import find_unhealthy, watch
from workflows.steps.text import EACH_HOST, plan_text, step_title

if TYPE_CHECKING:
    from workflows.operation.base import Operation

RETRY = "retry"
GO_ON = "go-on"
STOP = "stop"

_ASKS_FOR = timedelta(hours=1)
"""So long a question about failed hosts waits, or until the window closes; then all stops there."""


_TRY_AGAIN = [GateOption(name=RETRY, means="Failed hosts go on with the step that failed; health is looked at again.")]
"""Not offered where it cannot help: no host has failed, and what is ill is not touched by the routine."""

_OTHERWISE = [
    GateOption(name=GO_ON, means="They are left as they are, and the next have their turn.", needs_reason=True),
    GateOption(name=STOP, means="Nothing more is done; the record says which hosts are done."),
]


class Rolling:
    """Carries the steps of a routine out on its hosts; remembers who is done, so that it goes on where it stopped."""

    def __init__(self, operation: Operation, plan: MaintenancePlan, hosts: Sequence[str]) -> None:
        self._operation = operation
        self._plan = plan
        self.left = list(hosts)
        """Those that had no turn yet."""
        self.done: list[str] = []
        self.failed: dict[str, str] = {}
        """Host to what was wrong."""
        self.stopped = ""
        """Why nothing more is done; empty: it goes on, or is through."""
        self._next = dict.fromkeys(hosts, 0)
        """Host to the step it goes on with."""
        self._proven = False
        """Whether a first host came through; until then one has its turn alone."""
        self._borne = 0
        """Failures that people have decided to go on with."""
        self._longest = timedelta(0)
        self._ill_before: dict[str, str] | None = None
        """Measuring points that were ill before anything was done, to what ailed them; None: nobody has looked yet."""
        self._others: dict[str, str] = {}
        """What is not healthy though the routine does not touch it, and what it maintains needs it."""

    @property
    def begun(self) -> bool:
        """Whether any host had its turn."""
        return bool(self.done or self.failed)

    @property
    def hosts(self) -> int:
        """How many there are."""
        return len(self._next)

    async def go(self, closes_at: datetime | None) -> str:
        """Work through the hosts that are left, until the window closes.

        Returns why it has to wait for another window; empty: it is over, well or not.
        """
        while self.left and not self.stopped:
            if why := self._operation.stops():
                self.stopped = why
                break
            if not await self._operation.way.take_again():
                self.stopped = self._operation.stops()
                if self.stopped:
                    break
                return f"the lease, handed over to a remedy, was not to be had again: {self._operation.lease_says}"
            if self._ill_before is None:
                await self._look_before()
            if closes_at is not None and workflow.now() + self._longest >= closes_at:
                return f"the window closes at {closes_at:%H:%M} UTC, with {len(self.left)} of {self.hosts} hosts to be done"
            size = self._plan.routine.at_once if self._proven else 1
            batch, self.left = self.left[:size], self.left[size:]
            began = workflow.now()
            unhealthy = await self._batch(batch, closes_at)
            self._longest = max(self._longest, workflow.now() - began)
            failures = len(self.failed) - self._borne
            if unhealthy or (failures and (not self._proven or failures >= self._plan.routine.abort_after_failures)):
                await self._what_now(unhealthy, closes_at)
            elif not failures:
                self._proven = True
            await self._operation.record()
        return ""

    async def _batch(self, hosts: Sequence[str], closes_at: datetime | None) -> str:
        """Take hosts through the steps, each from where it stands, and look at health; returns what is not healthy."""
        steps = self._plan.routine.steps
        for number, step in enumerate(steps):
            acting = [host for host in hosts if host not in self.failed and self._next[host] == number]
            if not acting:
                continue
            place = f"{', '.join(acting)} ({len(self.done)} of {self.hosts} hosts done)"
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
        """Carry a step out for hosts; returns what is wrong, by host. What belongs to no host is wrong with all of them."""
        if isinstance(step, RunStep) and step.component is None and step.host is None:
            return await self._told(hosts, [step.model_copy(update={"host": host}) for host in hosts])
        if isinstance(step, RestartStep):  # host by host: one that fails must not keep the others from their turn
            wrong: dict[str, str] = {}
            for host in hosts:
                wrong |= await self._told([host], [step])
            return wrong
        return await self._told(hosts, [step])

    async def _told(self, hosts: Sequence[str], steps: Sequence[Step]) -> dict[str, str]:
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
        """In the block, components of the routine stand on these hosts alone; all others are as they are."""
        own = self._operation.steps
        whole = own.plan
        own.plan = _narrowed(whole, set(self._next), set(hosts))
        try:
            yield
        finally:
            own.plan = whole

    async def _look_before(self) -> None:
        """Look at what is ill before anything is done: the routine did not do that, and is not judged by it."""
        self._ill_before = {}
        if self._operation.steps.rehearse:
            return
        plan = self._operation.plan
        names = self._plan.components or list(plan.components)
        _, verdict = await find_unhealthy(plan, names, "Look at the health before")
        self._ill_before = {s.point: s.detail for s in verdict.samples if s.seen is not Seen.OK} if verdict else {}
        if self._ill_before:
            said = f"Ill already before anything was done, so it does not count: {', '.join(self._ill_before)}"
            self._operation.tell(EntryKind.PROBE, said, verdict)

    async def _unhealthy(self, hosts: Sequence[str], closes_at: datetime | None) -> str:
        """What is not healthy now, and was before; what others have broken is waited for first."""
        self._others = {}
        operation, terms = self._operation, self._operation.plan.terms
        while hosts:
            verdict = await operation.way.during(
                operation.prove(
                    self._plan.components,
                    self._plan.routine.healthy_for,
                    terms.recovery_within + self._plan.routine.healthy_for,
                    besides=self._ill_before or (),
                )
            )
            assert verdict is not None
            if verdict.healthy or operation.steps.rehearse:
                return "" if verdict.healthy else verdict.reason
            self._others, _ = await find_unhealthy(operation.plan, self._needed(), "See whether others have broken it")
            if not self._others:
                return verdict.reason
            if not await self._others_recover(closes_at):
                others = ", ".join(self._others)
                return f"{verdict.reason}; {others}, which it needs and this routine does not touch, is not healthy"
        return ""

    def _needed(self) -> list[str]:
        """What the maintained components need and the routine does not touch."""
        parts = self._operation.plan.components
        graph = {name: part.depends_on for name, part in parts.items()}
        touched = set(self._plan.components) | {str(getattr(s, "component", "")) for s in self._plan.routine.steps}
        needed = {name for own in self._plan.components for name in needs(graph, own)}
        return [name for name in parts if name in needed - touched]

    async def _others_recover(self, closes_at: datetime | None) -> bool:
        """Wait until what others have broken is healthy again; meanwhile the lease goes to a remedy that wants it."""
        operation, terms = self._operation, self._operation.plan.terms
        names = list(self._others)
        probes = [group for name in names for group in operation.plan.components[name].health]
        said = f"Waits until {', '.join(names)} is healthy: this routine needs it and does not touch it"
        operation.tell(EntryKind.PROBE, said, {"broken": self._others})
        operation.enter(OperationState.VERIFYING, said)
        patience = _left(closes_at)
        verdict = await operation.way.during(
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

    async def _what_now(self, unhealthy: str, closes_at: datetime | None) -> None:
        """Ask whether to try again, to go on, or to stop; silence stops it."""
        if self._operation.steps.rehearse:
            return
        failed = "; ".join(f"{host}: {why}" for host, why in self.failed.items())
        said = f"not healthy after {', '.join(self.done[-3:])}: {unhealthy}" if unhealthy else f"failed on {failed}"
        left = f"{len(self.done)} of {self.hosts} hosts are done, {len(self.left)} had no turn."
        self._operation.enter(OperationState.DECIDING, f"Stopped: {said}")
        outcome = await self._operation.decide_on(
            Question(
                text=f"{self._plan.routine.title} {said}. {left} How to go on?",
                options=[*(_TRY_AGAIN if self.failed or not self._others else []), *_OTHERWISE],
                plan=plan_text(self._plan.routine.steps, EACH_HOST),
                deciders=self._operation.plan.people.get("operator", []),
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
                self._borne = 0
                if not self.left:  # all had their turn, and only health was wrong
                    self.stopped = await self._unhealthy(self.done, closes_at)
                elif unhealthy and (still := await self._unhealthy(self.done, closes_at)):
                    self.stopped = f"still not healthy: {still}"
            case "go-on":
                self._borne, self._proven = len(self.failed), True
            case other:
                by = next((a.by for a in outcome.answers if a.option == other), NOBODY)
                self.stopped = self._operation.stops() or f"{said} ({'stopped' if other != MOOT else other} by {by})"


def _narrowed(plan: ApplicationPlan, scope: set[str], hosts: set[str]) -> ApplicationPlan:
    parts = {
        name: part.model_copy(
            update={"placements": [p for p in part.placements if p.host.name in hosts or p.host.name not in scope]}
        )
        for name, part in plan.components.items()
    }
    return plan.model_copy(update={"components": parts})


def _left(closes_at: datetime | None) -> timedelta:
    """How long people, or what others have broken, are waited for."""
    return _ASKS_FOR if closes_at is None else max(min(_ASKS_FOR, closes_at - workflow.now()), timedelta(seconds=1))


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["-"])[0][:300]
