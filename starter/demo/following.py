"""Follows the incidents and operations of an application from outside, by their public queries."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from models.errors import UserError
from models.gates import GateState
from models.names import watch_id
from models.records import TimelineEntry
from models.watch import OpenIncidentState, WatchStatus

_QUERY_EVERY: Final = 0.25
_PATIENCE: Final = timedelta(seconds=5)
_STARTED_WITHIN: Final = 30.0

Handle = WorkflowHandle[Any, Any]


class HasState(Protocol):
    """The part of the answer to the query `status` that incidents and operations share."""

    @property
    def timeline(self) -> list[TimelineEntry]:
        """The entries so far."""

    @property
    def gates(self) -> list[GateState]:
        """The questions, open or answered."""

    @property
    def state(self) -> StrEnum:
        """The state, as an enumeration."""

    @property
    def doing(self) -> str:
        """The current step, as display text."""


T = TypeVar("T")


class Listener(Protocol):
    """Receives the events of an incident or an operation while it runs."""

    def entries(self, entries: list[TimelineEntry]) -> None:
        """Called with the new entries of the timeline."""

    async def asked(self, handle: Handle, gate: GateState) -> None:
        """Called for each new question."""

    async def show(self, status: HasState) -> None:
        """Called with the current status."""


async def watch_status(client: Client, application: str) -> WatchStatus | None:
    """Return the status of the watch; None while it does not answer."""
    handle = client.get_workflow_handle(watch_id(application))
    try:
        status: WatchStatus = await handle.query("status", result_type=WatchStatus, rpc_timeout=_PATIENCE)
    except (RPCError, WorkflowQueryFailedError):
        return None
    return status


async def next_incident(client: Client, application: str, known: set[str]) -> OpenIncidentState | None:
    """Return the oldest open incident that is not in `known`, or None."""
    status = await watch_status(client, application)
    fresh = [i for i in status.incidents if i.id not in known] if status else []
    return min(fresh, key=lambda i: i.number, default=None) if fresh else None


async def follow(handle: WorkflowHandle[Any, T], listener: Listener, status_type: type[HasState]) -> T | None:
    """Send events to the listener until the workflow ends. Return its result; None when it was cancelled or terminated."""
    ending = asyncio.ensure_future(_end_of(handle))
    shown, announced = 0, set[str]()
    try:
        while True:
            ended = ending.done()
            status = await _status(handle, status_type)
            if status is not None:
                fresh = [entry for entry in status.timeline if entry.sequence >= shown]
                listener.entries(fresh)
                shown = fresh[-1].sequence + 1 if fresh else shown
                for gate in status.gates:
                    if gate.id not in announced:
                        announced.add(gate.id)
                        await listener.asked(handle, gate)
                await listener.show(status)
            if ended:
                return await ending
            await asyncio.wait({ending}, timeout=_QUERY_EVERY)
    except WorkflowFailureError:
        return None
    finally:
        ending.cancel()


async def _end_of(handle: WorkflowHandle[Any, T]) -> T:
    """Return the result of a workflow. The watch may name an incident a moment before Temporal has started it."""
    deadline = time.monotonic() + _STARTED_WITHIN
    while True:
        try:
            return await handle.result()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND or time.monotonic() > deadline:
                raise
        await asyncio.sleep(_QUERY_EVERY)


async def _status(handle: Handle, status_type: type[HasState]) -> HasState | None:
    try:
        status: HasState = await handle.query("status", result_type=status_type, rpc_timeout=_PATIENCE)
    except (RPCError, WorkflowQueryFailedError):
        return None  # The worker is busy or has just restarted; the next query succeeds.
    return status


async def until(condition: Callable[[], Awaitable[bool]], within: float, otherwise: str) -> None:
    """Wait until a condition is true. Raise `UserError` with the text `otherwise` after `within` seconds."""
    deadline = time.monotonic() + within
    while not await condition():
        if time.monotonic() > deadline:
            raise UserError(f"{otherwise} within {within:.0f} s")
        await asyncio.sleep(_QUERY_EVERY)
