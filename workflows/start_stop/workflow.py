"""The workflows start-up and shut-down: they start or stop an application, or a part of it, in the order of dependencies."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from models.dossier.instructions import ProbeStep, StartStep, Step, StopStep
from models.jobs import Outcome, Verb
from models.operation import (
    ComponentsOrder,
    OperationEnd,
    OperationOutcome,
    OperationState,
    ShutDownOrder,
)
from models.operation_kinds import SHUT_DOWN, START_UP
from models.scope import WHOLE, Scope
from workflows.operation.base import Operation, operation
from workflows.runtime.outcomes import worst

_HEALTHY_FOR = timedelta(seconds=5)
"""A component must stay healthy for this time before the components that need it start."""

_HEALTHY_WITHIN = timedelta(minutes=10)


class _InOrder(Operation):
    """The common part of start-up and shut-down: layers of components; a failed component can be retried alone."""

    @property
    def proves(self) -> str:
        """The instruction that this run proves: only a run for the whole application proves one."""
        whole = isinstance(self.order, ComponentsOrder) and self.order.components.whole
        return self.kind.name if whole else ""

    def layers(self, names: Sequence[str], order: Sequence[Sequence[str]], *, first_needed: bool) -> list[list[str]]:
        """Return the groups of components in their order: as the dossier gives it, else computed from the dependencies."""
        if order:
            groups = [[name for name in group if name in names] for group in order]
            left = [name for name in names if name not in {n for group in order for n in group}]
            return [group for group in [*groups, left] if group]
        found = self.plan.dependencies.layers(names)
        return found if first_needed else found[::-1]

    def controlled(self, names: Sequence[str], what: str) -> list[str]:
        """Return the components that Driftvakt can start and stop, and report the others as skipped."""
        able = []
        for name in names:
            part = self.plan.components[name]
            if part.control is not None and part.routed_hosts:
                able.append(name)
            else:
                self.report(f"Skip {name}", f"the dossier does not say how to {what} it")
        return able

    async def layer(self, names: Sequence[str], place: str, verb: Verb) -> Outcome:
        """Start or stop a group of components at the same time; each failure is a question of its own."""
        outcomes = await asyncio.gather(*[self._ensure(name, place, verb) for name in names])
        return worst(outcomes)

    async def _ensure(self, name: str, place: str, verb: Verb) -> Outcome:
        async def act() -> Outcome:
            outcome = await self.steps.ensure(name, verb)
            if outcome is not Outcome.OK or verb is Verb.STOPPED or not self.plan.components[name].health:
                return outcome
            return await self.steps.carry_out_one(
                ProbeStep(component=name, healthy_for=_HEALTHY_FOR, timeout=_HEALTHY_WITHIN)
            )

        step: Step = StartStep(component=name) if verb is Verb.STARTED else StopStep(component=name)
        return await self.take_step(step, place, act)

    def lasts(self, names: Sequence[str], verb: Verb) -> timedelta:
        """Return the longest time that this may take: the sum of the components' timeouts, and five minutes."""
        parts = [self.plan.components[name] for name in names]
        own = [p.start_timeout if verb is Verb.STARTED else p.stop_timeout for p in parts]
        return sum(own, timedelta(minutes=5))


