"""While people are asked how an incident goes on: whether another fault joins that an instruction of its own may heal."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from models.alarms import Alarm
from workflows.incident.context import Case
from workflows.incident.instructions import Instructing, short_name
from workflows.runtime.outcomes import explain


class AnotherFault:
    """Looks up whether what joins has an instruction with a remedy that was not taken yet."""

    def __init__(self, case: Case, instructing: Instructing) -> None:
        self._case = case
        self._instructing = instructing

    async def found(self, known: Collection[str]) -> str:
        """Wait for such a fault; returns what to tell whoever was asked. `known` are the fingerprints that had joined before.

        An alarm counts only where probes can confirm it: nothing is done about a fault that nobody can look at.
        """
        seen = set(known)
        while True:
            joined = await self._next(seen)
            seen.update(alarm.fingerprint for alarm in joined)
            points = set(chain.from_iterable(map(self._points, joined)))
            if points and (instruction := await self._instruction(points)):
                titles = "; ".join(alarm.title for alarm in joined[:3])
                return (
                    f"The question is withdrawn: meanwhile another fault has joined ({titles}), and the dossier has an "
                    f"instruction for it that was not tried: {instruction}."
                )

    async def _next(self, seen: Collection[str]) -> list[Alarm]:
        def joined() -> list[Alarm]:
            return [a for a in self._case.memory.alarms.values() if a.fingerprint not in seen]

        await workflow.wait_condition(lambda: bool(joined()))
        return joined()

    def _points(self, alarm: Alarm) -> list[str]:
        """The measuring points that can confirm an alarm."""
        if alarm.measuring_point:
            return [alarm.measuring_point]
        plan = self._case.plan.plan
        part = plan.components.get(alarm.component) if plan and alarm.component else None
        return [short_name(target.point) for group in part.health for target in group.targets] if part else []

    async def _instruction(self, points: Collection[str]) -> str:
        try:
            return await self._instructing.untried_for(points)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("no instruction can be looked up for what has joined: %s", explain(error))
            return ""
