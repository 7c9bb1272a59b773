"""Records a history of every workflow for this release: `python -m tests.replay.record`. Histories of earlier releases stay."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio import activity
from temporalio.client import Client, WorkflowFailureError

from models.dossier.instructions import Approval
from models.incident import CancelIncident, IncidentReply
from models.jobs import Outcome
from models.monitor import Beat, MonitorOrder, SampleSite
from models.names import WORKFLOW_QUEUE, operation_id, site_queue, watch_id
from models.operation import ComponentsOrder
from runbooks import find_runbooks
from starter.runbook.catalogue import sample_input
from tests.fakes import Answer, FakeHosts, application_plan, working
from tests.maintenance import scene as maintenance
from tests.replay import changes, coordination, halts, reports, restores, routines, watches
from tests.replay.keeping import keep
from tests.servers import real_server
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm, cleared, decide, incident, report, status
from workflows.monitoring.monitor import Monitor
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import BoundedWorker
from workflows.start_stop.workflow import ShutDown, StartUp

BOSS = "boss@supplier.example"


async def incidents(client: Client) -> None:
    """Recovered by its remedy; through an approval; handed over; cancelled; and the watch that opened them all."""
    world = World(down={"web"})
    async with world.worker(client):
        await report(client, alarm("web"))
        await end_of(incident(client, 1))
        await keep(incident(client, 1), "incident-recovered")

        world.down, world.approval = {"mail"}, Approval(roles=["approver"], within=timedelta(days=1))
        await report(client, alarm("mail"))
        await until_asked(incident(client, 2))
        await decide(incident(client, 2), "approve", by=BOSS)
        await end_of(incident(client, 2))
        await keep(incident(client, 2), "incident-approved")

        world.down, world.approval, world.cures = {"web"}, None, False
        await report(client, cleared("web"), alarm("web", number=10))
        await until_asked(incident(client, 3), "close")
        await keep(incident(client, 3), "incident-waiting")
        await decide(incident(client, 3), "close", note="Replaced by hand")
        await end_of(incident(client, 3))
        await keep(incident(client, 3), "incident-closed-by-hand")

        await report(client, cleared("web", number=10), alarm("web", number=20))
        await until_asked(incident(client, 4))
        await incident(client, 4).cancel()  # refused: it goes on
        await report(client, cleared("web", number=20))
        while (await status(incident(client, 4))).alarms:
            await asyncio.sleep(0.05)
        order = CancelIncident(by=OPERATOR, reason="A test")
        await incident(client, 4).execute_update("cancel_incident", order, result_type=IncidentReply)
        await end_of(incident(client, 4))
        await keep(incident(client, 4), "incident-cancelled")

        watch = client.get_workflow_handle(watch_id(APPLICATION))
        await keep(watch, "watch")
        first = (await watch.describe()).run_id
        await watch.signal("hand_on")
        while (await watch.describe()).run_id == first:
            await asyncio.sleep(0.1)
        await keep(client.get_workflow_handle(watch.id, run_id=first), "watch-handed-on")


async def runbooks(client: Client) -> None:
    """Every runbook, rehearsed and for real."""
    for name, runbook in find_runbooks().items():
        for rehearse in (True, False):
            inputs = sample_input(runbook.input_type) | {
                "application": APPLICATION,
                "requested_by": OPERATOR,
                "rehearse": rehearse,
            }
            if "component" in inputs:
                inputs["component"] = "web"
            hosts = FakeHosts(application_plan({"db": [], "web": ["db"]}))
            kind = "rehearsed" if rehearse else "real"
            async with working(client, hosts, runbook.workflow_class):
                handle = await client.start_workflow(
                    runbook.workflow_type, inputs, id=f"runbook.{name}.{kind}", task_queue=WORKFLOW_QUEUE
                )
                try:
                    await handle.result()
                except WorkflowFailureError as error:
                    print(f"{name} ({kind}) failed, which is a history too: {error.cause}")
                await keep(handle, f"runbook-{name}-{kind}")


async def operations(client: Client) -> None:
    """An application that is stopped and started; one step fails and is tried again."""
    for workflow_class, kind in ((ShutDown, "shut-down"), (StartUp, "start-up")):
        hosts = FakeHosts(application_plan({"db": [], "web": ["db"]}))
        verb = kind.split("-")[0].replace("shut", "stop")
        hosts.answer(f"web-1: {verb} web", Answer(outcome=Outcome.FAILED), Answer())
        async with working(client, hosts, workflow_class):
            order = ComponentsOrder(application=APPLICATION, by=OPERATOR)
            handle = await client.start_workflow(
                kind, order, id=operation_id(kind, APPLICATION, "recorded"), task_queue=WORKFLOW_QUEUE
            )
            await until_asked(handle)
            await decide(handle, "retry", by=OPERATOR)
            await handle.result()
            await keep(handle, kind)


async def maintained(client: Client) -> None:
    """Maintenance with a host that fails and is tried again; a run that was missed and is left out."""
    shop = maintenance.dossier(window={"time_zone": "UTC", "hours": "00:00-24:00"}, at_once=2)
    missed = maintenance.dossier(missed="ask", frequency="weekly sunday 03:00")
    long_ago = datetime(2026, 3, 1, 3, tzinfo=UTC)
    for name, dossier, order, answer in (
        ("maintenance", shop, maintenance.order(), "retry"),
        ("maintenance-missed", missed, maintenance.scheduled(long_ago), None),
    ):
        hosts = maintenance.hosts()
        hosts.answer("web2", Answer(outcome=Outcome.FAILED), Answer())
        async with maintenance.workers(client, hosts, maintenance.OneDossier(dossier)):
            handle = await maintenance.start(client, order)
            if answer is not None:
                await until_asked(handle)
                await decide(handle, answer, by=OPERATOR)
            await handle.result()
            await keep(handle, name)


@activity.defn(name="sample_site")
async def sample_site(request: SampleSite) -> Beat:
    """Sample for a moment."""
    now = datetime.now(UTC)
    return request.last or Beat(points=1, attempt=1, started_at=now, round_at=now)


async def monitor(client: Client) -> None:
    """A run that ends and hands on."""
    order = MonitorOrder(site="dc", queue=site_queue("dc"), lasts=timedelta(milliseconds=1))
    async with (
        BoundedWorker(client, task_queue="monitors", workflows=[Monitor], workflow_runner=workflow_runner()),
        BoundedWorker(client, task_queue=site_queue("dc"), activities=[sample_site]),
    ):
        handle = await client.start_workflow("monitor", order, id="monitor.dc", task_queue="monitors")
        while (await handle.describe()).run_id == handle.first_execution_run_id:
            await asyncio.sleep(0.1)
        await keep(client.get_workflow_handle("monitor.dc", run_id=handle.first_execution_run_id), "monitor")
        await handle.terminate()


async def main() -> None:
    """Record all."""
    with tempfile.TemporaryDirectory() as home, real_server(Path(home)) as server:
        client = await server.client()
        await operations(client)  # before there is a watch, whose tasks their worker could not do
        await maintained(client)
        await incidents(client)
        await runbooks(client)
        await monitor(client)
        await asyncio.sleep(0.05)
    await changes.main()
    await halts.main()
    await reports.main()
    await restores.main()
    await routines.main()
    await coordination.main()
    await watches.main()


if __name__ == "__main__":
    asyncio.run(main())