@operation(START_UP)
class StartUp(_InOrder):
    """Starts an application, or a part with all its needs. A component must be healthy before its dependants start."""

    def __init__(self) -> None:
        super().__init__()
        self._meant_up: list[str] = []

    @workflow.run
    async def run(self, order: ComponentsOrder) -> OperationOutcome:
        """Start the components, beginning with those that need no other one."""
        return await self.carried_out(lambda: self._start(order))

    async def _start(self, order: ComponentsOrder) -> OperationOutcome:
        await self.begin(order, order.title, name="start_up")
        self.require_components(order.components.names)
        instruction = self.plan.start_up
        wanted = self._with_needs(order.components)
        names = self.controlled(wanted, "start")
        scope = WHOLE if order.components.whole else Scope.of(wanted)
        await self.lease.hold(scope, lasts=self.lasts(names, Verb.STARTED))
        self._meant_up = [] if order.rehearse else names
        self.enter(OperationState.ACTING, "Starting")
        layers = self.layers(names, instruction.order, first_needed=True)
        outcome = await self.carry_out(instruction.before) if order.components.whole else Outcome.OK
        for number, group in enumerate(layers, 1):
            if outcome is Outcome.OK:
                outcome = await self.layer(group, f"group {number} of {len(layers)}", Verb.STARTED)
        if outcome is Outcome.OK and order.components.whole:
            outcome = await self.carry_out(instruction.after)
        return await ended(self, outcome, "started, and all its measuring points are healthy")

    def release_fields(self) -> dict[str, Any]:
        """Return the components that should run from now on, whether or not all of them started."""
        return {"up": self._meant_up}

    def _with_needs(self, components: Scope) -> list[str]:
        if components.whole:
            return list(self.plan.components)
        return self.plan.dependencies.with_needs(components.names)


@operation(SHUT_DOWN)
class ShutDown(_InOrder):
    """Stops an application, or a part with all its dependants. A component stops after its dependants."""

    def __init__(self) -> None:
        super().__init__()
        self._down: list[str] = []
        self._down_until: datetime | None = None

    @workflow.run
    async def run(self, order: ShutDownOrder) -> OperationOutcome:
        """Stop the components, beginning with those that no other one needs."""
        return await self.carried_out(lambda: self._stop(order))

    async def _stop(self, order: ShutDownOrder) -> OperationOutcome:
        await self.begin(order, order.title, name="shut_down")
        self.require_components(order.components.names)
        instruction = self.plan.shut_down
        names = self.controlled(self._with_dependants(order.components), "stop")
        await self.lease.hold(order.components, lasts=self.lasts(names, Verb.STOPPED))
        self.enter(OperationState.ACTING, "Stopping")
        layers = self.layers(names, instruction.order, first_needed=False)
        outcome = await self.carry_out(instruction.before) if order.components.whole else Outcome.OK
        for number, group in enumerate(layers, 1):
            if outcome is Outcome.OK:
                outcome = await self.layer(group, f"group {number} of {len(layers)}", Verb.STOPPED)
        if outcome is Outcome.OK and order.components.whole:
            outcome = await self.carry_out(instruction.after)
        if not order.rehearse and outcome is Outcome.OK:
            self._down, self._down_until = names, workflow.now() + order.down_for
        return await ended(self, outcome, "stopped")

    def _with_dependants(self, components: Scope) -> list[str]:
        if components.whole:
            return list(self.plan.components)
        return self.plan.dependencies.with_dependants(components.names)

    def meant_to_be_down(self) -> set[str]:
        """Return the components in planned downtime: all that this operation stopped."""
        return set(self._down)

    def release_fields(self) -> dict[str, Any]:
        """Return the components in planned downtime, and its end."""
        return {"down": self._down, "down_until": self._down_until}


async def ended(done: Operation, outcome: Outcome, said: str) -> OperationOutcome:
    """Finish an operation with the outcome of its steps."""
    order = done.order
    scope = order.components if isinstance(order, ComponentsOrder) else WHOLE
    what = done.plan.name if scope.whole else str(scope)
    if order is not None and order.rehearse:
        return await done.finish(OperationEnd.REHEARSED, "Rehearsal, nothing was changed")
    if outcome is Outcome.OK:
        changed = any(r.changed for r in done.reports)
        end = OperationEnd.DONE if changed else OperationEnd.NOTHING_TO_DO
        return await done.finish(
            end, f"{what}: {said}" if changed else f"{what}: nothing to do, every step was already done"
        )
    if done.aborting is not None:
        return await done.finish(OperationEnd.ABORTED, f"{done.stops()}. {done.left_behind()}")
    return await done.finish(OperationEnd.FAILED, f"{what}: not all steps were done. {done.left_behind()}")
