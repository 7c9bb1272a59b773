"""Holding a lease: what an operation does to get the right to act, and to give it back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.stubs.workflows import release_lease, request_lease
from models.dossier.agreement import Freezable
from models.errors import OPERATION_REFUSED
from models.gates import Question
from models.lease import (
    AskForLease,
    LeaseAnswer,
    LeaseGranted,
    LeaseMode,
    LeaseState,
    LeaseTakenBack,
    LeaseWanted,
    ReleaseLease,
)
from models.operation import OperationKind
from models.watch import WatchTold
from workflows.gates.gates import Asking
from workflows.runtime.calls import call
from workflows.runtime.keys import action_key
from workflows.runtime.waiting import until

_ASK_AGAIN = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(hours=1)
"""The watch tells a holder when its turn comes. In case that is lost, the holder asks again: after five minutes, then after twice
as long each time, up to an hour. So a long wait adds little to its history."""


class Holding:
    """Base of every workflow that operates under a lease."""

    def __init__(self) -> None:
        super().__init__()
        self._turn = False
        self._holds: str | None = None
        """The application whose lease it holds, or waits for."""
        self.taken_back_by = ""
        """Somebody took the lease away."""
        self.wanted: LeaseWanted | None = None
        """Something more urgent waits for the lease."""

    async def take_lease(
        self,
        application: str,
        kind: OperationKind,
        title: str,
        by: str,
        *,
        components: Sequence[str],
        dossier: str,
        lasts: timedelta,
        mode: LeaseMode = LeaseMode.EXCLUSIVE,
        holds_alarms: bool = True,
        emergency: bool = False,
        yields: bool = False,
        work: Freezable | None = None,
        waits: Callable[[str], None] = lambda reason: None,
        moot: Callable[[], bool] = lambda: False,
        wait_until: datetime | None = None,
        ask: Callable[[Question], Awaitable[bool]] | None = None,
    ) -> LeaseAnswer | None:
        """Ask the watch for a lease and wait for it; `waits` is told why, and `ask` asks whether it may go on where more is
        acted on within the hour than is agreed. `dossier` is the version that the components are of.

        None when `moot` says that it is no longer wanted, or when it was not to be had until `wait_until`. A refusal is an
        `ApplicationError` of type `OperationRefused`.
        """
        info = workflow.info()
        order = AskForLease(
            application=application,
            holder=info.workflow_id,
            key=action_key("lease"),
            kind=kind,
            title=title[:300],
            by=by,
            mode=mode,
            components=list(components),
            dossier=dossier,
            until=workflow.now() + lasts,
            holds_alarms=holds_alarms,
            emergency=emergency,
            yields=yields,
            work=work,
        )
        self._holds, self.taken_back_by, self.wanted = application, "", None
        asked = 0
        while True:
            self._turn = False
            answer = await self._ask_watch(order)
            if answer.state is LeaseState.GRANTED:
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
            waits(answer.reason)
            held = await until(
                lambda: self._turn or moot(),
                within=_pause(asked, wait_until),
                summary=f"Wait for the lease: {answer.reason}",
            )
            asked += 1
            if not held and (wait_until is None or workflow.now() < wait_until):
                continue
            if moot() or not self._turn:
                await self.give_lease_back()
                return None

    async def give_lease_back(self, **said: Any) -> str:
        """Give the lease back, or the place in the queue, with what else a `ReleaseLease` says. Returns what the watch says."""
        if self._holds is None:
            return ""
        application, self._holds, self.wanted = self._holds, None, None
        holder = workflow.info().workflow_id
        told: WatchTold = await call(
            release_lease,
            ReleaseLease(application=application, holder=holder, by=holder, **said),
            summary="Give the lease back",
        )
        return told.message

    async def _ask_watch(self, order: AskForLease) -> LeaseAnswer:
        return await call(
            request_lease,
            order,
            summary=f"Ask for the lease of {', '.join(order.components) or order.application}",
        )

    @workflow.signal(
        name="lease_granted",
        description='Sent by the watch: the lease that it waited for is granted. {"holder": "change.acme.shop.4"}',
    )
    def lease_granted(self, granted: LeaseGranted) -> None:
        """It is its turn."""
        self._turn = True

    @workflow.signal(
        name="lease_wanted",
        description="Sent by the watch: something more urgent waits for its lease. "
        '{"holder": "maintenance.acme.shop.patches", "by": "inc.acme.shop.17", "title": "Restart app"}',
    )
    def lease_wanted(self, told: LeaseWanted) -> None:
        """Something more urgent waits: the lease is handed over as soon as that is safe."""
        self.wanted = told if self._holds is not None else None

    @workflow.signal(
        name="lease_taken_back",
        description="Sent by the watch: somebody took the lease away; use the watch's update release_lease. "
        '{"holder": "change.acme.shop.4", "by": "on-call@driftbolaget.example"}',
    )
    def lease_taken_back(self, told: LeaseTakenBack) -> None:
        """Somebody took the lease away: nothing more is begun."""
        if isinstance(self, Asking) and (why := self.strange(told.by)):
            self.signal_refused(f"A signal was refused (lease_taken_back): {why}")
            return
        self.taken_back_by = told.by
        self._holds = None


def _pause(asked: int, until: datetime | None) -> timedelta:
    pause: timedelta = min(_ASK_AGAIN * 2 ** min(asked, 16), _LONGEST_PAUSE)
    return pause if until is None else min(pause, max(timedelta(0), until - workflow.now()))


def refuse_operation(reason: str) -> ApplicationError:
    """What keeps an operation from being carried out at all, in one sentence."""
    return ApplicationError(reason, type=OPERATION_REFUSED, non_retryable=True)
