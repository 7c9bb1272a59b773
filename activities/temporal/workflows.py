"""Looking at other workflows, and telling them something, through Temporal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio import activity
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import SearchAttributeKey, WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.records.requests import request_digest
from models.base import Model
from models.dossier.agreement import Priority
from models.errors import NotFoundError, UserError, WatchUnavailableError
from models.incident import IncidentOutcome, IncidentStatus, Told
from models.major import (
    IncidentAnswer,
    IncidentAnswers,
    LookAtIncidents,
    SeenIncident,
    SeenIncidents,
    TellIncidents,
)
from models.names import PRIORITY, STATE, WORKFLOW_QUEUE, watch_id
from models.opening import ReportByHand
from models.watch import EndedIncidents, LookUpIncidents, OpenReceipt, WatchOrder

T = TypeVar("T")

ANSWER_WITHIN: Final = timedelta(seconds=5)
"""How long a workflow is given to say how it stands."""

TAKEN_WITHIN: Final = timedelta(seconds=20)
"""How long a workflow is given to take what it is told."""

_AT_ONCE: Final = 16
_STATE = SearchAttributeKey.for_keyword(STATE)
_PRIORITY = SearchAttributeKey.for_keyword(PRIORITY)


class Workflows:
    """Answers what a workflow wants to know of others, and tells them what it has to say.

    `applications` names those that are published.
    """

    def __init__(self, client: Client, applications: Callable[[], list[str]]) -> None:
        self._client = client
        self._applications = applications

    def activities(self) -> list[Callable[..., Any]]:
        """All of them, for the worker."""
        return [self.look_up_incidents, self.look_at_incidents, self.tell_incidents, self.report_by_hand]

    # --- looking

    @activity.defn
    async def look_up_incidents(self, request: LookUpIncidents) -> EndedIncidents:
        """Tell which of these incidents no longer run, and how they ended as far as is known."""
        ended = {}
        for incident in request.ids:
            described = await self._described(incident)
            if described is None or described.status is not WorkflowExecutionStatus.RUNNING:
                outcome = await self._outcome(incident)
                ended[incident] = outcome.end.value if isinstance(outcome, IncidentOutcome) else outcome
        return EndedIncidents(ended=ended)

    @activity.defn
    async def look_at_incidents(self, request: LookAtIncidents) -> SeenIncidents:
        """Tell how these incidents stand; one that is not there, or does not answer, is an answer of its own."""

        async def look(id: str) -> SeenIncident:
            return await self._look_at(id, request.major)

        return SeenIncidents(incidents=await _each(request.ids, look))

    async def _look_at(self, id: str, looking: str | None) -> SeenIncident:
        described = await self._described(id)
        if described is None:
            return SeenIncident(id=id, runs=False, known=False)
        if described.status is not WorkflowExecutionStatus.RUNNING:
            return await self._ended(described)
        attributes = described.typed_search_attributes
        seen = SeenIncident(
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
                "heard_at": status.heard_at,
                "major": await self._other_major(status.major, looking),
                "opened_at": status.opened_at or described.start_time,
            }
        )

    async def _other_major(self, id: str | None, looking: str | None) -> str | None:
        """The major incident of that id, unless it is the one that looks; one that was terminated has given nothing back."""
        described = await self._described(id) if id is not None and id != looking else None
        return id if described is not None and described.status is WorkflowExecutionStatus.RUNNING else None

    async def _ended(self, described: WorkflowExecutionDescription) -> SeenIncident:
        outcome = await self._outcome(described.id)
        whole = outcome if isinstance(outcome, IncidentOutcome) else None
        return SeenIncident(
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
        """What an incident came to; only the word for it where it left no outcome, None where nothing is known."""
        handle = self._client.get_workflow_handle(id, result_type=IncidentOutcome)
        try:
            outcome: IncidentOutcome = await handle.result()
        except (WorkflowFailureError, RPCError, RuntimeError):
            return None  # the last: it left another kind of result, as holders of operations do
        return outcome

    # --- telling

    @activity.defn
    async def tell_incidents(self, request: TellIncidents) -> IncidentAnswers:
        """Tell incidents something; one that refuses, has ended or is silent is an answer of its own."""

        async def tell(id: str) -> IncidentAnswer:
            return await self._tell(id, request)

        return IncidentAnswers(answers=await _each(request.ids, tell))

    async def _tell(self, id: str, request: TellIncidents) -> IncidentAnswer:
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
                answer: Told = await handle.execute_update(name, message, id=key, result_type=Told)
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            raise UserError(
                f"it did not answer within {TAKEN_WITHIN.total_seconds():g} s and may still take it; look at it"
            ) from None
        except WorkflowUpdateFailedError as error:
            raise UserError(_refusal(error)) from None
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise UserError("it has ended meanwhile") from None
            raise
        return answer.message

    @activity.defn
    async def report_by_hand(self, request: ReportByHand) -> OpenReceipt:
        """Have the watch open an incident; `NotFoundError` names what is published, `UserError` is the watch's refusal."""
        known = await asyncio.to_thread(self._applications)
        if request.application not in known:
            names = ", ".join(known) or "none"
            raise NotFoundError(f"no dossier of {request.application} is published; there are {names}")
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            "watch",
            WatchOrder(application=request.application),
            id=watch_id(request.application),
            task_queue=WORKFLOW_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Watch of {request.application}",
        )
        try:
            receipt: OpenReceipt = await self._client.execute_update_with_start_workflow(
                "open_incident",
                request.order,
                start_workflow_operation=start,
                id=_update_id(request.key, request.order),
                result_type=OpenReceipt,
                rpc_timeout=TAKEN_WITHIN,
            )
        except WorkflowUpdateFailedError as error:
            raise UserError(_refusal(error)) from None
        except (RPCError, TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            raise WatchUnavailableError(f"the watch of {request.application} did not answer: {error}") from error
        return receipt


def _update_id(key: str, message: Model) -> str:
    """Give an update its id: asking again is the same asking, and another message under the same key is not swallowed."""
    return f"{key}/{request_digest(message)}"


async def _each(ids: list[str], work: Callable[[str], Awaitable[T]]) -> list[T]:
    """Do the same for each, some at once; the results stand in the order of the ids."""
    some = asyncio.Semaphore(_AT_ONCE)

    async def one(id: str) -> T:
        async with some:
            return await work(id)

    return list(await asyncio.gather(*(one(id) for id in ids)))


def _refusal(error: WorkflowUpdateFailedError) -> str:
    return error.cause.message if isinstance(error.cause, ApplicationError) else str(error.cause)


def _priority(name: str | None) -> Priority | None:
    return Priority(name) if name in set(Priority) else None
