"""What an incident that runs says of itself, and why it may not have said it."""

from __future__ import annotations

import asyncio

from temporalio.client import WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.service import RPCError

from models.account import ToldByIncident
from models.clock import ClockEvents
from models.errors import TemporalUnavailableError
from models.incident import IncidentStatus
from models.settings import Settings
from starter import desk as desks
from starter.incident.naming import short
from starter.incident.reading import describe

_OLDER = "this is what the records have, and more may have happened since"


def ask_incident(settings: Settings, id: str) -> tuple[ToldByIncident | None, str]:
    """What it says while it runs and answers; else None, and the doubt in what the records have of it, if there is any."""
    try:
        told, runs = asyncio.run(_ask(settings, id))
    except TemporalUnavailableError as error:
        return None, f"{error}; {_OLDER}"
    return told, f"no worker answers for {short(id)}; {_OLDER}" if runs and told is None else ""


async def _ask(settings: Settings, id: str) -> tuple[ToldByIncident | None, bool]:
    """What it says, and whether it runs."""
    async with desks.desk(settings) as desk:
        found = await describe(desk, id)
        if found is None or found.status is not WorkflowExecutionStatus.RUNNING:
            return None, False
        handle = desk.client.get_workflow_handle(id, run_id=found.run_id)
        try:
            status: IncidentStatus = await handle.query(
                "status", result_type=IncidentStatus, rpc_timeout=desks.ANSWER_WITHIN
            )
            clock: ClockEvents = await handle.query("clock", result_type=ClockEvents, rpc_timeout=desks.ANSWER_WITHIN)
        except (WorkflowQueryFailedError, RPCError):
            return None, True
        return ToldByIncident(run=found.run_id, status=status, events=clock.events), True
