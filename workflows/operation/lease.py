"""The lease of an operation: waited for, handed over to a remedy while the operation acts on nothing, and taken again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.dossier.agreement import Freezable
from models.errors import OPERATION_REFUSED
from models.fences import HeldLease
from models.gates import GateOutcome, Question
from models.lease import Announcement, LeaseMode, LeaseWanted
from models.operation import OperationState
from models.records import EntryKind
from models.scope import Scope
from workflows.operation.context import OperationContext
from workflows.steps.lease import refuse_operation

_Result = TypeVar("_Result")


class OperationLease:
    """The lease of one operation; `decide` asks people."""

    def __init__(self, operation: OperationContext, decide: Callable[[Question], Awaitable[GateOutcome]]) -> None:
        self._operation = operation
        self._decide = decide
        self._again: Callable[[], Awaitable[bool]] | None = None
        """Requests the same lease again; None for an operation that does not yield, and before the first lease."""
        self._handed_to: LeaseWanted | None = None
        """The remedy that the lease was handed over to; None while the operation holds it."""

    async def hold(
        self,
        components: Scope,
        *,
        lasts: timedelta,
        mode: LeaseMode = LeaseMode.EXCLUSIVE,
        emergency: bool = False,
        work: Freezable | None = None,
        holds_alarms: bool = True,
        wait_until: datetime | None = None,
        announced: Announcement | None = None,
    ) -> bool:
        """Take the lease for components. Wait in the queue, until `wait_until` at most, and return whether the lease is held.

        A rehearsal needs no lease. A refusal, as by a freeze of such `work`, ends the operation as refused; so does an abort
        while it waits. `announced` says that the customer knew of the work before.
        """
        operation = self._operation
        order, steps = operation.order_and_steps
        operation.components = components
        if order.rehearse:
            return True
        before = operation.state
        answer = await operation.take_lease(
            order.application,
            operation.kind.name,
            operation.title,
            order.by,
            components=components,
            dossier=steps.plan.dossier,
            lasts=lasts,
            mode=mode,
            emergency=emergency,
            yields=operation.kind.yields,
            work=work,
            holds_alarms=holds_alarms,
            on_wait=self._on_wait,
            withdrawn=lambda: operation.aborting is not None,
            wait_until=wait_until,
            announced=announced,
            ask=self._allow,
        )
        if answer is None and operation.aborting is None:
            operation.enter(before, "The window closed while waiting for the lease")
            return False
        if answer is None:
            raise refuse_operation("it was stopped while it waited for the lease")
        if operation.kind.yields:
            self._handed_to = None
            self._again = partial(
                self.hold,
                components,
                lasts=lasts,
                mode=mode,
                emergency=emergency,
                work=work,
                holds_alarms=holds_alarms,
                wait_until=wait_until,
                announced=announced,
            )
        operation.components = answer.components
        operation.lease_says = answer.reason
        steps.lease = HeldLease(holder=workflow.info().workflow_id, fences=answer.fences, rises=answer.rises)
        if operation.state is OperationState.WAITING:
            operation.log(EntryKind.STATE, "The lease is granted")
            operation.enter(before, "The lease is granted")
        return True

    def _on_wait(self, reason: str) -> None:
        operation, text = self._operation, f"Waiting for the lease: {reason}"
        if operation.lease_says == text:
            return  # the request was repeated, and nothing has changed
        operation.lease_says = text
        operation.log(EntryKind.STATE, text)
        operation.enter(OperationState.WAITING, text)

    async def _allow(self, question: Question) -> bool:
        return (await self._decide(question)).approved

    # --- handing over

    async def during(
        self, work: Coroutine[Any, Any, _Result], stopped: Callable[[], bool] = lambda: False
    ) -> _Result | None:
        """Do work that acts on no host; meanwhile a remedy may get the lease. Return None if the work was stopped first."""
        working = asyncio.create_task(work)
        try:
            while not (working.done() or stopped()):
                await workflow.wait_condition(lambda: working.done() or stopped() or self._wanted)
                if self._wanted and not working.done():
                    await self.hand_over()
            if working.done():
                return working.result()
        except asyncio.CancelledError:
            await _stop(working)
            raise
        await _stop(working)
        return None

    async def hand_over(self) -> None:
        """Hand the lease over if a remedy wants it; the operation must not act until `take_again`."""
        operation, wanted = self._operation, self._operation.wanted
        if wanted is None or self._again is None:
            return
        self._handed_to = wanted
        said = f"Handed its lease over to {wanted.by}, whose remedy goes first: {wanted.title}"
        operation.lease_says = said
        operation.log(EntryKind.STATE, said)
        if operation.state is not OperationState.DECIDING:
            operation.enter(OperationState.WAITING, said)
        await operation.give_lease_back()
        await operation.notify_operators(
            f"{operation.title} has handed its lease over to {wanted.by}, whose remedy goes first: {wanted.title}. "
            "It continues automatically when the remedy has ended."
        )

    async def take_again(self) -> bool:
        """Take the lease again after a hand-over. Wait in the queue, and return whether the lease is held."""
        await self.hand_over()
        operation, to = self._operation, self._handed_to
        if to is None or self._again is None:
            return True
        try:
            if not await self._again():
                return False
        except ApplicationError as error:
            if error.type != OPERATION_REFUSED:
                raise
            operation.lease_says = error.message
            return False
        operation.log(EntryKind.STATE, f"Continues: {to.by} no longer needs the lease")
        operation.enter(OperationState.ACTING, "The lease is granted again")
        return True

    @property
    def _wanted(self) -> bool:
        return self._operation.wanted is not None and self._again is not None


async def _stop(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await workflow.wait([task])
