"""Starting up and shutting down an application, or part of it, in the order of its dependencies."""

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
    OperationKind,
    OperationOutcome,
    OperationState,
    ShutDownOrder,
)
from workflows.operation.base import Operation, operation
from workflows.runtime.outcomes import worst
from workflows.steps.dependencies import needs
from workflows.steps.scope import WHOLE

_HEALTHY_FOR = timedelta(seconds=5)
"""How long a component must be healthy before what needs it is started."""

_HEALTHY_WITHIN = timedelta(minutes=10)


class _InOrder(Operation):
    """What starting up and shutting down have in common: components layer by layer, each taken up again where it failed."""

    @property
    def proves(self) -> str:
        """Only the whole of it is proof of its instruction."""
        whole = isinstance(self.order, ComponentsOrder) and not self.order.components
        return self.kind.value if whole else ""

    def layers(self, names: Sequence[str], order: Sequence[Sequence[str]], *, first_needed: bool) -> list[list[str]]:
        """Components in groups, one after the other: as the dossier says, else from the dependencies."""
        if order:
            groups = [[name for name in group if name in names] for group in order]
            left = [name for name in names if name not in {n for group in order for n in group}]
            return [group for group in [*groups, left] if group]
        graph = {name: part.depends_on for name, part in self.plan.components.items()}
        left, found = list(names), []
        while left:
            ready = [name for name in left if not needs(graph, name) & (set(left) - {name})] or left
            found.append(ready)
            left = [name for name in left if name not in ready]
        return found if first_needed else found[::-1]

    def controlled(self, names: Sequence[str], what: str) -> list[str]:
        """Those that we can start and stop; the others are reported as left alone."""
        able = []
        for name in names:
            part = self.plan.components[name]
            if part.control is not None and part.placements:
                able.append(name)
            else:
                self.report(f"Leave {name} alone", f"the dossier does not say how to {what} it")
        return able

    async def layer(self, names: Sequence[str], place: str, verb: Verb) -> Outcome:
        """Bring one group of components to a state at the same time; each is asked about by itself where it fails."""
        outcomes = await asyncio.gather(*[self._bring(name, place, verb) for name in names])
        return worst(outcomes)

    async def _bring(self, name: str, place: str, verb: Verb) -> Outcome:
        async def act() -> Outcome:
            outcome = await self.steps.bring(name, verb)
            if outcome is not Outcome.OK or verb is Verb.STOPPED or not self.plan.components[name].health:
                return outcome
            return await self.steps.carry_out_one(
                ProbeStep(component=name, healthy_for=_HEALTHY_FOR, timeout=_HEALTHY_WITHIN)
            )

        step: Step = StartStep(component=name) if verb is Verb.STARTED else StopStep(component=name)
        return await self.take_step(step, place, act)

    def lasts(self, names: Sequence[str], verb: Verb) -> timedelta:
        """How long it may take by what the dossier says of each component."""
        parts = [self.plan.components[name] for name in names]
        own = [p.start_timeout if verb is Verb.STARTED else p.stop_timeout for p in parts]
        return sum(own, timedelta(minutes=5))


