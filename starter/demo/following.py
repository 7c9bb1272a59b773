"""Following an application's incidents from outside, by the queries that everybody may ask."""

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

_LOOK_EVERY: Final = 0.25
_PATIENCE: Final = timedelta(seconds=5)
_STARTED_WITHIN: Final = 30.0

Handle = WorkflowHandle[Any, Any]


class HasState(Protocol):
    """How an incident or an operation stands, as its query `status` says."""

    @property
    def timeline(self) -> list[TimelineEntry]:
        """What happened so far."""

    @property
    def gates(self) -> list[GateState]:
        """Open questions."""

    @property
    def state(self) -> StrEnum:
        """In a word."""

    @property
    def doing(self) -> str:
        """In a sentence."""


T = TypeVar("T")


class Listener(Protocol):
    """Is told of an incident or an operation as it goes on."""

    def entries(self, entries: list[TimelineEntry]) -> None:
        """The timeline has grown by these."""

    async def asked(self, handle: Handle, gate: GateState) -> None:
        """A question has been opened."""

    async def look(self, status: HasState) -> None:
        """It stands so now."""


async def watch_status(client: Client, application: str) -> WatchStatus | None:
    """What the watch sees; None while it does not answer."""
    handle = client.get_workflow_handle(watch_id(application))
    try:
        status: WatchStatus = await handle.query("status", result_type=WatchStatus, rpc_timeout=_PATIENCE)
    except (RPCError, WorkflowQueryFailedError):
        return None
    return status


async def next_incident(client: Client, application: str, known: set[str]) -> OpenIncidentState | None:
    """The oldest open incident that is not known yet, if there is any."""
    status = await watch_status(client, application)
    fresh = [i for i in status.incidents if i.id not in known] if status else []
    return min(fresh, key=lambda i: i.number, default=None) if fresh else None


async def follow(handle: WorkflowHandle[Any, T], listener: Listener, status_type: type[HasState]) -> T | None:
    """Tell how it goes on until it has ended; None when it ended without an account (cancelled, terminated)."""
    ending = asyncio.ensure_future(_end_of(handle))
    shown, told = 0, set[str]()
    try:
        while True:
            ended = ending.done()
            status = await _status(handle, status_type)
            if status is not None:
                fresh = [entry for entry in status.timeline if entry.sequence >= shown]
                listener.entries(fresh)
                shown = fresh[-1].sequence + 1 if fresh else shown
                for gate in status.gates:
                    if gate.id not in told:
                        told.add(gate.id)
                        await listener.asked(handle, gate)
                await listener.look(status)
            if ended:
                return await ending
            await asyncio.wait({ending}, timeout=_LOOK_EVERY)
    except WorkflowFailureError:
        return None
    finally:
        ending.cancel()


async def _end_of(handle: WorkflowHandle[Any, T]) -> T:
    """The result of a workflow; a watch names its incident a moment before Temporal has started it."""
    deadline = time.monotonic() + _STARTED_WITHIN
    while True:
        try:
            return await handle.result()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND or time.monotonic() > deadline:
                raise
        await asyncio.sleep(_LOOK_EVERY)


async def _status(handle: Handle, status_type: type[HasState]) -> HasState | None:
    try:
        status: HasState = await handle.query("status", result_type=status_type, rpc_timeout=_PATIENCE)
    except (RPCError, WorkflowQueryFailedError):
        return None  # the worker is busy or has just been started again; the next look will tell
    return status


async def until(condition: Callable[[], Awaitable[bool]], within: float, otherwise: str) -> None:
    """Wait until something holds; `UserError` with `otherwise` when it does not in time (seconds)."""
    deadline = time.monotonic() + within
    while not await condition():
        if time.monotonic() > deadline:
            raise UserError(f"{otherwise} within {within:.0f} s")
        await asyncio.sleep(_LOOK_EVERY)
