"""Starts a runbook through Temporal, and follows it to its end."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle

from models.gates import GateState
from models.names import runbook_id
from models.runbooks import RunbookInput, RunbookReport
from runbooks import RunbookClass
from starter.terminal.following import follow, start_workflow

Handle = WorkflowHandle[Any, RunbookReport]

QUERY_EVERY = timedelta(seconds=2)
"""How often the open questions of a runbook are queried while a command follows it."""


async def start(client: Client, runbook: RunbookClass, order: RunbookInput) -> Handle:
    """Start a runbook. Raise `UserError` when Temporal refuses it."""
    id = runbook_id(order.application, runbook.name, secrets.token_hex(8))
    return await start_workflow(client, runbook.workflow_type, order, id, runbook.title, RunbookReport)


async def follow_runbook(
    client: Client, handle: Handle, show: Callable[[GateState], None], nobody_works: Callable[[], None]
) -> RunbookReport:
    """Wait for the report, and call `show` once for each open question. Raise `UserError` when there is no report."""
    shown: set[str] = set()

    async def poll() -> None:
        for gate in await handle.query("gates", result_type=list[GateState], rpc_timeout=QUERY_EVERY):
            if gate.id not in shown:
                shown.add(gate.id)
                show(gate)

    return await follow(client, handle, poll, QUERY_EVERY, nobody_works)
