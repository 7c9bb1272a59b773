"""Leases, as their holders ask the watch for them: the right to operate, with the fencing tokens that go with it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from temporalio import activity
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from models.base import Model
from models.errors import NotFoundError, UserError, WatchUnavailableError
from models.lease import TOKENS_OF_A_LEASE, AskForLease, LeaseAnswer, LeaseMode, LeaseState, ReleaseLease
from models.names import WORKFLOW_QUEUE, watch_id
from models.reach import ReachAnswer
from models.records import TakeTokens, Tokens
from models.watch import WatchOrder, WatchTold

_ANSWER_WITHIN: Final = timedelta(seconds=15)


class Leases:
    """Asks watches for leases; `take_tokens` gives fencing tokens, `components` names those of an application, `reach` counts
    the hosts that are acted on.
    """

    def __init__(
        self,
        client: Client,
        take_tokens: Callable[[TakeTokens], Tokens],
        components: Callable[[str], list[str]],
        reach: Callable[[AskForLease], ReachAnswer] = lambda request: ReachAnswer(allowed=True),
    ) -> None:
        self._client = client
        self._take_tokens = take_tokens
        self._components = components
        self._reach = reach

    def activities(self) -> list[Callable[..., Any]]:
        """All of them, for the worker."""
        return [self.request_lease, self.release_lease]

    @activity.defn
    async def request_lease(self, request: AskForLease) -> LeaseAnswer:
        """Ask for a lease; `UserError` is the watch's refusal of the request itself, as of a component that there is none of."""
        components = await asyncio.to_thread(self._components, request.application)
        if not components:
            raise NotFoundError(f"no dossier of {request.application} is published; publish one first")
        reach = await asyncio.to_thread(self._reach, request)
        if reach.question is not None:
            return LeaseAnswer(state=LeaseState.ASKED, reason=reach.question.text, question=reach.question)
        answer: LeaseAnswer = await self._update("request_lease", request, LeaseAnswer)
        if answer.state is not LeaseState.GRANTED:
            return answer
        # Taken after the grant: whoever was granted it before has lower ones, and its hosts refuse them from now on.
        tokens = await asyncio.to_thread(
            self._take_tokens,
            TakeTokens(
                key=request.key,
                # What an earlier version of the dossier names is acted on under that name.
                components=[
                    f"{request.application}.{name}"
                    for name in dict.fromkeys([*(answer.components or components), *request.components])
                ],
                count=TOKENS_OF_A_LEASE if request.mode is LeaseMode.EXCLUSIVE else 0,
            ),
        )
        return answer.model_copy(update={"fences": tokens.tokens, "rises": request.mode is LeaseMode.EXCLUSIVE})

    @activity.defn
    async def release_lease(self, request: ReleaseLease) -> WatchTold:
        """Give a lease back; the same again changes nothing."""
        told: WatchTold = await self._update("release_lease", request, WatchTold)
        return told

    async def _update(self, name: str, message: AskForLease | ReleaseLease, result_type: type[Model]) -> Any:
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            "watch",
            WatchOrder(application=message.application),
            id=watch_id(message.application),
            task_queue=WORKFLOW_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Watch of {message.application}",
        )
        try:
            return await self._client.execute_update_with_start_workflow(
                name,
                message,
                start_workflow_operation=start,
                id=_update_id(name, message.holder),
                result_type=result_type,
                rpc_timeout=_ANSWER_WITHIN,
            )
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            raise UserError(cause.message if isinstance(cause, ApplicationError) else str(cause)) from None
        except (RPCError, TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            raise WatchUnavailableError(f"the watch of {message.application} did not answer: {error}") from error


def _update_id(name: str, holder: str) -> str:
    """Give an update an id that says which program sends it; what a person sends has none of this form."""
    return f"{holder}/{name}/{uuid.uuid4()}"
