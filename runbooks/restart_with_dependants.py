"""Restart a component together with all that needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field
from temporalio import workflow

from models.base import Duration, Identifier, PositiveDuration
from models.dossier.instructions import ProbeStep
from models.jobs import Outcome, Verb
from models.runbooks import RunbookInput, RunbookReport
from workflows.runbook import Runbook, refuse, runbook
from workflows.runtime.outcomes import worst


class RestartWithDependantsInput(RunbookInput):
    """What to restart."""

    component: Annotated[Identifier, Field(examples=["db"])]
    """Component to restart; all that needs it, directly or through others, is restarted too."""
    healthy_for: Duration = timedelta(seconds=5)
    """How long each must be healthy before the next is started."""
    within: PositiveDuration = timedelta(minutes=5)
    """How long each may take to become healthy."""


@runbook("restart-with-dependants")
class RestartWithDependants(Runbook):
    """Restart a component with its dependants, in order.

    Stops what needs the component, furthest first; stops and starts the component; waits until it is healthy; then starts what
    needs it, nearest first, each proven healthy before what needs it in turn. What does not need each other is done at the same
    time.

    Dependants that we cannot start and stop (no `control`, or no host) are left running. Where something cannot be stopped,
    nothing more is stopped, and everything is started again. Where something does not become healthy, only what needs it is
    left stopped, and the summary names it. Repeating is safe: what is stopped is not stopped again, and all of it is started.
    """

    @workflow.run
    async def run(self, order: RestartWithDependantsInput) -> RunbookReport:
        """Stop from the furthest dependant to the component; start the other way round."""
        await self.begin(order)
        self._within, self._healthy_for = order.within, order.healthy_for
        layers = [[order.component], *self._dependants(order.component)]

        stopped, outcome = await self._stop(list(reversed(layers)))
        names = [name for layer in layers for name in layer]
        if outcome is not Outcome.OK and not order.rehearse:
            return await self._go_back(layers, stopped, outcome)

        left, outcome = await self._start(layers)
        others = f" with {', '.join(names[1:])}" if names[1:] else " (nothing that we can stop needs it)"
        if left and not order.rehearse:
            return await self.report(
                worst([outcome, Outcome.FAILED]),
                f"{order.component}{others}: not all became healthy. Not started or not healthy: {', '.join(left)}",
            )
        return await self.report(outcome, f"{order.component} restarted{others}; each healthy as far as it is measured")

    def _dependants(self, component: str) -> list[list[str]]:
        """What needs the component and can be stopped, in layers that need only those before them."""
        if self.component(component).control is None:
            raise refuse(f"the dossier does not say how to start and stop {component}; add control to it")
        controlled = []
        for name in self.plan.dependants(component):
            part = self.component(name)
            if part.control is not None and part.placements:
                controlled.append(name)
            else:
                self.note(f"Leave {name} running", "the dossier does not say how to start and stop it")
        return self._layers(controlled)

    def _layers(self, names: Sequence[str]) -> list[list[str]]:
        left, layers = list(names), []
        while left:
            layer = [name for name in left if not self._needs(name) & (set(left) - {name})]
            if not layer:
                raise refuse(f"{', '.join(left)} need each other in a circle; mend depends_on in the dossier")
            layers.append(layer)
            left = [name for name in left if name not in layer]
        return layers

    def _needs(self, name: str) -> set[str]:
        """All that a component needs, directly or through others, itself aside."""
        return {other for other in self.plan.components if other != name and name in self.plan.dependants(other)}

    async def _stop(self, layers: Sequence[Sequence[str]]) -> tuple[list[str], Outcome]:
        """Stop layer by layer; give what was told to stop, and the outcome of the last layer."""
        told: list[str] = []
        outcome = Outcome.OK
        for layer in layers:
            self.now(f"Stopping {', '.join(layer)}")
            told += layer
            outcome = worst(await asyncio.gather(*[self.steps.bring(name, Verb.STOPPED) for name in layer]))
            if outcome is not Outcome.OK and not self.steps.rehearse:
                break
        return told, outcome

    async def _go_back(self, layers: Sequence[Sequence[str]], told: Sequence[str], why: Outcome) -> RunbookReport:
        """Start again what was told to stop: a half-stopped application is worse than the one we found."""
        left, outcome = await self._start([[name for name in layer if name in told] for layer in layers])
        state = f"not healthy: {', '.join(left)}" if left else "everything was started again and is healthy"
        return await self.report(worst([why, outcome]), f"Given up, because something could not be stopped; {state}")

    async def _start(self, layers: Sequence[Sequence[str]]) -> tuple[list[str], Outcome]:
        """Start layer by layer, leaving out what needs something that is not healthy; give what is not up, and the worst."""
        left: list[str] = []
        outcomes = [Outcome.OK]
        for layer in layers:
            able = [name for name in layer if not self._needs(name) & set(left) or self.steps.rehearse]
            for name in layer:
                if name not in able:
                    missing = ", ".join(sorted(self._needs(name) & set(left)))
                    self.note(f"Start {name}", f"not started: it needs {missing}", Outcome.FAILED)
            if able:
                self.now(f"Starting {', '.join(able)}")
            results = await asyncio.gather(*[self._up(name) for name in able])
            outcomes += results
            left += [name for name in layer if name not in able]
            left += [name for name, outcome in zip(able, results, strict=True) if outcome is not Outcome.OK]
        return left, worst(outcomes)

    async def _up(self, name: str) -> Outcome:
        """Start one component and prove that it is healthy."""
        outcome = await self.steps.bring(name, Verb.STARTED)
        if outcome is not Outcome.OK and not self.steps.rehearse:
            return outcome
        if not self.component(name).health:
            self.note(f"Health of {name}", "not proven: no measuring point of it shows its health")
            return outcome
        probe = ProbeStep(component=name, healthy_for=self._healthy_for, timeout=self._within)
        return worst([outcome, await self.steps.carry_out_one(probe)])
