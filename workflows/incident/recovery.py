"""Checks whether an incident recovers by itself while people are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from temporalio import workflow

from models.plans import SiteProbes
from models.probes import HealthVerdict, WatchHealth
from workflows.incident.context import IncidentContext
from workflows.incident.instructions import InstructionChoice
from workflows.runtime.waiting import until
from workflows.steps.health import watch

_AT_LEAST = timedelta(minutes=1)
"""Shortest pause between two checks: a question is asked because something failed a moment ago."""

_AT_MOST = timedelta(minutes=30)
"""Longest pause between two checks while no alarm clears. A check is short: it must not hold a slot of the site's worker, which
the remedy of another incident may need, for as long as people need to decide."""


class Recovery:
    """Proves recovery without a remedy; `probes` returns the probes that show the fault."""

    def __init__(
        self, context: IncidentContext, instructions: InstructionChoice, probes: Callable[[], list[SiteProbes]]
    ) -> None:
        self._context = context
        self._instructions = instructions
        self._probes = probes

    async def proven(self) -> HealthVerdict:
        """Check again and again until health has held as long as it must after a remedy; return that verdict.

        A check follows soon after an alarm has cleared, else after pauses that grow.
        """
        pause = _AT_LEAST
        while True:
            known = self._context.cleared
            if await self._more_cleared(known, within=pause):
                # If the cleared alarms alone withdraw the question, this task is cancelled during the pause.
                await workflow.sleep(_AT_LEAST, summary="An alarm cleared: wait before the health check")
            pause = min(pause * 2, _AT_MOST)
            probes = self._probes()
            if probes and (verdict := await self._check(probes)).healthy and self._covers_all(probes):
                return verdict

    async def _more_cleared(self, known: int, within: timedelta) -> bool:
        """Whether an alarm clears before that time is over."""
        summary = "Until the next check whether it recovers by itself"
        return await until(lambda: self._context.cleared != known, within=within, summary=summary)

    async def _check(self, probes: Sequence[SiteProbes]) -> HealthVerdict:
        terms = self._context.terms
        return await watch(
            probes,
            WatchHealth(
                targets=probes[0].targets,
                every=min(terms.confirm_every, terms.healthy_for / 2),
                healthy_for=terms.healthy_for,
                failing_checks=1,
                give_up_after=terms.healthy_for + timedelta(minutes=1),
            ),
            "Check whether it recovers by itself while people decide",
        )

    def _covers_all(self, probes: Sequence[SiteProbes]) -> bool:
        """Whether the probes check the measuring point of every active alarm, with all its thresholds."""
        checked = {target.point for group in probes for target in group.targets}
        named, application = self._instructions.named_points, self._context.order.application
        return not self._context.firing.further and all(
            a.measuring_point in named and f"{application}.{a.measuring_point}" in checked
            for a in self._context.memory.alarms.values()
        )
