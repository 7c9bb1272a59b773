"""Whoever may lift a halt is written to when it begins, and when it is lifted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from activities.records import Records, upgrade
from activities.records.halts import HaltActivities, Halts
from models.halts import AwaitLift, Halt, HaltOrder, HaltReply, Lifted, LiftHalt
from models.names import WORKFLOW_QUEUE
from models.notices import NoticeReceipt, Occasion, SendNotice
from tests.records.dossiers import shop
from tests.replaying import replayed
from tests.servers import pass_time
from tests.workflows.world import unique
from workflows.halt.workflow import Halting

ANN, BO = "ann@example.com", "bo"


@asynccontextmanager
async def halted(
    client: Client, tmp_path: Path, looks_every: timedelta | None = None
) -> AsyncIterator[tuple[WorkflowHandle[Any, Halt], list[SendNotice]]]:
    """A halt by Ann that has been told of, and what was written to people so far.

    `looks_every`: how often it looks whether it is lifted; every few seconds unless given, too often for days to pass.
    """
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
        real = HaltActivities(Halts(records))

        @activity.defn(name="await_lift")
        def await_lift(request: AwaitLift) -> Lifted:
            try:
                return real.await_lift(request)
            except ApplicationError as halted:
                raise ApplicationError(halted.message, type=halted.type, next_retry_delay=looks_every) from None

        activities = [*(a for a in real.activities() if a.__name__ != "await_lift"), await_lift, send_notice]
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
            yield handle, sent
    records.close()


async def lift(handle: WorkflowHandle[Any, Halt]) -> None:
    await handle.execute_update("lift", LiftHalt(by=BO, reason="It was a script"), result_type=HaltReply)
    await handle.result()


async def test_the_operators_hear_of_a_halt_and_of_its_lifting(client: Client, tmp_path: Path) -> None:
    async with halted(client, tmp_path) as (handle, sent):
        await lift(handle)
    assert [(n.occasion, n.audience.contacts) for n in sent] == [(Occasion.HALTED, [BO]), (Occasion.LIFTED, [ANN])]
    assert sent[0].facts.command == 'driftvakt halt lift --customer acme --reason "why"'
    assert (sent[1].facts.by, sent[1].facts.text) == (BO, "It was a script")


async def test_a_halt_that_nobody_lifts_reminds_everybody_who_may_every_day_also_who_began_it(
    skipping: WorkflowEnvironment, tmp_path: Path
) -> None:
    async with halted(skipping.client, tmp_path, timedelta(hours=6)) as (handle, sent):
        for days in (1, 2):
            await pass_time(skipping, timedelta(days=1))
            async with asyncio.timeout(60):
                while len(sent) <= days:
                    await asyncio.sleep(0.02)
        await lift(handle)
    assert [(n.occasion, n.audience.contacts) for n in sent] == [
        (Occasion.HALTED, [BO]),
        (Occasion.HALTED, [ANN, BO]),
        (Occasion.HALTED, [ANN, BO]),
        (Occasion.LIFTED, [ANN]),
    ]
    assert len({n.key for n in sent}) == 4
