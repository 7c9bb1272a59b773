"""Asking people how an incident goes on, and taking the question back when the answer no longer matters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from temporalio import workflow

from models.gates import MOOT, GateOutcome, Question
from models.incident import IncidentState
from models.probes import HealthVerdict
from models.records import EntryKind
from workflows.gates.gates import decision_line
from workflows.incident.context import Case
from workflows.incident.coordination import Leading
from workflows.incident.recovery import Recovery

_WITHDRAWN: Final = "The question is withdrawn."
_HEALTHY: Final = f"{_WITHDRAWN[:-1]}: everything that was ill is healthy again."

Ask = Callable[[Question, Callable[[], bool]], Awaitable[GateOutcome]]


class AlreadyRecoveredError(Exception):
    """Health was proven while a question waited for its answer; never leaves the healing of its incident."""

    def __init__(self, verdict: HealthVerdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


class Deciding:
    """Asks through `ask`, and looks meanwhile whether the incident recovers by itself."""

    def __init__(self, case: Case, leading: Leading, ask: Ask, recovery: Recovery) -> None:
        self._case = case
        self._leading = leading
        self._ask = ask
        self._recovery = recovery

    async def within_a_step(self, question: Question) -> GateOutcome:
        """A question of a step: it is no reason to see the incident as waiting for a decision on how to go on."""
        self._leading.need_people(question.text)
        return await self._ask(question, lambda: self._case.stopping)

    async def decide(
        self,
        question: Question,
        doing: str,
        moot: Callable[[], str] = lambda: "",
        meanwhile: Callable[[], Coroutine[Any, Any, str]] | None = None,
    ) -> GateOutcome:
        """Ask, and tell the answer. `moot` says why it no longer matters, and nothing while it does; `meanwhile` waits until it
        can say so.

        Where recovery was proven meanwhile, this raises `AlreadyRecoveredError`.
        """
        self._case.enter(IncidentState.DECIDING, doing)
        self._leading.need_people(f"A decision is needed: {question.text}")
        await self._case.record()
        recovery = asyncio.create_task(self._recovery.proven())
        beside = asyncio.create_task(meanwhile()) if meanwhile else None
        tasks: list[asyncio.Task[Any]] = [recovery, beside] if beside else [recovery]
        try:
            outcome = await self._ask(
                question,
                lambda: self._case.stopping or bool(moot()) or any(task.done() for task in tasks),
            )
        except asyncio.CancelledError:
            await _stopped(tasks)
            raise
        await _stopped(tasks)
        self._case.stop_if_told()
        withdrawn = recovery.result() if outcome.option == MOOT and not recovery.cancelled() else None
        why = (withdrawn and _HEALTHY) or moot() or _result_of(beside) or _WITHDRAWN
        self._case.tell(EntryKind.DECISION, *decision_line(question, outcome, why))
        if withdrawn is not None:
            raise AlreadyRecoveredError(withdrawn)
        return outcome


def _result_of(task: asyncio.Task[str] | None) -> str:
    return task.result() if task is not None and task.done() and not task.cancelled() else ""


async def _stopped(tasks: list[asyncio.Task[Any]]) -> None:
    """Stop tasks, and wait until each has stopped."""
    for task in tasks:
        task.cancel()
        await workflow.wait([task])
