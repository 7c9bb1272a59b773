"""Sends notices with the texts of a dossier or an operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.stubs.coordination import send_notice
from models.documents import DocumentFile
from models.names import workflow_path
from models.notices import Audience, Delivery, DeliveryState, Facts, NoticeReceipt, Occasion, SendNotice
from models.plans import ApplicationPlan
from workflows.runtime.keys import message_key
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import HEARTBEAT, NOTICE, NOTICE_TIMEOUT


@dataclass(frozen=True)
class Written:
    """The result of a notice."""

    reached: bool
    """Whether the notice reached anybody."""
    said: str
    """The result as text."""


async def notify(
    plan: ApplicationPlan,
    people: Sequence[str],
    text: str,
    *,
    summary: str,
    occasion: Occasion = Occasion.MESSAGE,
    title: str = "",
    attachments: Sequence[DocumentFile] = (),
    **facts: Any,
) -> NoticeReceipt:
    """Send a notice to contacts of the dossier; each call is a new notice. `facts` are further fields of the occasion."""
    info = workflow.info()
    return await workflow.execute_activity(
        send_notice,
        SendNotice(
            key=message_key("message"),
            incident=info.workflow_id,
            application=plan.application,
            dossier=plan.dossier,
            occasion=occasion,
            audience=Audience(contacts=list(people)),
            facts=Facts(title=title or plan.name, opened_at=workflow.now(), text=text, **facts),
            attachments=list(attachments),
        ),
        summary=summary_line(summary),
        start_to_close_timeout=NOTICE_TIMEOUT,
        heartbeat_timeout=HEARTBEAT,
        retry_policy=NOTICE,
    )


async def notify_deciders(
    plan: ApplicationPlan,
    people: Sequence[str],
    text: str,
    *,
    occasion: Occasion,
    title: str,
    command: str,
    **facts: Any,
) -> Written:
    """Send a notice to those who may decide a question of this workflow. If that fails, the workflow continues."""
    info = workflow.info()
    try:
        receipt = await notify(
            plan,
            people,
            text,
            summary=f"Notice: {occasion.value.replace('-', ' ')} to {', '.join(people)}",
            occasion=occasion,
            title=title,
            command=command,
            link=workflow_path(info.namespace, info.workflow_id),
            **facts,
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return Written(reached=False, said=f"could not be sent: {explain(error)}")
    return Written(reached=receipt.reached, said=delivered(receipt))


def delivered(receipt: NoticeReceipt) -> str:
    """Return the result of a notice as text."""
    said = [delivery_text(delivery) for delivery in receipt.deliveries]
    return "; ".join([*said, *receipt.notes]) or "the notice had no receiver"


def delivery_text(delivery: Delivery) -> str:
    """Return the result for one receiver as text."""
    how = delivery.state.value.replace("-", " ")
    why = f" ({delivery.detail})" if delivery.detail and delivery.state is not DeliveryState.SENT else ""
    return f"{delivery.to} by {delivery.channel}: {how}{why}"
