"""The updates and signals of a watch about silences, operations and leases."""

from __future__ import annotations

from abc import ABC, abstractmethod

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.errors import InputError
from models.lease import LeaseAnswer, ReleaseLease, RequestLease
from models.watch import BeginOperation, EndOperation, LiftSilence, SilenceOrder, WatchReply
from workflows.runtime.refusals import refusal
from workflows.watch.leases import LeaseQueue
from workflows.watch.orders import WatchOrders, silence_fault

_SILENCE = (
    '{"by": "on-call@driftbolaget.example", "reason": "Disk is replaced", '
    '"until": "2026-03-02T06:00:00Z", "components": ["db"]}'
)
_OPERATION = (
    '{"holder": "change.acme.shop.4", "title": "Change 4", "by": "on-call@driftbolaget.example", '
    '"until": "2026-03-01T14:00:00Z", "components": ["db"]}'
)
_LEASE = (
    '{"application": "acme.shop", "holder": "change.acme.shop.4", "key": "change.acme.shop.4/lease/1", "kind": "change", '
    '"title": "Change 4", "by": "on-call@driftbolaget.example", "until": "2026-03-01T14:00:00Z", "components": ["db"]}'
)


class TakesOrders(ABC):
    """Base of the watch: passes each order on to the part that carries it out."""

    _orders: WatchOrders
    _leases: LeaseQueue

    @property
    @abstractmethod
    def _known(self) -> bool:
        """Whether the watch has its memory."""

    @abstractmethod
    def _shown(self, reply: WatchReply) -> WatchReply:
        """Show the change on the page. Return the reply."""

    @abstractmethod
    def _show(self) -> None:
        """Refresh the page."""

    @abstractmethod
    def signal_refused(self, notice: str) -> None:
        """Show on the page why a signal was refused."""

    @workflow.update(
        name="silence",
        description=f"Silence alarms for 30 days at most; alarms that are active then are raised. {_SILENCE}",
    )
    async def silence(self, order: SilenceOrder) -> WatchReply:
        """Silence alarms until the end of the silence."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.silence(order))

    @silence.validator
    def _silence_has_an_end(self, order: SilenceOrder) -> None:
        if fault := silence_fault(order, workflow.now()):
            raise refusal(fault, InputError)

    @workflow.update(
        name="lift_silence",
        description='End a silence now; active alarms are raised. {"id": "s1", "by": "on-call@driftbolaget.example"}',
    )
    async def lift_silence(self, order: LiftSilence) -> WatchReply:
        """End a silence early."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.lift(order))

    @workflow.update(
        name="begin_operation",
        description=f"An operation begins: alarms that it can cause are suppressed. {_OPERATION}",
    )
    async def begin_operation(self, order: BeginOperation) -> WatchReply:
        """Suppress the alarms of an operation."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.begin(order))

    @workflow.update(
        name="end_operation",
        description="An operation is over: active alarms are raised. "
        '{"holder": "change.acme.shop.4", "by": "on-call@driftbolaget.example"}',
    )
    async def end_operation(self, order: EndOperation) -> WatchReply:
        """Raise the active alarms after an operation."""
        await workflow.wait_condition(lambda: self._known)
        self._orders.known(order.by)
        return self._shown(self._orders.end(order.holder))

    @workflow.signal(
        name="operation_begins",
        description=f"For workflows, which cannot send updates: an operation begins. {_OPERATION}",
    )
    async def operation_begins(self, order: BeginOperation) -> None:
        """Suppress the alarms of an operation; the page shows a refusal, because the sender of a signal gets no answer."""
        await workflow.wait_condition(lambda: self._known)
        try:
            self._orders.begin(order)
        except ApplicationError as error:
            self.signal_refused(f"A signal was refused (operation_begins): {error.message}")

    @workflow.signal(
        name="operation_ends",
        description='For workflows, which cannot send updates: an operation is over. {"holder": "change.acme.shop.4"}',
    )
    async def operation_ends(self, order: EndOperation) -> None:
        """Raise the active alarms after an operation."""
        await workflow.wait_condition(lambda: self._known)
        self._orders.end(order.holder)

    @workflow.update(
        name="request_lease",
        description=f"Sent by operations: ask for the right to operate on components. {_LEASE}",
    )
    async def request_lease(self, order: RequestLease) -> LeaseAnswer:
        """Grant a lease, or put the request into the lease queue."""
        await workflow.wait_condition(lambda: self._known)
        answer = self._leases.ask(order)
        self._show()
        return answer

    @workflow.update(
        name="release_lease",
        description="Release a lease. Also revokes the lease of an operation that hangs; hosts then refuse its commands. "
        '{"application": "acme.shop", "holder": "change.acme.shop.4", "by": "on-call@driftbolaget.example"}',
    )
    async def release_lease(self, order: ReleaseLease) -> WatchReply:
        """Release a lease. The watch raises active alarms, and alarms of components that the holder names as failing."""
        await workflow.wait_condition(lambda: self._known)
        return self._shown(self._orders.release(order, program=of_a_program()))


def of_a_program() -> bool:
    """Whether one of our programs sent the present update; they give it an id that names its purpose."""
    update = workflow.current_update_info()
    return update is not None and "/" in update.id
