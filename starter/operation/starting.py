"""Starts an operation through Temporal, and follows it to its end."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import WorkflowAlreadyStartedError

from models.errors import UserError
from models.names import as_typed, operation_id
from models.operation import OperationOutcome, OperationStatus
from models.operation_kinds import OperationKind, Order, operation_kinds
from starter.terminal.following import follow, start_workflow

Handle = WorkflowHandle[Any, OperationOutcome]

QUERY_EVERY = timedelta(seconds=1)
"""How often the status of an operation is queried while a command follows it."""


def time_key() -> str:
    """Return a key for an operation that has no number: the current time and random digits."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def find_kind(name: str) -> OperationKind[Any]:
    """Return a kind of operation. Raise `UserError` with the known kinds."""
    kinds = operation_kinds()
    if name not in kinds:
        raise UserError(f"there is no kind of operation {as_typed(name)}; there are {', '.join(kinds)}")
    return kinds[name]


async def start_operation(client: Client, kind: OperationKind[Order], order: Order, key: str, title: str) -> Handle:
    """Start an operation with the id `KIND.APPLICATION.KEY`. Raise `UserError` if it already runs or Temporal refuses it."""
    id = operation_id(kind.name, order.application, key)
    try:
        return await start_workflow(client, kind.name, order, id, title, OperationOutcome)
    except WorkflowAlreadyStartedError:
        raise UserError(f"{id} already runs; see `driftvakt operation show {id}`") from None


async def follow_operation(
    client: Client, handle: Handle, show: Callable[[OperationStatus], None], nobody_works: Callable[[], None]
) -> OperationOutcome:
    """Wait for the outcome, and call `show` with the status meanwhile. Raise `UserError` when there is no outcome."""

    async def poll() -> None:
        show(await handle.query("status", result_type=OperationStatus, rpc_timeout=QUERY_EVERY * 5))

    return await follow(client, handle, poll, QUERY_EVERY, nobody_works)
