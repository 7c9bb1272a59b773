"""Starting an operation through Temporal, and following it to its end."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError

from models.errors import UserError
from models.names import APPLICATION, CUSTOMER, WORKFLOW_QUEUE, operation_id
from models.operation import OperationKind, OperationOrder, OperationOutcome, OperationStatus
from starter.installation.pollers import somebody_polls
from workflows.runtime.markdown import plain, summary_line

Handle = WorkflowHandle[Any, OperationOutcome]

LOOK_EVERY = timedelta(seconds=1)
"""How often one looks how an operation stands while it runs."""


@dataclass(frozen=True)
class OperationFollower:
    """What to tell people while an operation runs."""

    status: Callable[[OperationStatus], None]
    """Called whenever it may stand otherwise than before."""
    nobody_works: Callable[[], None]
    """No worker takes workflows."""


def by_the_clock() -> str:
    """A key for an operation that has no number and no date of its own: the moment, and a little chance."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


async def start_operation(client: Client, kind: OperationKind, order: OperationOrder, key: str, title: str) -> Handle:
    """Start an operation under `KIND.APPLICATION.KEY`; `UserError` where it is known already or Temporal refuses it."""
    attributes = [
        SearchAttributePair(SearchAttributeKey.for_keyword(CUSTOMER), order.application.partition(".")[0]),
        SearchAttributePair(SearchAttributeKey.for_keyword(APPLICATION), order.application),
    ]
    id = operation_id(kind.value, order.application, key)
    try:
        handle: Handle = await client.start_workflow(
            kind.value,
            order,
            id=id,
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
            search_attributes=TypedSearchAttributes(attributes),
            static_summary=summary_line(f"{'Rehearse: ' if order.rehearse else ''}{title}"),
            static_details=plain(order.reason, 2000),
        )
    except WorkflowAlreadyStartedError:
        raise UserError(f"{id} runs already; see it with `driftvakt operation show {id}`") from None
    except RPCError as error:
        raise UserError(f"Temporal did not start {id}: {error.message}") from None
    return handle


async def follow_operation(client: Client, handle: Handle, heard: OperationFollower) -> OperationOutcome:
    """Wait for the end, telling how it stands; `UserError` says why there is none."""
    ending = asyncio.ensure_future(handle.result())
    try:
        if not await somebody_polls(client, WORKFLOW_QUEUE, workflows=True):
            heard.nobody_works()
        while not (await asyncio.wait({ending}, timeout=LOOK_EVERY.total_seconds()))[0]:
            try:
                heard.status(await handle.query("status", result_type=OperationStatus, rpc_timeout=LOOK_EVERY * 5))
            except (RPCError, WorkflowQueryFailedError):
                continue  # no worker answers just now, or it has just ended: the result will tell
        return await ending
    except WorkflowFailureError as error:
        raise UserError(f"{handle.id} failed: {_reason(error)}") from None
    except RPCError as error:
        raise UserError(f"Temporal went away while {handle.id} ran: {error.message}; it goes on without us") from None
    finally:
        ending.cancel()


def _reason(error: WorkflowFailureError) -> str:
    cause: BaseException | None = error.cause
    if not isinstance(cause, ApplicationError):
        # An activity's failure says only that it failed; what went wrong is its cause.
        cause = getattr(cause, "cause", None) or cause
    return str(getattr(cause, "message", cause))
