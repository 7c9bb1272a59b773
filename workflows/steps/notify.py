"""Telling people something in the words of a dossier or of an operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.stubs.leading import send_notice
from models.names import workflow_path
from models.notices import Audience, Delivery, DeliveryState, Facts, NoticeReceipt, Occasion, SendNotice
from models.slices import ApplicationPlan
from workflows.runtime.keys import message_key
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import HEARTBEAT, NOTICE, NOTICE_TIMEOUT


@dataclass(frozen=True)
class Written:
    """What became of a notice."""

    reached: bool
    """Whether it reached anybody."""
    said: str
    """The same in words."""


async def tell(
    plan: ApplicationPlan,
    people: Sequence[str],
    text: str,
    *,
    summary: str,
    occasion: Occasion = Occasion.MESSAGE,
    title: str = "",
    **facts: Any,
) -> NoticeReceipt:
    """Write to contacts of the dossier; every call is a notice of its own. `facts` are further ones of the occasion."""
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
        ),
        summary=summary_line(summary),
        start_to_close_timeout=NOTICE_TIMEOUT,
        heartbeat_timeout=HEARTBEAT,
        retry_policy=NOTICE,
    )


async def tell_deciders(
    plan: ApplicationPlan,
    people: Sequence[str],
    text: str,
    *,
    occasion: Occasion,
    title: str,
    command: str,
    **facts: Any,
) -> Written:
    """Write to whoever may decide a question of this workflow, with what shows it; that it cannot be sent stops nothing."""
    info = workflow.info()
    try:
        receipt = await tell(
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
    """What became of a notice, in words."""
    said = [delivery_text(delivery) for delivery in receipt.deliveries]
    return "; ".join([*said, *receipt.notes]) or "there was nobody to write to"


def delivery_text(delivery: Delivery) -> str:
    """What became of it for one receiver."""
    how = delivery.state.value.replace("-", " ")
    why = f" ({delivery.detail})" if delivery.detail and delivery.state is not DeliveryState.SENT else ""
    return f"{delivery.to} by {delivery.channel.value}: {how}{why}"
