"""Records a halt that is lifted; `python -m tests.replay.halts` records this alone."""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from temporalio import activity

from activities.records import Records, upgrade
from activities.records.halts import HaltActivities, Halts
from models.halts import Halt, HaltOrder, HaltReply, LiftHalt
from models.names import WORKFLOW_QUEUE
from models.notices import NoticeReceipt, SendNotice
from tests.records.dossiers import shop
from tests.replay.keeping import keep
from tests.servers import real_server
from workflows.halt.workflow import Halting
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import BoundedWorker


@activity.defn(name="send_notice")
async def send_notice(request: SendNotice) -> NoticeReceipt:
    """Nobody is written to."""
    return NoticeReceipt(key=request.key)


async def main() -> None:
    """Record it, on a server of its own."""
    with tempfile.TemporaryDirectory() as home, real_server(Path(home)) as server, ThreadPoolExecutor(4) as threads:
        upgrade(server.settings.records_url)
        records = Records(server.settings.records_url)
        records.publish_dossier(shop(), "ann")
        client = await server.client()
        async with BoundedWorker(
            client,
            task_queue=WORKFLOW_QUEUE,
            workflows=[Halting],
            activities=[*HaltActivities(Halts(records)).activities(), send_notice],
            activity_executor=threads,
            workflow_runner=workflow_runner(),
        ):
            order = HaltOrder(customer="acme", by="ann@example.com", reason="smoke")
            handle = await client.start_workflow(
                "halt", order, id="halt.acme", task_queue=WORKFLOW_QUEUE, result_type=Halt
            )
            await handle.execute_update("lift", LiftHalt(by="bo", reason="toast"), result_type=HaltReply)
            await handle.result()
            await keep(handle, "halt")
        records.close()
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
