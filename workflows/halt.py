"""A halt as people see it in the UI: it runs for as long as nothing new may be begun. What acts is the note in the records."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from activities.stubs.halts import await_lift, begin_halt, end_halt
from models.converter import WRONG_INPUT
from models.halts import AwaitLift, BeginHalt, EndHalt, Halt, HaltOrder, HaltStatus, HaltTold, Lifted, LiftHalt
from models.names import CUSTOMER, STATE, TITLE
from workflows.calls import call
from workflows.keys import action_key
from workflows.outcomes import explain
from workflows.policies import HALTED, RECORD, RECORD_TIMEOUT
from workflows.text import code, page, plain, sample, summary_line

_CUSTOMER = SearchAttributeKey.for_keyword(CUSTOMER)
_TITLE = SearchAttributeKey.for_keyword(TITLE)
_STATE = SearchAttributeKey.for_keyword(STATE)


@workflow.defn(name="halt", failure_exception_types=WRONG_INPUT)
class Halting:
    """Halts all customers, or one, until somebody lifts it."""

    def __init__(self) -> None:
        self._halt: Halt | None = None
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
        lifted = await self._lifted(self._halt)
        self._halt = self._halt.model_copy(
            update={"lifted_at": workflow.now(), "lifted_by": lifted.by, "lifted_because": lifted.reason}
        )
        workflow.upsert_search_attributes([_STATE.value_set("lifted")])
        self._show()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._halt

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
                "To lift it, press *Send an Update*, choose `lift`, and paste:",
                code(sample(LiftHalt(by=halt.by, reason="The cause is found"))),
            )
        )
