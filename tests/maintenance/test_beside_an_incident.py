"""A routine, an incident and the watch of one application together: the remedy goes first, and the routine ends well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from activities.maintenance.activities import MaintenanceActivities
from models.incident import IncidentEnd
from models.jobs import BatchResult, RunBatch
from models.names import WORKFLOW_QUEUE, operation_id
from models.notices import Occasion
from models.operation import OperationEnd, OperationOutcome, OperationState, OperationStatus
from models.plans import ApplicationPlan, PlanRequest, RoutedHost
from tests.maintenance.scene import HOSTS, OneDossier, dossier, order
from tests.replaying import replayed
from tests.workflows.shop import HOST, OPERATOR, QUEUE, application_plan
from tests.workflows.test_precedence import Leased
from tests.workflows.waiting import end_of
from tests.workflows.world import alarm, begin_watching, incident, report
from workflows.incident.workflow import Incident
from workflows.maintenance.workflow import Maintenance
from workflows.runtime.serving import BoundedWorker
from workflows.watch.workflow import Watch

ROUTINE = operation_id("maintenance", "acme.shop", "patches.2026-11-30")


@dataclass
class Shop(Leased):
    """A shop whose `app` dies while the routine patches the web server."""

    patching: asyncio.Event = field(default_factory=asyncio.Event)
    patched: asyncio.Event = field(default_factory=asyncio.Event)

    @activity.defn(name="load_application_plan")
    async def load_application_plan(self, request: PlanRequest) -> ApplicationPlan:
        plan = application_plan()
        places = {host: RoutedHost(host=HOST.model_copy(update={"name": host}), queue=QUEUE) for host in HOSTS}
        web = plan.components["web"].model_copy(update={"routed_hosts": list(places.values())})
        return plan.model_copy(update={"hosts": plan.hosts | places, "components": plan.components | {"web": web}})

    @activity.defn(name="run_batch")
    async def run_batch(self, request: RunBatch) -> BatchResult:
        if not self.patching.is_set() and any("apt-get" in str(job.command) for job in request.jobs):
            self.down.add("app")
            self.patching.set()
            await beating(self.patched)
        return await super().run_batch(request)


async def page_of(handle: WorkflowHandle[Any, Any]) -> str:
    shown = await handle.query("__temporal_workflow_metadata")
    return str(shown.current_details).replace("\\", "")


async def until(handle: WorkflowHandle[Any, Any], holds: Callable[[str], bool]) -> str:
    """The page of a workflow, once it has been started and says so."""
    async with asyncio.timeout(60):
        while True:
            try:
                if holds(page := await page_of(handle)):
                    return page
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
            await asyncio.sleep(0.02)


async def beating(over: asyncio.Event) -> None:
    """Wait inside an activity, which shows that it lives."""
    while not over.is_set():
        activity.heartbeat()
        await asyncio.sleep(0.1)


async def test_a_remedy_goes_before_the_routine_that_is_in_its_way_all_pages_say_so_and_both_end_well(
    skipping: WorkflowEnvironment,
) -> None:
    client, remedying, looked = skipping.client, asyncio.Event(), asyncio.Event()

    async def meanwhile(command: str) -> None:
        if command == "started app":
            remedying.set()
            await beating(looked)

    shop = Shop(client=client, meanwhile=meanwhile)
    records = OneDossier(dossier(window={"time_zone": "UTC", "hours": "00:00-24:00"}))
    calendar = MaintenanceActivities(records).activities()  # type: ignore[arg-type]
    with ThreadPoolExecutor(4) as pool:
        async with (
            replayed(
                client,
                task_queue=WORKFLOW_QUEUE,
                workflows=[Watch, Incident, Maintenance],
                activities=[*shop.activities, *calendar],
                activity_executor=pool,
            ),
            BoundedWorker(client, task_queue=QUEUE, activities=shop.activities),
        ):
            await begin_watching(client)
            routine = await client.start_workflow(
                "maintenance", order(), id=ROUTINE, task_queue=WORKFLOW_QUEUE, result_type=OperationOutcome
            )
            async with asyncio.timeout(60):
                await shop.patching.wait()
            await report(client, alarm("app"))
            waits = await until(incident(client), lambda page: "and releases it" in page)
            shop.patched.set()
            async with asyncio.timeout(60):
                await remedying.wait()
            hands_over = await until(routine, lambda page: "Waiting for the lease" in page)
            status: OperationStatus = await routine.query("status", result_type=OperationStatus)
            looked.set()
            healed = await end_of(incident(client))
            maintained = await routine.result()

    assert "**P1**" in waits
    assert f"[{ROUTINE}](" in waits
    assert "and releases it as soon as no host is half-way" in waits
    assert "Handed its lease over to [inc.acme.shop.1](" in hands_over
    assert "whose remedy goes first: Restart app" in hands_over
    assert status.state is OperationState.WAITING
    [notice] = [n for n in shop.told(Occasion.MESSAGE) if "has handed its lease over to" in n.facts.text]
    assert notice.audience.contacts == [OPERATOR]
    assert (healed.end, healed.remedy) == (IncidentEnd.RECOVERED, "restart-app")
    assert maintained.end is OperationEnd.DONE
    assert maintained.data["done"] == HOSTS
    patches = [number for number, command in enumerate(shop.commands) if "apt-get" in command]
    remedy = shop.commands.index("started app")
    assert len(patches) == len(HOSTS)
    assert patches[0] < remedy < patches[1], "no host is half-way while the remedy acts"
