"""The workflow of an ordered routine: check of the order, approval, receipt, wait for the agreed time, steps, receipt."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from activities.stubs.coordination import send_notice
from activities.stubs.routines import check_order
from models.dossier.instructions import Approval
from models.errors import InputError
from models.jobs import Outcome
from models.notices import Audience, Facts, NoticeReceipt, Occasion, SendNotice
from models.operation import OperationEnd, OperationOutcome, OperationState
from models.operation_kinds import ROUTINE
from models.records import EntryKind
from models.routine import CheckedOrder, CheckOrder, RoutineOrder
from workflows.gates.gates import approval_question
from workflows.operation.base import Operation, operation
from workflows.runtime import waiting
from workflows.runtime.calls import call
from workflows.runtime.keys import message_key
from workflows.runtime.markdown import plain, summary_line, table
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import HEARTBEAT, NOTICE, NOTICE_TIMEOUT
from workflows.steps.lease import refuse_operation
from workflows.steps.notify import delivered
from workflows.steps.scope import scope_of
from workflows.steps.text import plan_text

_MARGIN = timedelta(minutes=5)
_BEYOND = Approval(roles=["operator"], within=timedelta(days=2))
"""The approval of an order beyond the number that the agreement includes."""


@operation(ROUTINE)
class RoutineOnOrder(Operation):
    """Carries out an extended routine that somebody has ordered."""

    def __init__(self) -> None:
        super().__init__()
        self._checked = CheckedOrder()

    @workflow.run
    async def run(self, order: RoutineOrder) -> OperationOutcome:
        """Check and carry out the order, with a receipt at the begin and at the end."""
        return await self.carried_out(lambda: self._fulfil(order))

    async def _fulfil(self, order: RoutineOrder) -> OperationOutcome:
        await self.begin(order, f"Routine {order.routine}", name=order.routine)
        self._checked = await self._check_order(order)
        await self._agree(order)
        await self._send_receipt(order, Occasion.ORDERED)
        if not await self._wait_until(order):
            return await self.finish(OperationEnd.ABORTED, f"{self.title}: {self.stops()}")
        scope = scope_of(self.plan, self._checked.steps)
        if scope is not None:
            lasts = sum((step.timeout for step in self._checked.steps), _MARGIN)
            await self.lease.hold(scope, lasts=lasts)
        self.enter(OperationState.ACTING, f"Carry out: {self.title}")
        outcome = await self.carry_out(self._checked.steps)
        if order.rehearse:
            return await self.finish(OperationEnd.REHEARSED, "Rehearsal, nothing was changed")
        well = outcome is Outcome.OK
        await self._send_receipt(order, Occasion.ORDER_DONE if well else Occasion.ORDER_FAILED)
        if well:
            return await self.finish(OperationEnd.DONE, f"{self.title}: done")
        end = OperationEnd.ABORTED if self.aborting is not None else OperationEnd.FAILED
        return await self.finish(end, f"{self.title}: not all steps were done. {self.left_behind()}")

    async def _check_order(self, order: RoutineOrder) -> CheckedOrder:
        checked = await call(
            check_order,
            CheckOrder(
                application=order.application,
                dossier=self.plan.dossier,
                operation=workflow.info().workflow_id,
                routine=order.routine,
                by=self.by,
                inputs=order.inputs,
                ordered_at=workflow.info().workflow_start_time,
                at=order.at,
                rehearse=order.rehearse,
            ),
            summary="Check the order",
        )
        if checked.faults:
            self.data["faults"] = checked.faults
            raise ApplicationError("; ".join(checked.faults), type=InputError.__name__, non_retryable=True)
        self.title = checked.title
        self.data["inputs"] = checked.values
        return checked

    async def _agree(self, order: RoutineOrder) -> None:
        checked, text = self._checked, plan_text(self._checked.steps)
        asked = []
        if checked.beyond:
            why = f"Do you approve {self.title} beyond the agreement? {checked.beyond}."
            asked.append(approval_question(why, text, _BEYOND, checked.operators, self.by))
        if checked.approval is not None:
            what = f"Carry out, as ordered by {self.by}: {self.title}?"
            asked.append(approval_question(what, text, checked.approval, checked.deciders, self.by))
        for question in asked:
            if not await self.approve(question):
                raise refuse_operation(f"{self.title}: not approved")

    async def _wait_until(self, order: RoutineOrder) -> bool:
        """Wait until the agreed time. Return False when the routine was stopped meanwhile."""
        until = self._checked.not_before
        if order.rehearse or until is None or until <= workflow.now():
            return self.aborting is None
        self.now(f"Waiting until {until:%Y-%m-%d %H:%M} UTC, as agreed")
        await self.record()
        return not await waiting.until(
            lambda: self.aborting is not None,
            within=until - workflow.now(),
            summary=f"Until {until:%Y-%m-%d %H:%M} UTC",
        )

    async def _send_receipt(self, order: RoutineOrder, occasion: Occasion) -> None:
        """Send a receipt to the person who ordered the routine. A receipt that cannot be sent is only logged."""
        if order.rehearse or not self._checked.receipt_to:
            return
        info = workflow.info()
        try:
            receipt: NoticeReceipt = await workflow.execute_activity(
                send_notice,
                SendNotice(
                    key=message_key("receipt"),
                    incident=info.workflow_id,
                    application=order.application,
                    dossier=self.plan.dossier,
                    occasion=occasion,
                    audience=Audience(contacts=self._checked.receipt_to),
                    facts=Facts(
                        title=self.title,
                        opened_at=info.workflow_start_time,
                        deadline=self._checked.not_before,
                        text="\n".join([self.title, *(f"{n}: {v}" for n, v in self._checked.values.items())]),
                    ),
                ),
                summary=summary_line(f"Receipt to {self.by}: {occasion.value}"),
                start_to_close_timeout=NOTICE_TIMEOUT,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=NOTICE,
            )
            said = delivered(receipt)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            said = explain(error)
        self.log(EntryKind.NOTICE, f"Receipt ({occasion.value}): {said}")

    @property
    def proves(self) -> str:
        """The instruction that this run proves; empty when the order was wrong, because no step ran."""
        return "" if self.data.get("faults") else super().proves

    def more_on_page(self) -> str:
        """Return the inputs of the order as a table in Markdown."""
        return table(["input", "value"], [(plain(n), plain(v)) for n, v in self._checked.values.items()])
