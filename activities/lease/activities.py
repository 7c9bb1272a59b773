"""The activities that request leases from watches: the right to operate, with its fencing tokens."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio import activity
from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.temporal.watches import update_watch
from models.action_rate import ActionRateAnswer
from models.base import Model
from models.errors import NotFoundError, UserError, WatchUnavailableError
from models.lease import TOKENS_OF_A_LEASE, LeaseAnswer, LeaseMode, LeaseState, ReleaseLease, RequestLease
from models.records import TakeTokens, Tokens
from models.watch import WatchReply

M = TypeVar("M", bound=Model)

_ANSWER_WITHIN: Final = timedelta(seconds=15)


class Leases:
    """Requests leases from watches. `take_tokens` returns fencing tokens, `components` names those of an application,
    `reach` counts the hosts that operations act on.
    """

    def __init__(
        self,
        client: Client,
        take_tokens: Callable[[TakeTokens], Tokens],
        components: Callable[[str], list[str]],
        reach: Callable[[RequestLease], ActionRateAnswer] = lambda request: ActionRateAnswer(allowed=True),
    ) -> None:
        self._client = client
        self._take_tokens = take_tokens
        self._components = components
        self._reach = reach

    def activities(self) -> list[Callable[..., Any]]:
        """Return all activities, for the worker."""
        return [self.request_lease, self.release_lease]

    @activity.defn
    async def request_lease(self, request: RequestLease) -> LeaseAnswer:
        """Request a lease; `UserError` is the watch's refusal of the request itself, for example of an unknown
        component.
        """
        components = await asyncio.to_thread(self._components, request.application)
        if not components:
            raise NotFoundError(f"no dossier of {request.application} is published; publish one first")
        reach = await asyncio.to_thread(self._reach, request)
        if reach.question is not None:
            return LeaseAnswer(state=LeaseState.ASKED, reason=reach.question.text, question=reach.question)
        answer = await self._update("request_lease", request, LeaseAnswer)
        if answer.state is not LeaseState.GRANTED:
            return answer
        # Requested after the grant: the tokens of earlier holders are lower, and the hosts refuse them from now on.
        tokens = await asyncio.to_thread(
            self._take_tokens,
            TakeTokens(
                key=request.key,
                # An operation acts on a component of an earlier version of the dossier under its earlier name.
                components=[
                    f"{request.application}.{name}"
                    for name in dict.fromkeys([*answer.components.among(components), *request.components.names])
                ],
                count=TOKENS_OF_A_LEASE if request.mode is LeaseMode.EXCLUSIVE else 0,
            ),
        )
        return answer.model_copy(update={"fences": tokens.tokens, "rises": request.mode is LeaseMode.EXCLUSIVE})

    @activity.defn
    async def release_lease(self, request: ReleaseLease) -> WatchReply:
        """Release a lease; a repetition changes nothing."""
        return await self._update("release_lease", request, WatchReply)

    async def _update(self, name: str, message: RequestLease | ReleaseLease, result_type: type[M]) -> M:
        id = _update_id(name, message.holder)
        try:
            return await update_watch(
                self._client, message.application, name, message, result_type, id=id, rpc_timeout=_ANSWER_WITHIN
            )
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            raise UserError(cause.message if isinstance(cause, ApplicationError) else str(cause)) from None
        except (RPCError, TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            raise WatchUnavailableError(f"the watch of {message.application} did not answer: {error}") from error


def _update_id(name: str, holder: str) -> str:
    """Return an id for an update that names the sending program; updates of people have no such id."""
    return f"{holder}/{name}/{uuid.uuid4()}"
