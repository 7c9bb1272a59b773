"""Sends a report to its receivers: each gets it once, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.stubs.coordination import send_notice
from models.documents import DocumentFile
from models.notices import Audience, DeliveryState, Facts, NoticeReceipt, Occasion, SendNotice
from models.plans import ApplicationPlan
from models.report_order import ReceiverDelivery
from workflows.runtime.keys import once_key
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import HEARTBEAT, NOTICE, NOTICE_TIMEOUT


async def send_report(
    plan: ApplicationPlan,
    receivers: Sequence[str],
    files: Sequence[DocumentFile],
    *,
    title: str,
    purpose: str,
    occasion: Occasion = Occasion.REPORT,
    text: str = "",
) -> list[ReceiverDelivery]:
    """Send files to contacts, and return the delivery of each in their order. A failed delivery raises nothing.

    `purpose` identifies this sending within the workflow: nobody gets two reports with the same purpose.
    """

    async def send(contact: str) -> ReceiverDelivery:
        order = SendNotice(
            key=once_key(f"{purpose}/{contact}"),
            incident=workflow.info().workflow_id,
            application=plan.application,
            dossier=plan.dossier,
            occasion=occasion,
            audience=Audience(contacts=[contact]),
            facts=Facts(title=title, report=title[:200], opened_at=workflow.info().workflow_start_time, text=text),
            attachments=list(files),
        )
        try:
            receipt: NoticeReceipt = await workflow.execute_activity(
                send_notice,
                order,
                summary=summary_line(f"Send the report to {contact}"),
                start_to_close_timeout=NOTICE_TIMEOUT,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=NOTICE,
            )
        except ActivityError as error:
            # The activity reports a refusal by a channel as a delivery, so it is unknown how far this attempt came.
            return _not_sent(contact, DeliveryState.UNCERTAIN, explain(error))
        return _delivery(contact, receipt)

    return list(await asyncio.gather(*[send(contact) for contact in receivers]))


def _delivery(contact: str, receipt: NoticeReceipt) -> ReceiverDelivery:
    if not receipt.deliveries:
        return _not_sent(contact, DeliveryState.NO_CHANNEL, "; ".join(receipt.notes))
    # A contact who is away has a deputy, who is then the only receiver.
    one = receipt.deliveries[0]
    return ReceiverDelivery(
        contact=contact, to=one.to, channel=one.channel, state=one.state, detail=one.detail, at=one.at
    )


def _not_sent(contact: str, state: DeliveryState, why: str) -> ReceiverDelivery:
    return ReceiverDelivery(contact=contact, to="", channel="", state=state, detail=why, at=workflow.now())
