"""Queries a running incident. If it does not answer, a warning has the reason."""

from __future__ import annotations

import asyncio

from temporalio.client import WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.service import RPCError

from models.clock import ClockEvents
from models.errors import TemporalUnavailableError
from models.incident import IncidentStatus
from models.post_incident_report import LiveIncident
from models.settings import Settings
from starter.incident.naming import short
from starter.incident.reading import describe
from starter.terminal import session as sessions

_OLDER = "this is from the records, which may be out of date"


def query_incident(settings: Settings, id: str) -> tuple[LiveIncident | None, str]:
    """Return the status of an incident; None if it does not run or answer.

    If it runs, or Temporal is unavailable, a warning says that the records may be out of date.
    """
    try:
        answer, runs = asyncio.run(_query(settings, id))
    except TemporalUnavailableError as error:
        return None, f"{error}; {_OLDER}"
    return answer, f"no worker answers for {short(id)}; {_OLDER}" if runs and answer is None else ""


async def _query(settings: Settings, id: str) -> tuple[LiveIncident | None, bool]:
    """Return the answer of an incident, and whether its workflow runs."""
    async with sessions.open_session(settings) as session:
        found = await describe(session, id)
        if found is None or found.status is not WorkflowExecutionStatus.RUNNING:
            return None, False
        handle = session.client.get_workflow_handle(id, run_id=found.run_id)
        try:
            status: IncidentStatus = await handle.query(
                "status", result_type=IncidentStatus, rpc_timeout=sessions.ANSWER_WITHIN
            )
            clock: ClockEvents = await handle.query(
                "clock", result_type=ClockEvents, rpc_timeout=sessions.ANSWER_WITHIN
            )
        except (WorkflowQueryFailedError, RPCError):
            return None, True
        return LiveIncident(run=found.run_id, status=status, events=clock.events), True
