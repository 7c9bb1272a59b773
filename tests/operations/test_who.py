"""Who may give orders to an operation: a program only where one started it, and nobody before the dossier says who may."""

from __future__ import annotations

import asyncio

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowUpdateFailedError

from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import AbortOperation, ComponentsOrder, OperationEnd, OperationOutcome
from models.plans import ApplicationPlan, PlanRequest
from tests.fakes import FakeHosts, application_plan, working
from tests.servers import as_scheduled
from tests.workflows.shop import OPERATOR
from tests.workflows.world import unique
from workflows.start_stop.workflow import StartUp

PLAN = application_plan({"db": []})


class SlowRecords(FakeHosts):
    """Records that say what stands in the dossier once a test lets them."""

    def __init__(self) -> None:
        super().__init__(PLAN)
        self.asked, self.there = asyncio.Event(), asyncio.Event()

    @activity.defn(name="load_application_plan")
    async def _load_application_plan(self, request: PlanRequest) -> ApplicationPlan:
        self.asked.set()
        await self.there.wait()
        return self.plan


@pytest.mark.parametrize(("scheduled", "end"), [(True, OperationEnd.DONE), (False, OperationEnd.REFUSED)])
async def test_only_what_a_schedule_started_acts_in_its_name(
    client: Client, scheduled: bool, end: OperationEnd
) -> None:
    order = ComponentsOrder(application="acme.shop", by="schedule")
    async with working(client, FakeHosts(PLAN), StartUp):
        outcome: OperationOutcome = await client.execute_workflow(
            "start-up",
            order,
            id=operation_id("start-up", "acme.shop", unique("t")),
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
            search_attributes=as_scheduled(order) if scheduled else None,
        )

    assert outcome.end is end
    if not scheduled:
        assert "schedule is the name of a program" in outcome.summary


async def test_who_may_stop_an_operation_is_asked_of_the_dossier_also_where_it_comes_late(client: Client) -> None:
    records = SlowRecords()
    async with working(client, records, StartUp):
        handle = await client.start_workflow(
            "start-up",
            ComponentsOrder(application="acme.shop", by=OPERATOR),
            id=operation_id("start-up", "acme.shop", unique("t")),
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
        )
        await records.asked.wait()
        abort = AbortOperation(by="cio@acme.example", reason="I want to")
        told = asyncio.create_task(handle.execute_update("abort", abort))
        async with asyncio.timeout(90):  # until it is taken in, and has waited for its turn
            while not any(e.HasField("timer_fired_event_attributes") for e in (await handle.fetch_history()).events):
                await asyncio.sleep(0.02)
        records.there.set()
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await told
        await handle.result()

    assert f"cio@acme.example may not stop this; {OPERATOR} may" in str(refused.value.cause)


async def test_a_third_party_whom_the_dossier_knows_orders_no_operation(client: Client) -> None:
    plan = PLAN.model_copy(update={"operates": [OPERATOR]})
    order = ComponentsOrder(application="acme.shop", by="desk@betalt.example")
    async with working(client, FakeHosts(plan), StartUp):
        outcome: OperationOutcome = await client.execute_workflow(
            "start-up",
            order,
            id=operation_id("start-up", "acme.shop", unique("t")),
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
        )

    assert outcome.end is OperationEnd.REFUSED
    assert outcome.summary == (
        "desk@betalt.example may not order this of acme.shop: a third party answers and writes notes; "
        f"those who may: {OPERATOR}"
    )
