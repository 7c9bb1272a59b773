"""A halt as people see it in the UI: it runs for as long as nothing new may be begun. What acts is the note in the records."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

from activities.stubs.halts import await_lift, begin_halt, end_halt, find_lifters
from activities.stubs.leading import send_notice
from models.converter import WRONG_INPUT
from models.halts import (
    AwaitLift,
    BeginHalt,
    EndHalt,
    FindLifters,
    Halt,
    HaltOrder,
    HaltStatus,
    HaltTold,
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
"""So often the operators are reminded of a halt that still holds."""


@workflow.defn(name="halt", failure_exception_types=WRONG_INPUT)
class Halting:
    """Halts all customers, or one, until somebody lifts it."""

    def __init__(self) -> None:
        self._halt: Halt | None = None
        self._lifters: dict[str, list[str]] = {}
        """Application to those who are written to."""
        self._cancelled = False

    @workflow.run
    async def run(self, order: HaltOrder) -> Halt:
        """Note the halt, show it, and end once it is lifted; returns it with who lifted it, and why."""
        attributes = [
            _STATE.value_set("halted"),
            _TITLE.value_set(summary_line(f"Halt of {order.customer or 'all customers'}: {order.reason}")),
        ]
        if order.customer:
            attributes.append(_CUSTOMER.value_set(order.customer))
        workflow.upsert_search_attributes(attributes)
        self._halt = await self._begin(order)
        self._show()
        reminding = asyncio.create_task(self._tell_operators(self._halt))
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

    async def _tell_operators(self, halt: Halt) -> None:
        """Write to whoever may lift it, and remind them every day while it holds."""
        try:
            found = await look_up(find_lifters, FindLifters(customer=halt.customer), summary="Look up who may lift it")
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("nobody can be told of the halt: %s", explain(error))
            return
        self._lifters = found.people
        while self._holds:
            await self._write(halt, Occasion.HALTED, halt.by, halt.reason)
            await until(lambda: not self._holds, within=_REMIND_EVERY, summary="Until the operators are reminded of it")

    @property
    def _holds(self) -> bool:
        return self._halt is not None and self._halt.lifted_at is None

    async def _write(self, halt: Halt, occasion: Occasion, by: str, reason: str) -> None:
        """Write to them all, but for whoever has just done it; that nobody could be reached keeps nothing back."""
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
                summary="Note the halt",
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            raise ApplicationError(f"Nothing is halted: {explain(error)}", type="UserError") from None

    async def _lifted(self, halt: Halt) -> Lifted:
        # The records are asked, not this workflow's own update: the command lifts a halt where Temporal is away, too.
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
                # Whoever cancels this page takes the sign away and not the brake.
                self._cancelled = True
                self._show()

    @workflow.update(
        name="lift",
        description='End the halt: what waits goes on. {"by": "on-call@driftbolaget.example", "reason": "why"}',
    )
    async def lift(self, order: LiftHalt) -> HaltTold:
        """End it."""
        await workflow.wait_condition(lambda: self._halt is not None)
        assert self._halt is not None
        try:
            halt = await call(
                end_halt,
                EndHalt(key=self._halt.key, by=order.by, reason=order.reason),
                retry=RECORD,
                summary="Note that it is lifted",
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            raise ApplicationError(f"The halt is not lifted: {explain(error)}", type="UserError") from None
        return HaltTold(
            message=f"{halt.lifted_by} has lifted the halt of {halt.scope}; what waits goes on within seconds."
        )

    @workflow.query(name="status", description="Who has halted what, since when and why")
    def status(self) -> HaltStatus:
        """How it stands."""
        return HaltStatus(halt=self._halt)

    def _show(self) -> None:
        halt = self._halt
        assert halt is not None
        by = f"by {plain(halt.by)}, since {halt.since:%Y-%m-%d %H:%M:%S} UTC"
        if halt.lifted_at is not None:
            why = f": {plain(halt.lifted_because)}" if halt.lifted_because else ""
            said = f"Lifted by {plain(halt.lifted_by)} at {halt.lifted_at:%Y-%m-%d %H:%M:%S} UTC{why}"
            workflow.set_current_details(
                page(f"### Was halted: {plain(halt.scope)}", f"{by}: {plain(halt.reason)}", said)
            )
            return
        workflow.set_current_details(
            page(
                f"### Halted: {plain(halt.scope)}",
                f"{by}: **{plain(halt.reason)}**",
                "Nothing new is begun on any host it concerns. What ran already is let finish; looks and probes go on. Whatever "
                "waits says so on its own page, and goes on by itself once the halt is lifted.",
                "Cancelling this workflow does not lift the halt." if self._cancelled else "",
                "To lift it, " + paste("lift", LiftHalt(by=halt.by, reason="The cause is found")),
            )
        )
