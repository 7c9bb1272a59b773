"""Whoever may lift a halt is written to when it begins, and when it is lifted."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from temporalio import activity
from temporalio.client import Client

from activities.records import Records, upgrade
from activities.records.halts import HaltActivities, Halts
from models.halts import Halt, HaltOrder, HaltTold, LiftHalt
from models.names import WORKFLOW_QUEUE
from models.notices import NoticeReceipt, Occasion, SendNotice
from tests.records.dossiers import shop
from tests.replaying import replayed
from tests.workflows.world import unique
from workflows.halt import Halting

ANN, BO = "ann@example.com", "bo"


async def test_the_operators_hear_of_a_halt_and_of_its_lifting(client: Client, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    upgrade(url)
    records = Records(url)
    records.publish_dossier(shop(), "ann")
    sent: list[SendNotice] = []

    @activity.defn(name="send_notice")
    async def send_notice(request: SendNotice) -> NoticeReceipt:
        sent.append(request)
        return NoticeReceipt(key=request.key)

    with ThreadPoolExecutor(4) as threads:
        activities = [*HaltActivities(Halts(records)).activities(), send_notice]
        async with replayed(
            client, task_queue=WORKFLOW_QUEUE, workflows=[Halting], activities=activities, activity_executor=threads
        ):
            order = HaltOrder(customer="acme", by=ANN, reason="Orders vanish")
            handle = await client.start_workflow(
                "halt", order, id=unique("halt"), task_queue=WORKFLOW_QUEUE, result_type=Halt
            )
            async with asyncio.timeout(60):
                while not sent:
                    await asyncio.sleep(0.02)
            await handle.execute_update("lift", LiftHalt(by=BO, reason="It was a script"), result_type=HaltTold)
            await handle.result()
    records.close()
    assert [(n.occasion, n.audience.contacts) for n in sent] == [(Occasion.HALTED, [BO]), (Occasion.LIFTED, [ANN])]
    assert sent[0].facts.command == 'driftvakt halt lift --customer acme --reason "why"'
    assert (sent[1].facts.by, sent[1].facts.text) == (BO, "It was a script")
