"""An id names one operation for ever: what runs later under the same id neither does anything nor overwrites the record."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle

from activities.records import Records, upgrade
from models.names import WORKFLOW_QUEUE
from models.operation import OperationEnd, OperationOutcome, ShutDownOrder
from models.records import WriteRecords
from tests.fakes import FakeHosts, application_plan, working
from tests.workflows.shop import OPERATOR
from tests.workflows.world import unique
from workflows.start_stop.workflow import ShutDown


class RecordedHosts(FakeHosts):
    """Hosts that do as a test says, beside real records."""

    def __init__(self, kept: Records) -> None:
        super().__init__(application_plan({"web": []}))
        self._kept = kept

    @activity.defn(name="write_records")
    async def _write_records(self, request: WriteRecords) -> None:
        await asyncio.to_thread(self._kept.write, request)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Records]:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    upgrade(url)
    made = Records(url)
    yield made
    made.close()


Run = WorkflowHandle[Any, OperationOutcome]


async def shut_down(client: Client, id: str, reason: str) -> Run:
    order = ShutDownOrder(application="acme.shop", by=OPERATOR, reason=reason)
    return await client.start_workflow(ShutDown.run, order, id=id, task_queue=WORKFLOW_QUEUE)


async def test_an_operation_under_a_used_id_does_nothing_and_names_a_free_id(client: Client, kept: Records) -> None:
    id, hosts = f"shut-down.acme.shop.{unique('power')}.1", RecordedHosts(kept)
    async with working(client, hosts, ShutDown):
        first = await (await shut_down(client, id, "Power is cut")).result()
        before = (kept.operation(id), kept.operation_timeline(id), list(hosts.lines), len(hosts.leases))
        again = await shut_down(client, id, "Power is cut again")
        second = await again.result()
        page = str((await again.query("__temporal_workflow_metadata")).current_details).replace("\\", "")
        after = (kept.operation(id), kept.operation_timeline(id), list(hosts.lines), len(hosts.leases))
        free = id.removesuffix("1") + "2"
        third = await (await shut_down(client, free, "Power is cut again")).result()

    assert first.end is OperationEnd.DONE
    assert second.end is OperationEnd.REFUSED
    assert f"{id} is the id of another operation (Shut down acme.shop, requested by {OPERATOR} on " in second.summary
    assert second.summary.endswith(f"start this one under another id, for example {free}")
    assert after == before
    assert free in page
    assert "driftvakt operation show" not in page
    assert third.end is OperationEnd.DONE


async def test_a_run_that_was_reset_is_still_the_same_operation(client: Client, kept: Records) -> None:
    id, hosts = f"shut-down.acme.shop.{unique('reset')}", RecordedHosts(kept)
    async with working(client, hosts, ShutDown):
        first = await (run := await shut_down(client, id, "Power is cut")).result()
        described = await run.describe()
        answer = await client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace="default",
                workflow_execution=WorkflowExecution(workflow_id=id, run_id=described.run_id),
                reason="a mistake was mended",
                workflow_task_finish_event_id=3,
                request_id=unique("reset"),
            )
        )
        reset: Run = client.get_workflow_handle(id, run_id=answer.run_id, result_type=OperationOutcome)
        again = await reset.result()

    assert first.end is OperationEnd.DONE
    assert again.end is not OperationEnd.REFUSED
    assert {line.run for line in kept.operation_timeline(id)} == {described.run_id, answer.run_id}
