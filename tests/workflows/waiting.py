"""Waiting for what a workflow will come to."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from models.gates import GateState
from tests.workflows.world import gates

T = TypeVar("T")


class Patience:
    """Pauses that grow between two looks: what comes at once is seen at once, and what takes long is not asked all the time.

    A look at a busy machine takes the time of what it waits for.
    """

    def __init__(self, first: float = 0.005, longest: float = 0.1) -> None:
        self._next = self._first = first
        self._longest = longest

    def renew(self) -> None:
        """Look often again."""
        self._next = self._first

    async def pause(self) -> None:
        """Wait for the next look."""
        await asyncio.sleep(self._next)
        self._next = min(1.5 * self._next, self._longest)


async def until_asked(handle: WorkflowHandle[Any, Any], option: str | None = None, seconds: float = 60) -> GateState:
    """Wait until the workflow asks something, with that option among the answers."""
    patience = Patience(0.02)
    async with asyncio.timeout(seconds):
        while True:
            try:
                for gate in await gates(handle):
                    if option is None or option in [o.name for o in gate.question.options]:
                        return gate
            except RPCError:
                pass  # it has not been started yet
            await patience.pause()


async def end_of(handle: WorkflowHandle[Any, T], seconds: float = 60) -> T:
    """The result of a workflow that the watch is about to start: its receipt may be quicker than the start."""
    patience = Patience(0.02)
    async with asyncio.timeout(seconds):
        while True:
            try:
                return await handle.result()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
            except RuntimeError as error:
                if "No completion event" not in str(error):
                    raise  # the time-skipping server gives up a long poll without a word
            await patience.pause()


async def hand_on(watch: WorkflowHandle[Any, Any], seconds: float = 60) -> None:
    """Let a watch go on in a new run, and wait until it has."""
    first = (await watch.describe()).run_id
    await watch.signal("hand_on")
    async with asyncio.timeout(seconds):
        while (await watch.describe()).run_id == first:
            await asyncio.sleep(0.05)
