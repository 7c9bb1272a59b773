"""Queries and updates to other workflows through Temporal, for workflows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio import activity
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.records.requests import request_digest
from activities.temporal.watches import update_watch
from models.base import Model
from models.dossier.agreement import Priority
from models.errors import NotFoundError, UserError, WatchUnavailableError
from models.incident import IncidentOutcome, IncidentReply, IncidentStatus
from models.major import (
    IncidentAnswer,
    IncidentAnswers,
    IncidentSnapshot,
    IncidentSnapshots,
    QueryIncidents,
    SendToIncidents,
)
from models.names import PRIORITY, STATE
from models.opening import ReportByHand
from models.watch import EndedIncidents, FindEndedIncidents, OpenReceipt

T = TypeVar("T")

ANSWER_WITHIN: Final = timedelta(seconds=5)
"""The time for a workflow to answer a query."""

TAKEN_WITHIN: Final = timedelta(seconds=20)
"""The time for a workflow to accept an update."""

_AT_ONCE: Final = 16
_STATE = SearchAttributeKey.for_keyword(STATE)
_PRIORITY = SearchAttributeKey.for_keyword(PRIORITY)


class Workflows:
    """Queries other workflows, and sends them updates, for a workflow.

    `applications` names the published ones.
    """

    def __init__(self, client: Client, applications: Callable[[], list[str]]) -> None:
        self._client = client
        self._applications = applications

    def activities(self) -> list[Callable[..., Any]]:
        """Return all activities, for the worker."""
        return [self.find_ended_incidents, self.query_incidents, self.send_to_incidents, self.report_by_hand]

    # --- queries

    @activity.defn
    async def find_ended_incidents(self, request: FindEndedIncidents) -> EndedIncidents:
        """Return those of these incidents that no longer run, with their outcome if it is known."""
        ended = {}
        for incident in request.ids:
            described = await self._described(incident)
            if described is None or described.status is not WorkflowExecutionStatus.RUNNING:
                outcome = await self._outcome(incident)
                ended[incident] = outcome.end.value if isinstance(outcome, IncidentOutcome) else outcome
        return EndedIncidents(ended=ended)

    @activity.defn
    async def query_incidents(self, request: QueryIncidents) -> IncidentSnapshots:
        """Query the state of these incidents; a missing or silent one is an answer of its own."""

        async def snapshot(id: str) -> IncidentSnapshot:
            return await self._snapshot(id, request.major)

        return IncidentSnapshots(incidents=await _each(request.ids, snapshot))

    async def _snapshot(self, id: str, major: str | None) -> IncidentSnapshot:
        described = await self._described(id)
        if described is None:
            return IncidentSnapshot(id=id, runs=False, known=False)
        if described.status is not WorkflowExecutionStatus.RUNNING:
            return await self._ended(described)
        attributes = described.typed_search_attributes
        seen = IncidentSnapshot(
            id=id,
            runs=True,
            title=await described.static_summary() or "",
            state=attributes.get(_STATE) or "",
            priority=_priority(attributes.get(_PRIORITY)),
            opened_at=described.start_time,
        )
        status = await self._status(id)
        if status is None:
            return seen.model_copy(update={"answers": False})
        return seen.model_copy(
            update={
                "title": status.title,
                "state": status.state.value,
                "priority": _priority(status.priority),
                "lead": status.lead,
                "leaders": status.leaders,
                "active_at": status.active_at,
                "major": await self._other_major(status.major, major),
                "opened_at": status.opened_at or described.start_time,
            }
        )

    async def _other_major(self, id: str | None, major: str | None) -> str | None:
        """Return the major incident of that id, unless it is the asking one. One that was terminated has not released
        its incidents.
        """
        described = await self._described(id) if id is not None and id != major else None
        return id if described is not None and described.status is WorkflowExecutionStatus.RUNNING else None

    async def _ended(self, described: WorkflowExecutionDescription) -> IncidentSnapshot:
        outcome = await self._outcome(described.id)
        whole = outcome if isinstance(outcome, IncidentOutcome) else None
        return IncidentSnapshot(
            id=described.id,
            runs=False,
            title=await described.static_summary() or "",
            outcome=whole.end.value if whole else outcome if isinstance(outcome, str) else None,
            priority=_priority(whole.priority) if whole else None,
            opened_at=whole.opened_at if whole else described.start_time,
            closed_at=whole.closed_at if whole else described.close_time,
        )

    async def _status(self, id: str) -> IncidentStatus | None:
        handle = self._client.get_workflow_handle(id)
        try:
            status: IncidentStatus = await handle.query("status", result_type=IncidentStatus, rpc_timeout=ANSWER_WITHIN)
        except (WorkflowQueryFailedError, RPCError):
            return None
        return status

    async def _described(self, id: str) -> WorkflowExecutionDescription | None:
        try:
            return await self._client.get_workflow_handle(id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def _outcome(self, id: str) -> IncidentOutcome | str | None:
        """Return the outcome of an incident; only its end if it left no outcome, and None if nothing is known."""
        handle = self._client.get_workflow_handle(id, result_type=IncidentOutcome)
        try:
            outcome: IncidentOutcome = await handle.result()
        except (WorkflowFailureError, RPCError, RuntimeError):
            return None  # the last: it left another kind of result, as holders of operations do
        return outcome

    # --- messages

    @activity.defn
    async def send_to_incidents(self, request: SendToIncidents) -> IncidentAnswers:
        """Send a message to incidents; one that refuses, has ended or is silent is an answer of its own."""

        async def send(id: str) -> IncidentAnswer:
            return await self._send(id, request)

        return IncidentAnswers(answers=await _each(request.ids, send))

    async def _send(self, id: str, request: SendToIncidents) -> IncidentAnswer:
        messages: list[tuple[str, Model | None]] = [
            ("add_note", request.note),
            ("update_customer", request.customer_update),
        ]
        said = []
        try:
            for name, message in messages:
                if message is not None:
                    said.append(await self._update(id, name, message, _update_id(f"{request.key}/{name}", message)))
        except UserError as error:
            return IncidentAnswer(id=id, taken=False, message=str(error))
        return IncidentAnswer(id=id, taken=True, message=" ".join(said))

    async def _update(self, id: str, name: str, message: Model, key: str) -> str:
        handle = self._client.get_workflow_handle(id)
        try:
            async with asyncio.timeout(TAKEN_WITHIN.total_seconds()):
                # The id makes asking again, after a crash, the same asking.
                answer: IncidentReply = await handle.execute_update(name, message, id=key, result_type=IncidentReply)
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            raise UserError(
                f"it did not answer within {TAKEN_WITHIN.total_seconds():g} s and may still accept it; check it"
            ) from None
        except WorkflowUpdateFailedError as error:
            raise UserError(_refusal(error)) from None
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise UserError("it has ended in the meantime") from None
            raise
        return answer.message

    @activity.defn
    async def report_by_hand(self, request: ReportByHand) -> OpenReceipt:
        """Let the watch open an incident; `NotFoundError` names the published applications, `UserError` is the watch's
        refusal.
        """
        known = await asyncio.to_thread(self._applications)
        if request.application not in known:
            names = ", ".join(known) or "none"
            raise NotFoundError(f"no dossier of {request.application} is published; there are {names}")
        id = _update_id(request.key, request.order)
        try:
            return await update_watch(
                self._client,
                request.application,
                "open_incident",
                request.order,
                OpenReceipt,
                id=id,
                rpc_timeout=TAKEN_WITHIN,
            )
        except WorkflowUpdateFailedError as error:
            raise UserError(_refusal(error)) from None
        except (RPCError, TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            raise WatchUnavailableError(f"the watch of {request.application} did not answer: {error}") from error


def _update_id(key: str, message: Model) -> str:
    """Return the id of an update: a repetition has the same id, and another message under the same key has another
    one.
    """
    return f"{key}/{request_digest(message)}"


async def _each(ids: list[str], work: Callable[[str], Awaitable[T]]) -> list[T]:
    """Call a function for each id, several in parallel; the results are in the order of the ids."""
    some = asyncio.Semaphore(_AT_ONCE)

    async def one(id: str) -> T:
        async with some:
            return await work(id)

    return list(await asyncio.gather(*(one(id) for id in ids)))


def _refusal(error: WorkflowUpdateFailedError) -> str:
    return error.cause.message if isinstance(error.cause, ApplicationError) else str(error.cause)


def _priority(name: str | None) -> Priority | None:
    return Priority(name) if name in set(Priority) else None
