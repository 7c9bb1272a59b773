"""Starting a runbook through Temporal, and following it to its end."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from models.errors import UserError
from models.gates import GateState
from models.names import APPLICATION, CUSTOMER, WORKFLOW_QUEUE, runbook_id
from models.runbooks import RunbookInput, RunbookReport
from runbooks import RunbookClass
from starter.installation.pollers import somebody_polls
from workflows.runtime.markdown import plain, summary_line

Handle = WorkflowHandle[Any, RunbookReport]

LOOK_EVERY = timedelta(seconds=2)
"""How often open questions are looked for while a runbook runs."""


@dataclass(frozen=True)
class RunbookFollower:
    """What to tell people while a runbook runs."""

    question: Callable[[GateState], None]
    nobody_works: Callable[[], None]
    """No worker takes workflows."""


async def start(client: Client, runbook: RunbookClass, order: RunbookInput) -> Handle:
    """Start a runbook; `UserError` where Temporal refuses it."""
    customer = order.application.partition(".")[0]
    attributes = [
        SearchAttributePair(SearchAttributeKey.for_keyword(CUSTOMER), customer),
        SearchAttributePair(SearchAttributeKey.for_keyword(APPLICATION), order.application),
    ]
    try:
        handle: Handle = await client.start_workflow(
            runbook.workflow_type,
            order,
            id=runbook_id(order.application, runbook.name, secrets.token_hex(8)),
            task_queue=WORKFLOW_QUEUE,
            result_type=RunbookReport,
            search_attributes=TypedSearchAttributes(attributes),
            static_summary=summary_line(f"{'Rehearse: ' if order.rehearse else ''}{runbook.title}"),
            static_details=plain(order.reason, 2000),
        )
    except RPCError as error:
        raise UserError(f"Temporal did not start {runbook.workflow_type}: {error.message}") from None
    return handle


async def follow(client: Client, handle: Handle, heard: RunbookFollower) -> RunbookReport:
    """Wait for the report, telling of open questions; `UserError` says why there is none."""
    ending = asyncio.ensure_future(handle.result())
    told: set[str] = set()
    try:
        if not await somebody_polls(client, WORKFLOW_QUEUE, workflows=True):
            heard.nobody_works()
        while not (await asyncio.wait({ending}, timeout=LOOK_EVERY.total_seconds()))[0]:
            for gate in await _open_gates(handle):
                if gate.id not in told:
                    told.add(gate.id)
                    heard.question(gate)
        return await ending
    except WorkflowFailureError as error:
        raise UserError(f"{handle.id} failed: {_reason(error)}") from None
    except RPCError as error:
        raise UserError(f"Temporal went away while {handle.id} ran: {error.message}; it goes on without us") from None
    finally:
        ending.cancel()


async def _open_gates(handle: Handle) -> list[GateState]:
    try:
        gates: list[GateState] = await handle.query("gates", result_type=list[GateState], rpc_timeout=LOOK_EVERY)
    except (RPCError, WorkflowQueryFailedError):
        return []  # no worker answers just now, or it has just ended: the result will tell
    return gates


def _reason(error: WorkflowFailureError) -> str:
    cause: BaseException | None = error.cause
    if not isinstance(cause, ApplicationError):
        # An activity's failure says only that it failed; what went wrong is its cause.
        cause = getattr(cause, "cause", None) or cause
    return str(getattr(cause, "message", cause))
