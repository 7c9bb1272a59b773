"""Notices of an incident: the timeline has each one, and the lead gets a notice of those that reached nobody."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.stubs.coordination import send_notice
from models.dossier.agreement import Priority
from models.names import workflow_path
from models.notices import Audience, Facts, NoticeReceipt, Occasion, SendNotice
from models.records import EntryKind
from workflows.incident.context import IncidentContext
from workflows.runtime.keys import message_key
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import HEARTBEAT, NOTICE, NOTICE_TIMEOUT
from workflows.steps.notify import delivery_text


class Notices:
    """Sends the notices of one incident, each under its own key, so that no retry sends a notice twice."""

    def __init__(self, context: IncidentContext) -> None:
        self._context = context
        self._failed: set[str] = set()

    async def send(self, occasion: Occasion, audience: Audience, **facts: Any) -> NoticeReceipt:
        """Send a notice and log it; raises nothing except a cancellation."""
        context, info = self._context, workflow.info()
        order = SendNotice(
            key=message_key("notice"),
            incident=info.workflow_id,
            application=context.order.application,
            dossier=context.plan.plan.dossier if context.plan.plan else context.order.dossier,
            occasion=occasion,
            audience=audience,
            priority=Priority(context.memory.priority) if context.memory.priority else None,
            facts=Facts(
                title=context.order.title,
                opened_at=context.opened_at,
                components=[context.title_of(name) for name in context.plan.affected],
                state="" if occasion.customer_facing else context.journal.doing,
                link=workflow_path(info.namespace, info.workflow_id),
                **facts,
            ),
        )
        receipt = await self._hand_over(order)
        self._log(occasion, receipt)
        if occasion.customer_facing and not receipt.reached:
            await self._undelivered(occasion, receipt)
        return receipt

    async def to_lead(self, occasion: Occasion, **facts: Any) -> NoticeReceipt:
        """Send a notice to the lead; without one to the people called last, else to the first level."""
        lead = self._context.memory.lead
        people = [lead.who] if lead.who else lead.called_last
        return await self.send(occasion, Audience(contacts=people) if people else Audience(level=1), **facts)

    def could_not_send(self, receipt: NoticeReceipt) -> bool:
        """Whether sending itself failed, so that the recipients are unknown."""
        return receipt.key in self._failed

    async def _hand_over(self, order: SendNotice) -> NoticeReceipt:
        try:
            return await workflow.execute_activity(
                send_notice,
                order,
                summary=summary_line(
                    f"Notice: {order.occasion.value.replace('-', ' ')} to {_audience_text(order.audience)}"
                ),
                start_to_close_timeout=NOTICE_TIMEOUT,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=NOTICE,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self._context.log(EntryKind.NOTICE, f"A notice could not be sent: {explain(error)}")
            self._failed.add(order.key)
            return NoticeReceipt(key=order.key)

    async def _undelivered(self, occasion: Occasion, receipt: NoticeReceipt) -> None:
        why = "; ".join(delivery_text(d) for d in receipt.deliveries) or "no recipients"
        text = f"The notice '{occasion.value}' reached nobody ({why}). Telephone them."
        await self.to_lead(Occasion.UNDELIVERED, text=text[:4000])

    def _log(self, occasion: Occasion, receipt: NoticeReceipt) -> None:
        what = occasion.value.replace("-", " ").capitalize()
        to = "; ".join(delivery_text(d) for d in receipt.deliveries)
        notes = " ".join(receipt.level.notes) if receipt.level else ""
        data = {
            "key": receipt.key,
            "occasion": occasion.value,
            "audience": "customer" if occasion.customer_facing else "internal",
        }
        if to or notes:
            self._context.log(EntryKind.NOTICE, f"{what}: {to or 'nobody'}. {notes}".strip(), data)


def _audience_text(audience: Audience) -> str:
    if audience.level is not None:
        return f"level {audience.level} of the escalation policy"
    return "the customer" if audience.customer else audience.party or ", ".join(audience.contacts)
