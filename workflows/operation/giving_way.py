"""Giving way: an operation hands its lease over to a remedy while it acts on nothing, and takes it again before it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.errors import OPERATION_REFUSED
from models.notices import Occasion
from models.operation import OperationState
from models.people import is_program
from models.records import EntryKind

if TYPE_CHECKING:
    from models.lease import LeaseWanted
    from workflows.operation.base import Operation

_Result = TypeVar("_Result")


class GivingWay:
    """Hands the lease of one operation over where something more urgent wants it; `again` gets it back."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._again: Callable[[], Awaitable[bool]] | None = None
        self._to: LeaseWanted | None = None
        """To whom the lease was handed over; None: it was not, or is held again."""

    def holds(self, again: Callable[[], Awaitable[bool]]) -> None:
        """The lease is held; `again` asks for the same one once more."""
        self._again, self._to = again, None

    async def during(
        self, work: Coroutine[Any, Any, _Result], stopped: Callable[[], bool] = lambda: False
    ) -> _Result | None:
        """Do work that acts on nothing; meanwhile the lease may go. None where it was stopped first."""
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
        """Hand the lease over, where it is wanted; nothing may be acted on until `take_again`."""
        operation, wanted = self._operation, self._operation.wanted
        if wanted is None or self._again is None:
            return
        self._to = wanted
        said = f"Hands its lease over to {wanted.by}, whose remedy goes first: {wanted.title}"
        operation.lease_says = said
        operation.tell(EntryKind.STATE, said)
        if operation.state is not OperationState.DECIDING:
            operation.enter(OperationState.WAITING, said)
        await operation.give_lease_back()
        people = dict.fromkeys(
            [*operation.plan.people.get("operator", []), *([] if is_program(operation.by) else [operation.by])]
        )
        if people:
            text = (
                f"{operation.title} has handed its lease over to {wanted.by}, whose remedy goes first: {wanted.title}. "
            )
            await operation.write_to(Occasion.MESSAGE, list(people), text + "It goes on by itself when that has ended.")

    async def take_again(self) -> bool:
        """Take the lease again where it was handed over, waiting for its turn; False where it was not to be had in time."""
        await self.hand_over()
        operation, to = self._operation, self._to
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
        operation.tell(EntryKind.STATE, f"Goes on: {to.by} needs the lease no more")
        operation.enter(OperationState.ACTING, "The lease is granted again")
        return True

    @property
    def _wanted(self) -> bool:
        return self._operation.wanted is not None and self._again is not None


async def _stop(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await workflow.wait([task])
