"""Starts operations and runbooks through Temporal, and follows them to their end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from models.errors import UserError
from models.names import APPLICATION, CUSTOMER, WORKFLOW_QUEUE
from models.operation import OperationOrder
from models.runbooks import RunbookInput
from starter.connection.pollers import somebody_polls
from starter.terminal.options import echo
from workflows.runtime.markdown import plain, summary_line

Result = TypeVar("Result")


async def start_workflow(
    client: Client, type: str, order: OperationOrder | RunbookInput, id: str, title: str, result_type: type[Result]
) -> WorkflowHandle[Any, Result]:
    """Start an operation or a runbook, with its application and customer as search attributes.

    Raise `UserError` when Temporal refuses it. `WorkflowAlreadyStartedError` passes through: only the caller knows whether
    its id can be in use.
    """
    attributes = [
        SearchAttributePair(SearchAttributeKey.for_keyword(CUSTOMER), order.application.partition(".")[0]),
        SearchAttributePair(SearchAttributeKey.for_keyword(APPLICATION), order.application),
    ]
    try:
        handle: WorkflowHandle[Any, Result] = await client.start_workflow(
            type,
            order,
            id=id,
            task_queue=WORKFLOW_QUEUE,
            result_type=result_type,
            search_attributes=TypedSearchAttributes(attributes),
            static_summary=summary_line(f"{'Rehearse: ' if order.rehearse else ''}{title}"),
            static_details=plain(order.reason, 2000),
        )
    except RPCError as error:
        raise UserError(f"Temporal did not start {id}: {error.message}") from None
    return handle


async def follow(
    client: Client,
    handle: WorkflowHandle[Any, Result],
    poll: Callable[[], Awaitable[None]],
    every: timedelta,
    nobody_works: Callable[[], None],
) -> Result:
    """Wait for the result, and call `poll` at the interval `every` meanwhile. Raise `UserError` when there is no result.

    If a person ends the command by Ctrl-C, say that the workflow continues. `poll` queries the workflow and prints what is
    new; its query may fail. `nobody_works` is called when no worker runs.
    """
    ending = asyncio.ensure_future(handle.result())
    try:
        if not await somebody_polls(client, WORKFLOW_QUEUE, workflows=True):
            nobody_works()
        while not (await asyncio.wait({ending}, timeout=every.total_seconds()))[0]:
            try:
                await poll()
            except (RPCError, WorkflowQueryFailedError):
                continue  # no worker answers now, or the workflow has just ended; the result will show it
        return await ending
    except WorkflowFailureError as error:
        raise UserError(f"{handle.id} failed: {_reason(error)}") from None
    except RPCError as error:
        raise UserError(f"Temporal does not answer any more: {error.message}; {handle.id} continues") from None
    except asyncio.CancelledError:  # Ctrl-C
        echo(f"{handle.id} continues: Ctrl-C ended only the command that followed it", err=True)
        raise
    finally:
        ending.cancel()


def _reason(error: WorkflowFailureError) -> str:
    cause: BaseException | None = error.cause
    if not isinstance(cause, ApplicationError):
        # The failure of an activity has the original error as its cause.
        cause = getattr(cause, "cause", None) or cause
    return str(getattr(cause, "message", cause))
