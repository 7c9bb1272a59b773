"""The runbook that restarts a component with its dependants."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
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
    """The component, and the time that each component gets to become healthy."""

    component: Annotated[Identifier, Field(examples=["db"])]
    """Component to restart, together with its direct and indirect dependants."""
    healthy_for: Duration = timedelta(seconds=5)
    """Time for which a component must be healthy before the next one starts."""
    within: PositiveDuration = timedelta(minutes=5)
    """Time within which a component must become healthy."""


@runbook("restart-with-dependants")
class RestartWithDependants(Runbook):
    """Restart a component with its dependants, in order.

    Stops the dependants, the most distant first, and then the component. Starts the component, waits until it is healthy, and
    then starts the dependants, the nearest first. Each must be healthy before its own dependants start. Components that do not
    need each other stop and start at the same time.

    Dependants without `control` or without a host keep running. If a component cannot be stopped, no further one is stopped, and
    all are started again. If a component does not become healthy, only its dependants stay stopped, and the summary names them.
    A second run is safe: it does not stop a stopped component again, and starts all of them.
    """

    @workflow.run
    async def run(self, order: RestartWithDependantsInput) -> RunbookReport:
        """Stop the dependants, the most distant first, and the component; start them in the reverse order."""
        await self.begin(order)
        self._within, self._healthy_for = order.within, order.healthy_for
        layers = [[order.component], *self._dependants(order.component)]

        stopped, outcome = await self._stop(list(reversed(layers)))
        names = [name for layer in layers for name in layer]
        if outcome is not Outcome.OK and not order.rehearse:
            return await self._go_back(layers, stopped, outcome)

        left, outcome = await self._start(layers)
        others = f" with {', '.join(names[1:])}" if names[1:] else " (it has no dependants that can be stopped)"
        if left and not order.rehearse:
            return await self.report(
                worst([outcome, Outcome.FAILED]),
                f"{order.component}{others}: not all components became healthy. Not started or not healthy: {', '.join(left)}",
            )
        return await self.report(
            outcome, f"{order.component} restarted{others}; all their measuring points are healthy"
        )

    def _dependants(self, component: str) -> list[list[str]]:
        """Return the dependants that can be stopped, in layers; a layer needs only the layers before it."""
        if self.component(component).control is None:
            raise refuse(f"the dossier does not say how to start and stop {component}; add control to it")
        controlled = []
        for name in self.plan.dependencies.dependants(component):
            part = self.component(name)
            if part.control is not None and part.routed_hosts:
                controlled.append(name)
            else:
                self.note(f"Skip {name}, which keeps running", "the dossier does not say how to start and stop it")
        return self.plan.dependencies.layers(controlled)

    def _missing(self, name: str, left: Collection[str]) -> list[str]:
        """Return the components of `left` that this one needs, directly or indirectly."""
        return sorted(set(self.plan.dependencies.needs(name)).intersection(left))

    async def _stop(self, layers: Sequence[Sequence[str]]) -> tuple[list[str], Outcome]:
        """Stop the layers in order. Return the components that got the order to stop, and the outcome of the last layer."""
        ordered: list[str] = []
        outcome = Outcome.OK
        for layer in layers:
            self.now(f"Stopping {', '.join(layer)}")
            ordered += layer
            outcome = worst(await asyncio.gather(*[self.steps.ensure(name, Verb.STOPPED) for name in layer]))
            if outcome is not Outcome.OK and not self.steps.rehearse:
                break
        return ordered, outcome

    async def _go_back(self, layers: Sequence[Sequence[str]], ordered: Sequence[str], why: Outcome) -> RunbookReport:
        """Start the components again that got the order to stop, because a half-stopped application is worse than before."""
        left, outcome = await self._start([[name for name in layer if name in ordered] for layer in layers])
        state = f"not healthy: {', '.join(left)}" if left else "all components run again and are healthy"
        return await self.report(worst([why, outcome]), f"Given up, because a component could not be stopped; {state}")

    async def _start(self, layers: Sequence[Sequence[str]]) -> tuple[list[str], Outcome]:
        """Start the layers in order, without components that need an unhealthy one.

        Return the components that do not run or are not healthy, and the worst outcome.
        """
        left: list[str] = []
        outcomes = [Outcome.OK]
        for layer in layers:
            able = [name for name in layer if not self._missing(name, left) or self.steps.rehearse]
            for name in layer:
                if name not in able:
                    missing = ", ".join(self._missing(name, left))
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
        outcome = await self.steps.ensure(name, Verb.STARTED)
        if outcome is not Outcome.OK and not self.steps.rehearse:
            return outcome
        if not self.component(name).health:
            self.note(f"Health of {name}", "not proven: none of its measuring points shows its health")
            return outcome
        probe = ProbeStep(component=name, healthy_for=self._healthy_for, timeout=self._within)
        return worst([outcome, await self.steps.carry_out_one(probe)])