@operation(OperationKind.START_UP)
class StartUp(_InOrder):
    """Start an application, or part of it with all that it needs; each proven healthy before what needs it is started."""

    kind = OperationKind.START_UP

    def __init__(self) -> None:
        super().__init__()
        self._meant_up: list[str] = []

    @workflow.run
    async def run(self, order: ComponentsOrder) -> OperationOutcome:
        """Start from what needs nothing to what needs it."""
        return await self.carried_out(lambda: self._start(order))

    async def _start(self, order: ComponentsOrder) -> OperationOutcome:
        await self.begin(order, f"Start {', '.join(order.components) or order.application}", name="start_up")
        self.require_components(order.components)
        instruction = self.plan.start_up
        wanted = self._with_needs(order.components)
        names = self.controlled(wanted, "start")
        await self.hold(wanted if order.components else WHOLE, lasts=self.lasts(names, Verb.STARTED))
        self._meant_up = [] if order.rehearse else names
        self.enter(OperationState.ACTING, "Starting")
        layers = self.layers(names, instruction.order, first_needed=True)
        outcome = await self.carry_out(instruction.before) if not order.components else Outcome.OK
        for number, group in enumerate(layers, 1):
            if outcome is Outcome.OK:
                outcome = await self.layer(group, f"group {number} of {len(layers)}", Verb.STARTED)
        if outcome is Outcome.OK and not order.components:
            outcome = await self.carry_out(instruction.after)
        return await ended(self, outcome, "started and healthy as far as it is measured")

    def says_of_components(self) -> dict[str, Any]:
        """From now on they are meant to be up, whatever came of it."""
        return {"up": self._meant_up}

    def _with_needs(self, components: Sequence[str]) -> list[str]:
        if not components:
            return list(self.plan.components)
        graph = {name: part.depends_on for name, part in self.plan.components.items()}
        wanted = set(components).union(*(needs(graph, name) for name in components))
        return [name for name in self.plan.components if name in wanted]


@operation(OperationKind.SHUT_DOWN)
class ShutDown(_InOrder):
    """Stop an application, or part of it with all that needs it; what is needed is stopped last."""

    kind = OperationKind.SHUT_DOWN

    def __init__(self) -> None:
        super().__init__()
        self._down: list[str] = []
        self._down_until: datetime | None = None

    @workflow.run
    async def run(self, order: ShutDownOrder) -> OperationOutcome:
        """Stop from what nothing needs to what it needs."""
        return await self.carried_out(lambda: self._stop(order))

    async def _stop(self, order: ShutDownOrder) -> OperationOutcome:
        await self.begin(order, f"Stop {', '.join(order.components) or order.application}", name="shut_down")
        self.require_components(order.components)
        instruction = self.plan.shut_down
        names = self.controlled(self._with_dependants(order.components), "stop")
        await self.hold(order.components, lasts=self.lasts(names, Verb.STOPPED))
        self.enter(OperationState.ACTING, "Stopping")
        layers = self.layers(names, instruction.order, first_needed=False)
        outcome = await self.carry_out(instruction.before) if not order.components else Outcome.OK
        for number, group in enumerate(layers, 1):
            if outcome is Outcome.OK:
                outcome = await self.layer(group, f"group {number} of {len(layers)}", Verb.STOPPED)
        if outcome is Outcome.OK and not order.components:
            outcome = await self.carry_out(instruction.after)
        if not order.rehearse and outcome is Outcome.OK:
            self._down, self._down_until = names, workflow.now() + order.down_for
        return await ended(self, outcome, "stopped")

    def _with_dependants(self, components: Sequence[str]) -> list[str]:
        if not components:
            return list(self.plan.components)
        wanted = set(components).union(*(self.plan.dependants(name) for name in components))
        return [name for name in self.plan.components if name in wanted]

    def meant_to_be_down(self) -> set[str]:
        """What was stopped is meant to be."""
        return set(self._down)

    def says_of_components(self) -> dict[str, Any]:
        """They are down on purpose, and not for ever."""
        return {"down": self._down, "down_until": self._down_until}


async def ended(done: Operation, outcome: Outcome, said: str) -> OperationOutcome:
    """Finish an operation whose steps ended so."""
    order = done.order
    what = ", ".join(order.components) if isinstance(order, ComponentsOrder) and order.components else done.plan.name
    if order is not None and order.rehearse:
        return await done.finish(OperationEnd.REHEARSED, "Rehearsal, nothing was changed")
    if outcome is Outcome.OK:
        changed = any(r.changed for r in done.reports)
        end = OperationEnd.DONE if changed else OperationEnd.NOTHING_TO_DO
        return await done.finish(end, f"{what}: {said}" if changed else f"{what}: nothing to do, all is so already")
    if done.aborting is not None:
        return await done.finish(OperationEnd.ABORTED, f"{done.stops()}. {done.left_behind()}")
    return await done.finish(OperationEnd.FAILED, f"{what}: not all was done. {done.left_behind()}")
