"""An update that a worker takes in as soon as it has started leaves a history that replays: on a real server.

Such a worker may be given the update before what happened last, where that left no command (docs/adr/0019).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Replayer

from models.converter import data_converter
from models.dossier.instructions import Approval
from models.gates import Decision, GateState
from models.jobs import Outcome
from models.names import WORKFLOW_QUEUE, operation_id, watch_id
from models.operation import AbortOperation, OperationEnd, OperationOutcome, ShutDownOrder
from models.records import DecisionUse, UseDecision, WriteRecords
from tests.fakes import SITE_QUEUE, Answer, FakeHosts, application_plan
from tests.servers import real_server
from tests.workflows.shop import APPLICATION, OPERATOR, QUEUE
from tests.workflows.waiting import until_asked
from tests.workflows.world import World, alarm, incident, report
from workflows.incident.workflow import Incident
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import BoundedWorker
from workflows.start_stop.workflow import ShutDown
from workflows.watch.workflow import Watch

_DONE = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


class NextStep(FakeHosts):
    """Hosts on which nothing can be stopped; the use of each decision is noted when the test says so."""

    def __init__(self) -> None:
        plan = application_plan({"db": [], "mail": [], "web": []})
        super().__init__(plan.model_copy(update={"people": {"operator": [OPERATOR]}}))
        self.noted = {f"g{number}": asyncio.Event() for number in (1, 2, 3)}
        for name in plan.components:
            self.answer(f"{name}-1: stop", Answer(outcome=Outcome.FAILED))

    def activities(self) -> list[Callable[..., Any]]:
        """The fakes, with records that take their time over a decision."""
        others = [a for a in super().activities() if getattr(a, "__name__", "") != "_use_decision"]
        return [*others, self.use]

    @activity.defn(name="use_decision")
    async def use(self, request: UseDecision) -> DecisionUse:
        """Wait for the test, and note it."""
        await self.noted[request.gate.split("/")[-2]].wait()
        return self.once.use(request)


@asynccontextmanager
async def new_worker(
    client: Client, site: str, activities: list[Callable[..., Any]], *workflows: type
) -> AsyncIterator[None]:
    """A worker that has just started, and knows no workflow yet."""
    shared: dict[str, Any] = {"activities": activities, "workflow_runner": workflow_runner()}
    async with (
        BoundedWorker(client, task_queue=WORKFLOW_QUEUE, workflows=workflows, **shared),
        BoundedWorker(client, task_queue=site, **shared),
    ):
        yield


async def tasks_done(handle: WorkflowHandle[Any, Any]) -> int:
    """How many workflow tasks a workflow has completed."""
    return sum(event.event_type == _DONE for event in (await handle.fetch_history()).events)


async def let_happen(happens: asyncio.Event, handle: WorkflowHandle[Any, Any]) -> None:
    """Let something happen, and wait until the workflow has heard of it, in a workflow task of its own."""
    before = await tasks_done(handle)
    happens.set()
    async with asyncio.timeout(90):
        while await tasks_done(handle) == before:
            await asyncio.sleep(0.02)


async def replays(handle: WorkflowHandle[Any, Any], workflow: type) -> None:
    """Replay the history of a workflow."""
    replayer = Replayer(workflows=[workflow], workflow_runner=workflow_runner(), data_converter=data_converter)
    await replayer.replay_workflow(await handle.fetch_history())


async def test_an_abort_that_comes_with_a_new_worker_after_two_answers_replays(client: Client) -> None:
    hosts = NextStep()
    order = ShutDownOrder(application=APPLICATION, by=OPERATOR, down_for=timedelta(hours=1))
    async with new_worker(client, SITE_QUEUE, hosts.activities(), ShutDown):
        handle: WorkflowHandle[Any, OperationOutcome] = await client.start_workflow(
            "shut-down",
            order,
            id=operation_id("shut-down", APPLICATION, uuid4().hex[:8]),
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
        )
        gates: list[GateState] = []
        async with asyncio.timeout(90):
            while len(gates) < 3:
                gates = await handle.query("gates", result_type=list[GateState])
                await asyncio.sleep(0.02)
        for gate in gates[1:]:
            answer = Decision(gate=gate.id, option="stop", by=OPERATOR, plan=gate.digest[:8])
            await handle.execute_update("decide", answer)
        for gate in gates[1:]:
            await let_happen(hosts.noted[gate.id], handle)
    hosts.noted["g1"].set()
    aborting = asyncio.create_task(handle.execute_update("abort", AbortOperation(by=OPERATOR, reason="Not now")))
    async with new_worker(client, SITE_QUEUE, hosts.activities(), ShutDown):
        await aborting
        outcome = await handle.result()
    assert outcome.end is OperationEnd.ABORTED
    await replays(handle, ShutDown)


@dataclass
class SlowRecords(World):
    """Alarms are recorded when the test says so."""

    may_write: asyncio.Event = field(default_factory=asyncio.Event)

    @activity.defn(name="write_records")
    async def write_records(self, request: WriteRecords) -> None:
        """Wait for the test, where alarms are to be written."""
        if request.alarms:
            await self.may_write.wait()
        self.records.append(request)


async def test_an_alarm_that_comes_with_a_new_worker_after_incidents_were_opened_replays(tmp_path: Any) -> None:
    world = SlowRecords(
        down={"web", "app", "db", "mail"}, approval=Approval(roles=["approver"], within=timedelta(days=7))
    )
    with real_server(tmp_path) as server:
        client = await server.client()
        watch = client.get_workflow_handle(watch_id(APPLICATION))
        async with new_worker(client, QUEUE, world.activities, Watch, Incident):
            await report(client, alarm("web"), alarm("mail"))
            await until_asked(incident(client, 1))
            await until_asked(incident(client, 2))
            await let_happen(world.may_write, watch)
        reporting = asyncio.create_task(report(client, alarm("db"), alarm("mail", fingerprint="embedded/queue")))
        async with new_worker(client, QUEUE, world.activities, Watch, Incident):
            receipts = (await reporting).receipts
        await replays(watch, Watch)
    assert [receipt.incident for receipt in receipts] == ["inc.acme.shop.1", "inc.acme.shop.2"]
