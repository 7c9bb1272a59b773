"""Records restores and drills; `python -m tests.replay.restores` records these alone."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle

from models.dossier.backups import Files
from models.dossier.instructions import Approval, Restore, RunStep
from models.jobs import Outcome
from models.names import WORKFLOW_QUEUE, operation_id
from models.opening import ReportByHand
from models.operation import OperationOutcome
from models.restores import DrillOrder, RestoreOrder
from models.watch import OpenReceipt
from tests.fakes import Answer, FakeHosts, application_plan, working
from tests.replay.keeping import keep
from tests.servers import real_server
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide
from workflows.restore.drill import RestoreDrill
from workflows.restore.workflow import RestoreFromBackup

OWNER = "owner@acme.example"

POINTS = Answer("1700000000 10240 ./shop.tar.gz\n")
GOOD = Answer("fact marker yes\nfact size 10\nfact exists 20\nfact writable yes\nfact free 100000\n")
EMPTY = Answer("fact empty yes\nfact size 0\nfact writable yes\nfact free 100000\n")


class Shop(FakeHosts):
    """A shop whose files are copied with tar."""

    def __init__(self) -> None:
        plan = application_plan({"db": [], "app": ["db"]})
        restore = Restore(
            title="Restore the shop's files",
            component="db",
            source=Files(type="files", directory="/srv/copies", path="/srv/shop", marker="shop.conf"),
            verify=[RunStep(title="There are orders", command='test -e "$RESTORED_TO/orders"', read_only=True)],
            restore_point=timedelta(days=3650),
            restore_time=timedelta(hours=1),
            oldest=timedelta(days=3650),
            approval=Approval(roles=["data-owner"]),
        )
        people = {"data-owner": [OWNER], "operator": [OPERATOR]}
        super().__init__(plan.model_copy(update={"restores": {"files": restore}, "people": people}))

    def activities(self) -> list[Callable[..., Any]]:
        """And the watch."""
        return [*super().activities(), self._report_by_hand]

    @activity.defn(name="report_by_hand")
    async def _report_by_hand(self, request: ReportByHand) -> OpenReceipt:
        return OpenReceipt(incident=f"inc.{request.application}.1", joined=False, message="An incident was opened.")


async def started(client: Client, kind: str, key: str, **fields: object) -> WorkflowHandle[Any, OperationOutcome]:
    """A restore or a drill that has been started."""
    order = {"application": APPLICATION, "by": OPERATOR, "restore": "files"} | fields
    return await client.start_workflow(
        kind,
        (DrillOrder if kind == "drill" else RestoreOrder).model_validate(order),
        id=operation_id(kind, APPLICATION, key),
        task_queue=WORKFLOW_QUEUE,
        result_type=OperationOutcome,
    )


async def restores(client: Client) -> None:
    """Chosen, approved and done; put back; refused; drilled; a drill that fails."""
    hosts = Shop()
    hosts.answer("db-1: sh -c", POINTS, GOOD, Answer())
    async with working(client, hosts, RestoreFromBackup):
        handle = await started(client, "restore", "done")
        await until_asked(handle, "p1")
        await decide(handle, "p1")
        await until_asked(handle, "approve")
        await decide(handle, "approve", by=OWNER)
        await handle.result()
        await keep(handle, "restore-done")

    hosts = Shop()
    hosts.answer("db-1: sh -c", POINTS, GOOD, Answer())
    hosts.answer("db-1: env", Answer(), Answer(outcome=Outcome.FAILED))
    async with working(client, hosts, RestoreFromBackup):
        handle = await started(client, "restore", "undone", point="latest")
        await until_asked(handle, "approve")
        await decide(handle, "approve", by=OWNER)
        await until_asked(handle, "put-back")
        await decide(handle, "put-back")
        await handle.result()
        await keep(handle, "restore-put-back")

    hosts = Shop()
    hosts.answer("db-1: sh -c", POINTS, EMPTY)
    async with working(client, hosts, RestoreFromBackup):
        handle = await started(client, "restore", "refused", point="latest")
        await handle.result()
        await keep(handle, "restore-refused")

    hosts = Shop()
    hosts.answer("db-1: sh -c", POINTS, GOOD, Answer())
    async with working(client, hosts, RestoreDrill):
        handle = await started(client, "drill", "done")
        await handle.result()
        await keep(handle, "drill-done")

    hosts = Shop()
    hosts.answer("db-1: sh -c", POINTS, EMPTY)
    async with working(client, hosts, RestoreDrill):
        handle = await started(client, "drill", "failed")
        await handle.result()
        await keep(handle, "drill-failed")


async def main() -> None:
    """Record them, on a server of their own."""
    with tempfile.TemporaryDirectory() as home, real_server(Path(home)) as server:
        client = await server.client()
        await restores(client)
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
