"""Writing to people from an incident: what was sent stands in its timeline, and what reached nobody is told to whoever leads."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.stubs.leading import send_notice
from models.dossier.agreement import Priority
from models.names import workflow_path
from models.notices import Audience, Facts, NoticeReceipt, Occasion, SendNotice
from models.records import EntryKind
from workflows.incident.context import Case
from workflows.runtime.keys import message_key
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import HEARTBEAT, NOTICE, NOTICE_TIMEOUT
from workflows.steps.notify import delivery_text


class Notices:
    """Sends the notices of one incident, each under a key of its own, so that no retry sends one twice."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._failed: set[str] = set()

    async def send(self, occasion: Occasion, audience: Audience, **facts: Any) -> NoticeReceipt:
        """Write to people; never raises but when cancelled."""
        case, info = self._case, workflow.info()
        order = SendNotice(
            key=message_key("notice"),
            incident=info.workflow_id,
            application=case.order.application,
            dossier=case.plan.plan.dossier if case.plan.plan else case.order.dossier,
            occasion=occasion,
            audience=audience,
            priority=Priority(case.memory.priority) if case.memory.priority else None,
            facts=Facts(
                title=case.order.title,
                opened_at=case.opened_at,
                components=[case.title_of(name) for name in case.plan.affected],
                state="" if occasion.customer_facing else case.memory.doing,
                link=workflow_path(info.namespace, info.workflow_id),
                **facts,
            ),
        )
        receipt = await self._hand_over(order)
        self._tell(occasion, receipt)
        if occasion.customer_facing and not receipt.reached:
            await self._undelivered(occasion, receipt)
        return receipt

    async def to_lead(self, occasion: Occasion, **facts: Any) -> NoticeReceipt:
        """Write to whoever leads, or was asked to, or would be asked first."""
        lead = self._case.memory.lead
        people = [lead.who] if lead.who else lead.asked
        return await self.send(occasion, Audience(contacts=people) if people else Audience(rung=1), **facts)

    def could_not_send(self, receipt: NoticeReceipt) -> bool:
        """Whether a notice was not sent because sending itself failed, so that nobody knows whom it was for."""
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
            self._case.tell(EntryKind.NOTICE, f"A notice could not be sent: {explain(error)}")
            self._failed.add(order.key)
            return NoticeReceipt(key=order.key)

    async def _undelivered(self, occasion: Occasion, receipt: NoticeReceipt) -> None:
        why = "; ".join(delivery_text(d) for d in receipt.deliveries) or "nobody to write to"
        text = f"The notice '{occasion.value}' reached nobody ({why}). Tell them by other means."
        await self.to_lead(Occasion.UNDELIVERED, text=text[:4000])

    def _tell(self, occasion: Occasion, receipt: NoticeReceipt) -> None:
        what = occasion.value.replace("-", " ").capitalize()
        to = "; ".join(delivery_text(d) for d in receipt.deliveries)
        notes = " ".join(receipt.rung.notes) if receipt.rung else ""
        data = {
            "key": receipt.key,
            "occasion": occasion.value,
            "audience": "customer" if occasion.customer_facing else "internal",
        }
        if to or notes:
            self._case.tell(EntryKind.NOTICE, f"{what}: {to or 'nobody'}. {notes}".strip(), data)


def _audience_text(audience: Audience) -> str:
    if audience.rung is not None:
        return f"rung {audience.rung} of the ladder"
    return "the customer" if audience.customer else audience.party or ", ".join(audience.contacts)
