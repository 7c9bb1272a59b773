"""Records what people do with an incident: led, opened from the form, brought under a major incident."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client

from activities.temporal.workflows import Workflows
from models.dossier.agreement import CauseCode, Priority
from models.incident import (
    Acknowledge,
    CloseIncident,
    CustomerUpdate,
    HandOver,
    IncidentOrder,
    IncidentReply,
    Note,
    NoteFor,
    Reclassify,
    Resume,
    SetCause,
    Waiting,
)
from models.major import MajorOrder
from models.names import WORKFLOW_QUEUE, incident_id
from models.opening import OpenIncidentForm
from tests.replay.keeping import keep
from tests.servers import real_server
from tests.workflows.opened import opened_by_watch
from tests.workflows.shop import OPERATOR, QUEUE, SECOND_LINE
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm
from workflows.incident.form import OpenIncident
from workflows.incident.workflow import Incident
from workflows.major.workflow import Major
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import BoundedWorker
from workflows.watch.workflow import Watch

_APPLICATION = "acme.led"


async def main() -> None:
    """Record all of them, on a server of their own."""
    with tempfile.TemporaryDirectory() as home, real_server(Path(home)) as server:
        client = await server.client()
        await _led(client)
        await _from_the_form_to_major(client)
        await asyncio.sleep(0.05)


async def _led(client: Client) -> None:
    """One incident that is told all that it can be told."""
    world = World(down={"web"}, cures=False, terms={"alert_after": timedelta(0)})
    async with world.worker(client, workflows=[Incident]):
        fault = alarm("web", application=_APPLICATION)
        order = IncidentOrder(
            application=_APPLICATION, number=1, title="web is down", opened_by="embedded", alarms=[fault]
        )
        [handle] = await opened_by_watch(client, [order])
        await until_asked(handle)
        for update, message in (
            ("acknowledge", Acknowledge(by=OPERATOR)),
            ("wait_for", Waiting(party="betalt", by=OPERATOR, note="Their gateway is down", reference="B-1")),
            ("resume", Resume(by=OPERATOR)),
            ("add_note", Note(by=OPERATOR, text="We see it too", audience=NoteFor.CUSTOMER)),
            ("update_customer", CustomerUpdate(by=OPERATOR)),
            ("reclassify", Reclassify(by=OPERATOR, priority=Priority.P3, reason="Only the test shop")),
            ("hand_over", HandOver(by=OPERATOR, to=SECOND_LINE, note="Look at the gateway")),
            ("set_cause", SetCause(by=SECOND_LINE, cause=CauseCode.NETWORK)),
            ("close_incident", CloseIncident(by=SECOND_LINE, cause=CauseCode.THIRD_PARTY, reason="They put it right")),
        ):
            await handle.execute_update(update, message, result_type=IncidentReply)
        await end_of(handle)
        await keep(handle, "incident-led")


async def _from_the_form_to_major(client: Client) -> None:
    """An incident from the form of the UI, and a major incident over it, which goes on without it."""
    world, others = World(down={"web"}, cures=False), Workflows(client, lambda: ["acme.form"])
    activities = [*world.activities, *(a for a in others.activities() if a.__name__ != "find_ended_incidents")]
    async with (
        BoundedWorker(
            client,
            task_queue=WORKFLOW_QUEUE,
            workflows=[Incident, Major, OpenIncident, Watch],
            activities=activities,
            workflow_runner=workflow_runner(),
        ),
        BoundedWorker(client, task_queue=QUEUE, activities=world.activities),
    ):
        form = OpenIncidentForm(application="acme.form", title="Customers cannot pay", by=OPERATOR)
        opening = await client.start_workflow("open-incident", form, id="open.1", task_queue=WORKFLOW_QUEUE)
        await opening.result()
        await keep(opening, "open-incident")
        member = client.get_workflow_handle(incident_id("acme.form", 1))
        await until_asked(member)
        order = MajorOrder(title="The carrier is down", lead=OPERATOR, incidents=[member.id])
        major = await client.start_workflow("major", order, id="major.1", task_queue=WORKFLOW_QUEUE)
        await major.execute_update("add_note", Note(by=OPERATOR, text="Carrier called"))
        await member.execute_update(
            "close_incident", CloseIncident(by=OPERATOR, cause=CauseCode.NETWORK, reason="Carrier is back")
        )
        await client.get_workflow_handle(member.id).result()
        await keep(major, "major")
        await major.terminate()
        await client.get_workflow_handle("watch.acme.form").terminate()


if __name__ == "__main__":
    asyncio.run(main())
