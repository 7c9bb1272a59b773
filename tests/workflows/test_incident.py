"""An incident's promises, told as given / act / fast-forward / expect."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from models.alarms import Disposition
from models.dossier.instructions import Approval, OnSilence
from models.incident import IncidentEnd, IncidentReply, IncidentState, Note
from models.names import STATE
from tests.servers import pass_time
from tests.workflows.shop import OPERATOR
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm, cleared, decide, gates, incident, report, status


async def test_a_fault_is_confirmed_remedied_and_proven_healthy(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"})
    async with world.worker(skipping.client):
        [receipt] = (await report(skipping.client, alarm("web"))).receipts
        outcome = await end_of(incident(skipping.client))
    assert receipt.disposition is Disposition.OPENED
    assert receipt.incident == "inc.acme.shop.1"
    assert (outcome.end, outcome.remedy) == (IncidentEnd.RECOVERED, "restart-web")
    assert world.commands == ["run uptime", "stopped web", "started web"]


async def test_one_blip_does_nothing_and_says_so(skipping: WorkflowEnvironment) -> None:
    world = World(down=set())
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        outcome = await end_of(incident(skipping.client))
    assert outcome.end is IncidentEnd.NOT_CONFIRMED
    assert world.commands == []
    assert any(text.startswith("Not confirmed") for text in world.timeline)


async def test_healthy_probes_do_not_refute_an_alarm_that_they_cannot_see(skipping: WorkflowEnvironment) -> None:
    world = World(down=set())
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web", point=False, title="Disk 97 % full"))
        handle = incident(skipping.client)
        await until_asked(handle)
        assert (await status(handle)).state is IncidentState.DECIDING
        await decide(handle, "close", note="Disk was grown")
        assert (await end_of(handle)).end is IncidentEnd.CLOSED_BY_HAND


async def test_the_component_where_the_fault_began_is_remedied_first(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web", "app", "db"})
    world.on_command = lambda command: world.down.clear() if command == "started db" else None
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        outcome = await end_of(incident(skipping.client))
    assert outcome.remedy == "restart-db"
    assert world.commands == ["run uptime", "stopped db", "started db"]


async def test_a_remedy_waits_for_the_approval_that_was_agreed(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, approval=Approval(roles=["approver"], count=2))
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        handle = incident(skipping.client)
        await until_asked(handle)
        before = list(world.commands)
        first = await decide(handle, "approve", by="boss@supplier.example")
        second = await decide(handle, "approve", by="cio@acme.example")
        outcome = await end_of(handle)
    assert before == ["run uptime"]
    assert (first.decided, second.decided) == (False, True)
    assert outcome.end is IncidentEnd.RECOVERED


async def test_a_refused_remedy_is_not_carried_out_and_people_decide_how_to_go_on(
    skipping: WorkflowEnvironment,
) -> None:
    world = World(down={"web"}, approval=Approval(roles=["approver"]))
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        handle = incident(skipping.client)
        await until_asked(handle)
        await decide(handle, "refuse", by="boss@supplier.example", note="Month-end closing runs")
        await until_asked(handle, "verify")
        world.down.clear()
        await decide(handle, "verify")
        outcome = await end_of(handle)
    assert (outcome.end, outcome.remedy) == (IncidentEnd.RECOVERED, None)
    assert world.commands == ["run uptime"]


async def test_silence_means_what_was_agreed(skipping: WorkflowEnvironment) -> None:
    world = World(
        down={"web"},
        approval=Approval(roles=["approver"], within=timedelta(minutes=30), on_silence=OnSilence.APPROVE),
    )
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        await pass_time(skipping, timedelta(minutes=31))
        outcome = await end_of(incident(skipping.client))
    assert outcome.end is IncidentEnd.RECOVERED
    assert any("approve by nobody (silence)" in text for text in world.timeline)


async def test_when_no_remedy_helps_a_person_decides(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, cures=False)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        handle = incident(skipping.client)
        await until_asked(handle, "verify")
        options = [o.name for o in (await gates(handle))[0].question.options]
        world.cures = True
        await decide(handle, "retry")
        outcome = await end_of(handle)
    assert options == ["verify", "retry", "remedy-restart-web", "runbook-free-disk-space", "close"]
    assert outcome.end is IncidentEnd.RECOVERED
    assert world.commands.count("started web") == 2


async def test_an_incident_no_longer_awaits_a_decision_as_soon_as_it_has_the_answer(
    skipping: WorkflowEnvironment,
) -> None:
    world = World(down={"web"}, cures=False)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        handle = incident(skipping.client)
        await until_asked(handle, "close")
        asked = await status(handle)
        world.records_answer.clear()  # nothing follows the answer before the records have it
        await decide(handle, "close", note="Replaced by hand")
        answered, shown = await status(handle), (await handle.describe()).search_attributes
        world.records_answer.set()
        await end_of(handle)

    assert (asked.state, answered.state) == (IncidentState.DECIDING, IncidentState.VERIFYING)
    assert answered.doing == "The question is closed; the incident continues"
    assert shown[STATE] == [IncidentState.VERIFYING.value]


async def test_an_incident_probes_by_itself_when_its_alarms_clear_while_it_waits(
    skipping: WorkflowEnvironment,
) -> None:
    world = World(down={"web"}, cures=False)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        handle = incident(skipping.client)
        await until_asked(handle, "verify")
        world.down.clear()
        await report(skipping.client, cleared("web"))
        outcome = await end_of(handle)
    assert outcome.end is IncidentEnd.RECOVERED


async def test_a_component_that_joins_an_incident_must_be_healthy_too(skipping: WorkflowEnvironment) -> None:
    world = World(down={"db"}, approval=Approval(roles=["approver"]))
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("db"))
        handle = incident(skipping.client)
        await until_asked(handle)
        world.down.add("web")
        [receipt] = (await report(skipping.client, alarm("web"))).receipts
        await decide(handle, "approve", by="boss@supplier.example")
        gate = await until_asked(handle)
        await decide(handle, "approve", by="boss@supplier.example")
        await end_of(handle)
    assert gate.question.text == "Carry out: Restart web?"
    assert world.commands[-4:] == ["started db", "run uptime", "stopped web", "started web"]
    assert (receipt.disposition, receipt.incident) == (Disposition.JOINED, "inc.acme.shop.1")


async def test_without_a_dossier_an_alarm_still_reaches_a_person(skipping: WorkflowEnvironment) -> None:
    world = World(known=False)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        handle = incident(skipping.client)
        await until_asked(handle)
        await decide(handle, "close", note="Nobody knows this application")
        assert (await end_of(handle)).end is IncidentEnd.CLOSED_BY_HAND


async def test_an_incident_without_people_stays_within_sixty_eight_events(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"})
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        await end_of(incident(skipping.client))
        history = await incident(skipping.client).fetch_history()
    events = [e.event_type for e in history.events]
    assert len(events) <= 68
    assert sum(e.HasField("activity_task_scheduled_event_attributes") for e in history.events) <= 9


async def test_an_approved_remedy_is_carried_out_although_no_probe_shows_the_fault(
    skipping: WorkflowEnvironment,
) -> None:
    world = World(down=set(), approval=Approval(roles=["approver"]))
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web", point=False, title="Disk 97 % full"))
        handle = incident(skipping.client)
        await until_asked(handle, "retry")
        await decide(handle, "retry")
        await until_asked(handle, "approve")
        await decide(handle, "approve", by="boss@supplier.example")
        outcome = await end_of(handle)
    assert world.commands == ["run uptime", "stopped web", "started web"]
    assert (outcome.end, outcome.remedy) == (IncidentEnd.RECOVERED, "restart-web")


async def test_a_fault_that_no_probe_can_check_is_not_acted_on_without_approval(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, certain=False)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        gate = await until_asked(incident(skipping.client), "remedy-restart-web")
        before = list(world.commands)
        world.certain = True
        await decide(incident(skipping.client), "remedy-restart-web")
        outcome = await end_of(incident(skipping.client))
    assert gate.question.text == "No remedy has been tried (nobody could look). What should Driftvakt do next?"
    assert before == []
    assert outcome.end is IncidentEnd.RECOVERED


async def test_an_incident_whose_dossier_cannot_be_read_reaches_a_person(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, readable=False)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        await until_asked(incident(skipping.client), "close")
        said = [e.text for e in (await status(incident(skipping.client))).timeline]
        await decide(incident(skipping.client), "close", note="Restored the records")
        outcome = await end_of(incident(skipping.client))
    assert "The dossier cannot be read, so people decide: the dossier d1 is not in the records" in said
    assert outcome.end is IncidentEnd.CLOSED_BY_HAND


async def test_only_contacts_add_notes_and_each_under_their_one_name(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, cures=False)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        handle = incident(skipping.client)
        await until_asked(handle)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update(
                "add_note", Note(by="eve@x.example", text="It was me"), result_type=IncidentReply
            )
        name = f"The operator <{OPERATOR.upper()}>"
        await handle.execute_update("add_note", Note(by=name, text="We see it"), result_type=IncidentReply)
        told = await status(handle)
        await handle.terminate()

    assert str(refused.value.cause).startswith("NotPossible: eve@x.example is not a contact of")
    assert f"{OPERATOR}: We see it" in [entry.text for entry in told.timeline]
