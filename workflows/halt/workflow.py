"""The workflow of a halt. It shows the halt in the UI and waits until somebody lifts it.

The entry in the records stops the hosts' commands, and not this workflow.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

from activities.stubs.coordination import send_notice
from activities.stubs.halts import await_lift, begin_halt, end_halt, find_lifters
from models.converter import WRONG_INPUT
from models.errors import UserError
from models.halts import (
    AwaitLift,
    BeginHalt,
    EndHalt,
    FindLifters,
    Halt,
    HaltOrder,
    HaltReply,
    HaltStatus,
    Lifted,
    LiftHalt,
)
from models.names import CUSTOMER, STATE, TITLE, workflow_path
from models.notices import Audience, Facts, Occasion, SendNotice
from models.people import same
from workflows.runtime.calls import call, look_up
from workflows.runtime.keys import action_key, message_key
from workflows.runtime.markdown import page, paste, plain, summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import HALTED, HEARTBEAT, NOTICE, NOTICE_TIMEOUT, RECORD, RECORD_TIMEOUT
from workflows.runtime.waiting import until

_CUSTOMER = SearchAttributeKey.for_keyword(CUSTOMER)
_TITLE = SearchAttributeKey.for_keyword(TITLE)
_STATE = SearchAttributeKey.for_keyword(STATE)


_REMIND_EVERY = timedelta(days=1)
"""While a halt is active, the operators get a reminder after this time, again and again."""


@workflow.defn(name="halt", failure_exception_types=WRONG_INPUT)
class Halting:
    """Halts one customer or all customers, until somebody lifts the halt."""

    def __init__(self) -> None:
        self._halt: Halt | None = None
        self._lifters: dict[str, list[str]] = {}
        """The people who get messages about the halt, by application."""
        self._cancelled = False

    @workflow.run
    async def run(self, order: HaltOrder) -> Halt:
        """Record and show the halt. Return it, with the person who lifted it and the reason, when it is lifted."""
        attributes = [
            _STATE.value_set("halted"),
            _TITLE.value_set(summary_line(f"Halt of {order.customer or 'all customers'}: {order.reason}")),
        ]
        if order.customer:
            attributes.append(_CUSTOMER.value_set(order.customer))
        workflow.upsert_search_attributes(attributes)
        self._halt = await self._begin(order)
        self._show()
        reminding = asyncio.create_task(self._notify_operators(self._halt))
        lifted = await self._lifted(self._halt)
        self._halt = self._halt.model_copy(
            update={"lifted_at": workflow.now(), "lifted_by": lifted.by, "lifted_because": lifted.reason}
        )
        workflow.upsert_search_attributes([_STATE.value_set("lifted")])
        self._show()
        await workflow.wait([reminding])
        await self._write(self._halt, Occasion.LIFTED, lifted.by, lifted.reason)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._halt

    async def _notify_operators(self, halt: Halt) -> None:
        """Notify the people who may lift the halt, and remind them every day while it is active."""
        try:
            found = await look_up(
                find_lifters, FindLifters(customer=halt.customer), summary="Look up who may lift the halt"
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("nobody can be notified of the halt: %s", explain(error))
            return
        self._lifters = found.people
        while self._active:
            await self._write(halt, Occasion.HALTED, halt.by, halt.reason)
            await until(
                lambda: not self._active, within=_REMIND_EVERY, summary="Until the next reminder to the operators"
            )

    @property
    def _active(self) -> bool:
        return self._halt is not None and self._halt.lifted_at is None

    async def _write(self, halt: Halt, occasion: Occasion, by: str, reason: str) -> None:
        """Notify the operators, except the person who acted. A notice that cannot be sent is only logged."""
        info = workflow.info()
        first = workflow.now() - halt.since < _REMIND_EVERY
        scope = f" --customer {halt.customer}" if halt.customer else ""
        command = f'driftvakt halt lift{scope} --reason "why"' if occasion is Occasion.HALTED else "driftvakt halt list"
        for application, people in self._lifters.items():
            others = [who for who in people if not (same(who, by) and (first or occasion is Occasion.LIFTED))]
            if not others:
                continue
            order = SendNotice(
                key=message_key("notice"),
                incident=info.workflow_id,
                application=application,
                occasion=occasion,
                audience=Audience(contacts=others),
                facts=Facts(
                    title=halt.scope,
                    opened_at=halt.since,
                    text=reason[:4000],
                    by=by,
                    command=command,
                    link=workflow_path(info.namespace, info.workflow_id),
                ),
            )
            try:
                await workflow.execute_activity(
                    send_notice,
                    order,
                    summary=summary_line(f"Notice: {occasion.value} to {', '.join(others)}"),
                    start_to_close_timeout=NOTICE_TIMEOUT,
                    heartbeat_timeout=HEARTBEAT,
                    retry_policy=NOTICE,
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                workflow.logger.warning("a notice of the halt could not be sent: %s", explain(error))

    async def _begin(self, order: HaltOrder) -> Halt:
        request = BeginHalt(
            key=order.key or action_key("halt"),
            workflow=workflow.info().workflow_id,
            **order.model_dump(exclude={"key"}),
        )
        try:
            return await call(
                begin_halt,
                request,
                summary="Record the halt",
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            raise ApplicationError(f"The halt did not begin: {explain(error)}", type=UserError.__name__) from None

    async def _lifted(self, halt: Halt) -> Lifted:
        # Wait for the records and not for this workflow's own update: the command can lift a halt without Temporal.
        waiting = workflow.start_activity(
            await_lift,
            AwaitLift(key=halt.key),
            summary=summary_line(f"Halted by {halt.by}: {halt.reason}"),
            start_to_close_timeout=RECORD_TIMEOUT,
            retry_policy=HALTED,
        )
        while True:
            try:
                return await asyncio.shield(waiting)
            except asyncio.CancelledError:
                # A cancelled workflow does not end the halt, which is an entry in the records.
                self._cancelled = True
                self._show()

    @workflow.update(
        name="lift",
        description='End the halt; waiting operations continue. {"by": "on-call@driftbolaget.example", "reason": "why"}',
    )
    async def lift(self, order: LiftHalt) -> HaltReply:
        """End the halt in the records. Raise an error that says why when this fails."""
        await workflow.wait_condition(lambda: self._halt is not None)
        assert self._halt is not None
        try:
            halt = await call(
                end_halt,
                EndHalt(key=self._halt.key, by=order.by, reason=order.reason),
                retry=RECORD,
                summary="Record that the halt is lifted",
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            raise ApplicationError(f"The halt is not lifted: {explain(error)}", type=UserError.__name__) from None
        return HaltReply(
            message=f"{halt.lifted_by} has lifted the halt of {halt.scope}; waiting operations continue within seconds."
        )

    @workflow.query(name="status", description="The halt: its scope, its author, its begin and the reason.")
    def status(self) -> HaltStatus:
        """Return the halt as it is recorded; None until it is recorded."""
        return HaltStatus(halt=self._halt)

    def _show(self) -> None:
        halt = self._halt
        assert halt is not None
        by = f"by {plain(halt.by)}, since {halt.since:%Y-%m-%d %H:%M:%S} UTC"
        if halt.lifted_at is not None:
            why = f": {plain(halt.lifted_because)}" if halt.lifted_because else ""
            said = f"Lifted by {plain(halt.lifted_by)} at {halt.lifted_at:%Y-%m-%d %H:%M:%S} UTC{why}"
            workflow.set_current_details(
                page(f"### Halt lifted: {plain(halt.scope)}", f"{by}: {plain(halt.reason)}", said)
            )
            return
        workflow.set_current_details(
            page(
                f"### Halted: {plain(halt.scope)}",
                f"{by}: **{plain(halt.reason)}**",
                "No new command starts on the hosts in its scope. Running commands continue to their end. Probes and read-only "
                "commands continue. The page of each waiting operation says that it waits, and the operation continues by itself "
                "when the halt is lifted.",
                "Cancelling this workflow does not lift the halt." if self._cancelled else "",
                "To lift it, " + paste("lift", LiftHalt(by=halt.by, reason="The cause is found")),
            )
        )
