"""Another fault that joins while people are asked for the next step, and has an instruction of its own."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from models.alarms import Alarm
from workflows.incident.context import IncidentContext
from workflows.incident.instructions import InstructionChoice, short_name
from workflows.runtime.outcomes import explain


class AnotherFault:
    """Finds alarms that join, and whose instruction has a remedy that was not tried yet."""

    def __init__(self, context: IncidentContext, instructions: InstructionChoice) -> None:
        self._context = context
        self._instructions = instructions

    async def found(self, known: Collection[str]) -> str:
        """Wait for such a fault; return why the question is withdrawn. `known` are the fingerprints that had joined before.

        An alarm counts only if probes can confirm it: no remedy runs for a fault that no probe can see.
        """
        seen = set(known)
        while True:
            joined = await self._next(seen)
            seen.update(alarm.fingerprint for alarm in joined)
            points = set(chain.from_iterable(map(self._points, joined)))
            if points and (instruction := await self._instruction(points)):
                titles = "; ".join(alarm.title for alarm in joined[:3])
                return (
                    f"The question is withdrawn: another fault has joined ({titles}). Its instruction {instruction} "
                    "was not tried yet."
                )

    async def _next(self, seen: Collection[str]) -> list[Alarm]:
        def joined() -> list[Alarm]:
            return [a for a in self._context.memory.alarms.values() if a.fingerprint not in seen]

        await workflow.wait_condition(lambda: bool(joined()))
        return joined()

    def _points(self, alarm: Alarm) -> list[str]:
        """Names of the measuring points that can confirm an alarm."""
        if alarm.measuring_point:
            return [alarm.measuring_point]
        plan = self._context.plan.plan
        part = plan.components.get(alarm.component) if plan and alarm.component else None
        return [short_name(target.point) for group in part.health for target in group.targets] if part else []

    async def _instruction(self, points: Collection[str]) -> str:
        try:
            return await self._instructions.untried_for(points)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("the instruction for alarms that joined cannot be looked up: %s", explain(error))
            return ""
