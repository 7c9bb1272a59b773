"""Asking people for the next step of an incident, and withdrawing the question when its answer no longer matters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Protocol

from temporalio import workflow

from models.gates import WITHDRAWN, GateOutcome, Question
from models.incident import IncidentState
from models.probes import HealthVerdict
from workflows.gates.gates import OnWaiting
from workflows.incident.context import IncidentContext
from workflows.incident.coordination import Coordination
from workflows.incident.recovery import Recovery

_WITHDRAWN: Final = "The question is withdrawn."
_CONTINUES: Final = "The question is closed; the incident continues"
_HEALTHY: Final = f"{_WITHDRAWN[:-1]}: everything that failed is healthy again."


class Ask(Protocol):
    """Asks people, and waits for the answer, as `HasGates.ask` does."""

    def __call__(
        self, question: Question, withdrawn: Callable[[], bool], on_waiting: OnWaiting = ...
    ) -> Awaitable[GateOutcome]:
        """Return the answer, or that the question was withdrawn."""


class AlreadyRecoveredError(Exception):
    """Recovery was proven while a question waited for its answer. The remediation of the incident handles it."""

    def __init__(self, verdict: HealthVerdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


class NextStep:
    """Asks through `ask`, and meanwhile checks whether the incident recovers by itself."""

    def __init__(self, context: IncidentContext, coordination: Coordination, ask: Ask, recovery: Recovery) -> None:
        self._context = context
        self._coordination = coordination
        self._ask = ask
        self._recovery = recovery

    async def within_a_step(self, question: Question) -> GateOutcome:
        """Ask the question of a step; the state of the incident stays as it is."""
        self._coordination.need_people(question.text)
        return await self._ask(question, lambda: self._context.stopping)

    async def decide(
        self,
        question: Question,
        doing: str,
        withdrawn: Callable[[], str] = lambda: "",
        meanwhile: Callable[[], Coroutine[Any, Any, str]] | None = None,
    ) -> GateOutcome:
        """Ask people, and log the answer.

        `withdrawn` returns why the question no longer matters, and an empty text while it does; `meanwhile` waits until there is
        such a reason. Raises `AlreadyRecoveredError` when recovery was proven meanwhile.
        """
        context, recovered, why = self._context, list[HealthVerdict](), ""
        context.raise_if_stopping()
        self._coordination.need_people(f"A decision is needed: {question.text}")

        async def answer(on_waiting: OnWaiting) -> GateOutcome:
            nonlocal why
            recovery = asyncio.create_task(self._recovery.proven())
            beside = asyncio.create_task(meanwhile()) if meanwhile else None
            tasks: list[asyncio.Task[Any]] = [recovery, beside] if beside else [recovery]
            try:
                outcome = await self._ask(
                    question,
                    lambda: context.stopping or bool(withdrawn()) or any(task.done() for task in tasks),
                    on_waiting,
                )
            except asyncio.CancelledError:
                await _stopped(tasks)
                raise
            await _stopped(tasks)
            context.raise_if_stopping()
            if outcome.option == WITHDRAWN and not recovery.cancelled():
                recovered.append(recovery.result())
            why = (_HEALTHY if recovered else "") or withdrawn() or _result_of(beside) or _WITHDRAWN
            return outcome

        outcome = await context.journal.decide(
            question, answer, IncidentState.DECIDING, doing, unanswered=lambda: why, afterwards=_CONTINUES
        )
        if recovered:
            raise AlreadyRecoveredError(recovered[0])
        return outcome


def _result_of(task: asyncio.Task[str] | None) -> str:
    return task.result() if task is not None and task.done() and not task.cancelled() else ""


async def _stopped(tasks: list[asyncio.Task[Any]]) -> None:
    """Cancel tasks, and wait until each has ended."""
    for task in tasks:
        task.cancel()
        await workflow.wait([task])
