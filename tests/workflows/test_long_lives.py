"""How much a day of waiting adds to a history: far less than the 51,200 events at which the server ends a workflow."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from models.lease import LeaseAnswer, LeaseState
from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import ComponentsOrder
from tests.fakes import FakeHosts, application_plan, working
from tests.servers import pass_time
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.waiting import until_asked
from tests.workflows.world import World, alarm, decide, incident, report
from workflows.start_stop.workflow import StartUp

_MOST = 51_200
_DAY = timedelta(days=1)


async def _events(handle: WorkflowHandle[Any, Any]) -> int:
    return len((await handle.fetch_history()).events)


async def test_an_unassigned_incident_can_stay_open_for_seven_weeks(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, cures=False)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        handle = incident(skipping.client)
        await until_asked(handle)
        await pass_time(skipping, _DAY)
        first = await _events(handle)
        await pass_time(skipping, _DAY)
        later = await _events(handle) - first
        await decide(handle, "close", note="Nobody misses it")
        await handle.result()
    assert first + 49 * later < _MOST


async def test_an_operation_can_wait_for_its_lease_for_three_months(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan({"db": []}))
    hosts.lease_answers = [LeaseAnswer(state=LeaseState.QUEUED, reason="change.acme.shop.4 holds it")] * 1000
    async with working(skipping.client, hosts, StartUp):
        handle = await skipping.client.start_workflow(
            "start-up",
            ComponentsOrder(application=APPLICATION, by=OPERATOR),
            id=operation_id("start-up", APPLICATION, uuid4().hex[:8]),
            task_queue=WORKFLOW_QUEUE,
        )
        async with asyncio.timeout(90):
            while not hosts.leases:
                await asyncio.sleep(0.02)
        await pass_time(skipping, _DAY)
        first = await _events(handle)
        await pass_time(skipping, _DAY)
        later = await _events(handle) - first
        hosts.lease_answers.clear()
        await handle.result()
    assert first + 90 * later < _MOST
