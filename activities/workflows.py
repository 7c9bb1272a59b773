"""Looking at other workflows through Temporal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.service import RPCError, RPCStatusCode

from models.incident import IncidentEnd, IncidentOutcome
from models.watch import EndedIncidents, LookUpIncidents


class Workflows:
    """Answers what a workflow wants to know of others."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def activities(self) -> list[Callable[..., Any]]:
        """All of them, for the worker."""
        return [self.look_up_incidents]

    @activity.defn
    async def look_up_incidents(self, request: LookUpIncidents) -> EndedIncidents:
        """Tell which of these incidents no longer run, and how they ended as far as is known."""
        ended = {}
        for incident in request.ids:
            if not await self._runs(incident):
                ended[incident] = await self._end(incident)
        return EndedIncidents(ended=ended)

    async def _runs(self, incident: str) -> bool:
        try:
            description = await self._client.get_workflow_handle(incident).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return description.status is WorkflowExecutionStatus.RUNNING

    async def _end(self, incident: str) -> str | None:
        handle = self._client.get_workflow_handle(incident, result_type=IncidentOutcome)
        try:
            outcome: IncidentOutcome = await handle.result()
        except WorkflowFailureError as error:
            return IncidentEnd.CANCELLED.value if isinstance(error.cause, CancelledError) else None
        except RPCError:
            return None
        return outcome.end.value
