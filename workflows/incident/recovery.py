"""Looking whether an incident recovers by itself while people are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from temporalio import workflow

from models.probes import HealthVerdict, WatchHealth
from models.slices import SiteProbes
from workflows.incident.context import Case
from workflows.incident.instructions import Instructing
from workflows.runtime.waiting import until
from workflows.steps.health import watch

_AT_LEAST = timedelta(minutes=1)
"""Between two looks: a question is asked because something was ill a moment ago."""

_AT_MOST = timedelta(minutes=30)
"""Between two looks, where no source takes an alarm back. Each look is short: it must not keep a place of the site's worker
that a remedy of another incident needs, for as long as people need to decide."""


class Recovery:
    """Proves recovery without a remedy; `probes` gives what shows the fault."""

    def __init__(self, case: Case, instructing: Instructing, probes: Callable[[], list[SiteProbes]]) -> None:
        self._case = case
        self._instructing = instructing
        self._probes = probes

    async def proven(self) -> HealthVerdict:
        """Look, for as long as it takes, until health has held as long as after a remedy.

        It is looked soon after a source has taken an alarm back, else after pauses that grow.
        """
        pause = _AT_LEAST
        while True:
            known = self._case.taken_back
            if await self._taken_back(known, within=pause):
                # Where that alone is reason enough to look, whoever asks has stopped this by then.
                await workflow.sleep(_AT_LEAST, summary="An alarm was taken back: before looking whether it recovers")
            pause = min(pause * 2, _AT_MOST)
            probes = self._probes()
            if probes and (verdict := await self._look(probes)).healthy and self._says_all(probes):
                return verdict

    async def _taken_back(self, known: int, within: timedelta) -> bool:
        """Whether an alarm is taken back before that time is over."""
        summary = "Before looking whether it recovers by itself"
        return await until(lambda: self._case.taken_back != known, within=within, summary=summary)

    async def _look(self, probes: Sequence[SiteProbes]) -> HealthVerdict:
        terms = self._case.terms
        return await watch(
            probes,
            WatchHealth(
                targets=probes[0].targets,
                every=min(terms.confirm_every, terms.healthy_for / 2),
                healthy_for=terms.healthy_for,
                failing_looks=1,
                give_up_after=terms.healthy_for + timedelta(minutes=1),
            ),
            "Look whether it recovers by itself while people decide",
        )

    def _says_all(self, probes: Sequence[SiteProbes]) -> bool:
        """Whether healthy probes say that nothing is ill any more: they look at the point of every alarm that still fires, by
        all that makes it an alarm.
        """
        looked_at = {target.point for group in probes for target in group.targets}
        named, application = self._instructing.named_points, self._case.order.application
        return not self._case.firing.further and all(
            a.measuring_point in named and f"{application}.{a.measuring_point}" in looked_at
            for a in self._case.memory.alarms.values()
        )
