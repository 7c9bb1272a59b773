"""Gets a lease for an operation, and releases it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.stubs.workflows import release_lease, request_lease
from models.dossier.agreement import Freezable
from models.errors import OPERATION_REFUSED
from models.gates import Question
from models.lease import (
    Announcement,
    LeaseAnswer,
    LeaseGranted,
    LeaseMode,
    LeaseRevoked,
    LeaseState,
    LeaseTime,
    LeaseWanted,
    ReleaseLease,
    RequestLease,
)
from models.scope import Scope
from models.watch import WatchReply
from workflows.gates.gates import HasGates
from workflows.runtime.calls import call
from workflows.runtime.keys import action_key
from workflows.runtime.refusals import refusal
from workflows.runtime.waiting import until

_ASK_AGAIN = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(hours=1)
"""The watch signals a holder when it gets the lease. In case that signal is lost, the holder asks again: after five
minutes, then after twice as long each time, up to an hour. So a long wait adds little to the history."""


class HoldsLease:
    """Base of every workflow that operates under a lease."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = False
        self._holds: str | None = None
        """The application whose lease the workflow holds, or waits for."""
        self.revoked_by = ""
        """The person who revoked the lease; empty if nobody did."""
        self.wanted: LeaseWanted | None = None
        """The more urgent operation that waits for the lease."""
        self.lease_times: list[LeaseTime] = []
        """The times in which it held a lease, in order."""

    async def take_lease(
        self,
        application: str,
        kind: str,
        title: str,
        by: str,
        *,
        components: Scope,
        dossier: str,
        lasts: timedelta,
        mode: LeaseMode = LeaseMode.EXCLUSIVE,
        holds_alarms: bool = True,
        emergency: bool = False,
        yields: bool = False,
        work: Freezable | None = None,
        on_wait: Callable[[str], None] = lambda reason: None,
        withdrawn: Callable[[], bool] = lambda: False,
        wait_until: datetime | None = None,
        announced: Announcement | None = None,
        ask: Callable[[Question], Awaitable[bool]] | None = None,
    ) -> LeaseAnswer | None:
        """Request a lease from the watch and wait for it. `on_wait` gets the reason of the wait. `ask` asks an operator
        if the action rate limit is reached. `dossier` is the version that the components are from. `announced` says that
        the customer knew of the work before; the lease time keeps it.

        Returns None if `withdrawn` becomes true, or if the lease is not granted by `wait_until`. Raises an
        `ApplicationError` of type `OperationRefused` if the watch refuses.
        """
        info = workflow.info()
        order = RequestLease(
            application=application,
            holder=info.workflow_id,
            key=action_key("lease"),
            kind=kind,
            title=title[:300],
            by=by,
            mode=mode,
            components=components,
            dossier=dossier,
            until=workflow.now() + lasts,
            holds_alarms=holds_alarms,
            emergency=emergency,
            yields=yields,
            work=work,
        )
        self._holds, self.revoked_by, self.wanted = application, "", None
        asked = 0
        while True:
            self._turn = False
            answer = await self._ask_watch(order)
            if answer.state is LeaseState.GRANTED:
                self._begin_lease_time(answer.components, lasts, announced)
                return answer
            if answer.state is LeaseState.REFUSED:
                self._holds = None
                raise refuse_operation(answer.reason)
            if answer.question is not None:
                if ask is None or not await ask(answer.question):
                    self._holds = None
                    raise refuse_operation(f"not approved: {answer.reason}")
                order = order.model_copy(update={"beyond_limit": True, "until": workflow.now() + lasts})
                continue
            on_wait(answer.reason)
            held = await until(
                lambda: self._turn or withdrawn(),
                within=_pause(asked, wait_until),
                summary=f"Wait for the lease: {answer.reason}",
            )
            asked += 1
            if not held and (wait_until is None or workflow.now() < wait_until):
                continue
            if withdrawn() or not self._turn:
                await self.give_lease_back()
                return None

    async def give_lease_back(self, **said: Any) -> str:
        """Release the lease, or withdraw the request. `said` are further fields of `ReleaseLease`. Return the watch's answer."""
        if self._holds is None:
            return ""
        application, self._holds, self.wanted = self._holds, None, None
        self._end_lease_time()
        holder = workflow.info().workflow_id
        reply: WatchReply = await call(
            release_lease,
            ReleaseLease(application=application, holder=holder, by=holder, **said),
            summary="Release the lease",
        )
        return reply.message

    async def _ask_watch(self, order: RequestLease) -> LeaseAnswer:
        return await call(
            request_lease,
            order,
            summary=f"Request the lease of {order.application if order.components.whole else order.components}",
        )

    @workflow.signal(
        name="lease_granted",
        description='Sent by the watch: this workflow now has the lease. {"holder": "change.acme.shop.4"}',
    )
    def lease_granted(self, granted: LeaseGranted) -> None:
        """Wake up: the watch has granted the lease."""
        self._turn = True

    @workflow.signal(
        name="lease_wanted",
        description="Sent by the watch: a more urgent operation waits for its lease. "
        '{"holder": "maintenance.acme.shop.patches", "by": "inc.acme.shop.17", "title": "Restart app"}',
    )
    def lease_wanted(self, message: LeaseWanted) -> None:
        """Note that a more urgent operation waits. The holder releases the lease when no host is half-way."""
        self.wanted = message if self._holds is not None else None

    @workflow.signal(
        name="lease_revoked",
        description="Sent by the watch: a person revoked the lease; to do so, use the watch's update release_lease. "
        '{"holder": "change.acme.shop.4", "by": "on-call@driftbolaget.example"}',
    )
    def lease_revoked(self, message: LeaseRevoked) -> None:
        """Note that a person revoked the lease, so that no further step starts."""
        if isinstance(self, HasGates) and (why := self.strange(message.by)):
            self.signal_refused(f"A signal was refused (lease_revoked): {why}")
            return
        self.revoked_by = message.by
        self._holds = None
        self._end_lease_time()

    def _begin_lease_time(self, components: Scope, lasts: timedelta, announced: Announcement | None) -> None:
        now = workflow.now()
        until = None if announced is None else announced.until or now + lasts
        at = announced and announced.at
        self.lease_times.append(LeaseTime(components=components, since=now, announced_at=at, announced_until=until))

    def _end_lease_time(self) -> None:
        if self.lease_times and self.lease_times[-1].until is None:
            self.lease_times[-1].until = workflow.now()


def _pause(asked: int, until: datetime | None) -> timedelta:
    pause: timedelta = min(_ASK_AGAIN * 2 ** min(asked, 16), _LONGEST_PAUSE)
    return pause if until is None else min(pause, max(timedelta(0), until - workflow.now()))


def refuse_operation(reason: str) -> ApplicationError:
    """Return the error for an operation that cannot be carried out at all; `message` is one sentence."""
    return refusal(reason, OPERATION_REFUSED)
