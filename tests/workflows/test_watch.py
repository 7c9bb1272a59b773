"""The watch's promises: every alarm has its incident or its reason, exactly one, whatever happens in between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from models.alarms import Alarm, AlarmState, Disposition, Subject
from models.dossier.instructions import Approval
from models.incident import IncidentEnd, IncidentOrder
from models.names import WORKFLOW_QUEUE, incident_id, watch_id
from models.plans import KnownIncident
from models.watch import OpenByHand, OpenReceipt
from tests.servers import pass_time
from tests.workflows.opened import opened_by_watch
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.test_subjects import not_understood, overdue, silent
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm, begin_watching, cleared, decide, incident, report, status, watch_status

WAITING = Approval(roles=["approver"], within=timedelta(days=7))
"""Keeps an incident open, so that a test can look at what joins it."""


async def test_the_same_alarm_again_is_a_duplicate(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, approval=WAITING)
    async with world.worker(skipping.client):
        first = (await report(skipping.client, alarm("web"))).receipts[0]
        again = (await report(skipping.client, alarm("web"))).receipts[0]
        seen = await watch_status(skipping.client)
    assert (first.disposition, again.disposition) == (Disposition.OPENED, Disposition.DUPLICATE)
    assert again.incident == first.incident
    assert (seen.opened, len(seen.alarms), seen.alarms[0].times) == (1, 1, 2)


@pytest.mark.parametrize(
    ("first", "second", "joins"),
    [("web", "db", True), ("db", "web", True), ("web", "mail", False), ("web", None, True), (None, "mail", True)],
)
async def test_an_alarm_joins_the_incident_its_component_is_connected_to(
    skipping: WorkflowEnvironment, first: str | None, second: str | None, joins: bool
) -> None:
    world = World(down={"web", "app", "db", "mail"}, approval=WAITING)
    async with world.worker(skipping.client):
        opened = (await report(skipping.client, alarm(first))).receipts[0]
        next_one = (await report(skipping.client, alarm(second))).receipts[0]
    assert opened.incident == "inc.acme.shop.1"
    assert (next_one.disposition, next_one.incident) == (
        (Disposition.JOINED, "inc.acme.shop.1") if joins else (Disposition.OPENED, "inc.acme.shop.2")
    )


async def test_a_batch_is_answered_alarm_by_alarm_in_order(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web", "mail"}, approval=WAITING)
    async with world.worker(skipping.client):
        receipts = (await report(skipping.client, alarm("web"), alarm("app"), alarm("mail"), cleared("db"))).receipts
    assert [r.disposition for r in receipts] == [
        Disposition.OPENED,
        Disposition.JOINED,
        Disposition.OPENED,
        Disposition.NOTED,
    ]


async def test_an_incident_learns_that_its_alarm_was_cleared(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, approval=WAITING)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        await until_asked(incident(skipping.client))
        [receipt] = (await report(skipping.client, cleared("web"))).receipts
        async with asyncio.timeout(90):  # the watch answers its sender first, and then signals the incident
            while (await status(incident(skipping.client))).alarms:
                await asyncio.sleep(0.02)
        seen = await watch_status(skipping.client)
    assert receipt.disposition is Disposition.CLEARED
    assert seen.alarms == []


async def test_an_alarm_that_is_active_after_its_incident_ended_opens_another(skipping: WorkflowEnvironment) -> None:
    world = World(down=set())
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        first = await end_of(incident(skipping.client, 1))
        world.down.add("web")
        await pass_time(skipping, timedelta(minutes=3))
        second = await end_of(incident(skipping.client, 2))
    assert (first.end.value, second.end.value) == ("not-confirmed", "recovered")


async def test_a_recovery_stands_where_probes_refute_that_the_fault_came_back(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, plan={"reopen_within": timedelta(minutes=30)})
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        first = await end_of(incident(skipping.client, 1))
        before = world.incident_record()
        world.before = before.clock
        await report(skipping.client, cleared("web"))
        while (await watch_status(skipping.client)).incidents:
            await asyncio.sleep(0.02)
        await report(skipping.client, alarm("web", number=30))
        while (second := await end_of(incident(skipping.client, 1))).end is first.end:
            await asyncio.sleep(0.02)
    after = world.incident_record()
    assert (first.end.value, second.end.value) == ("recovered", "not-confirmed")
    assert (after.outcome, after.closed_at, after.clock) == ("recovered", before.closed_at, before.clock)
    assert after.reopened == 1


async def test_every_message_and_its_result_are_in_the_records(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, approval=WAITING)
    async with world.worker(skipping.client):
        for _ in range(3):
            await report(skipping.client, alarm("web"), alarm("mail"))
        await report(skipping.client, cleared("mail"))
        while (await watch_status(skipping.client)).unrecorded:
            await asyncio.sleep(0.02)
    assert [a.sequence for a in world.alarms] == list(range(1, 8))
    assert [a.receipt.disposition.value for a in world.alarms] == [
        *["opened", "opened", "duplicate", "duplicate", "duplicate", "duplicate"],
        "cleared",
    ]


async def test_a_person_opens_an_incident(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, approval=WAITING)
    async with world.worker(skipping.client):
        await begin_watching(skipping.client)
        watch = skipping.client.get_workflow_handle(watch_id(APPLICATION))
        order = OpenByHand(title="Customers cannot pay", component="web", by="anna@supplier.example")
        opened = await watch.execute_update("open_incident", order, result_type=OpenReceipt)
        again = await watch.execute_update("open_incident", order, result_type=OpenReceipt)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await watch.execute_update("open_incident", order.model_copy(update={"component": "wbe"}))
    assert (opened.incident, opened.joined) == ("inc.acme.shop.1", False)
    assert (again.incident, again.joined) == ("inc.acme.shop.1", True)
    assert "acme.shop has no component 'wbe'; it has web, app, db, mail" in str(refused.value.cause)


async def test_a_watch_that_hands_on_to_a_new_run_forgets_nothing(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web", "mail"}, approval=WAITING)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        await until_asked(incident(skipping.client, 1))
        handle = skipping.client.get_workflow_handle(watch_id(APPLICATION))
        first_run = (await handle.describe()).run_id
        await handle.signal("hand_on")
        while (await handle.describe()).run_id == first_run:
            await asyncio.sleep(0.02)
        again = (await report(skipping.client, alarm("web"))).receipts[0]
        other = (await report(skipping.client, alarm("mail"))).receipts[0]
        lost = incident(skipping.client, 1)
        first_run = (await lost.describe()).run_id
        await lost.terminate()
        await pass_time(skipping, timedelta(minutes=5))
        while (await lost.describe()).run_id == first_run:
            await asyncio.sleep(0.02)
        seen = await watch_status(skipping.client)
    assert again.disposition is Disposition.DUPLICATE
    assert other.incident == "inc.acme.shop.2"
    assert sorted(i.id for i in seen.incidents) == ["inc.acme.shop.1", "inc.acme.shop.2"]


async def test_a_decision_after_the_restart_of_the_watch_still_ends_its_incident(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, approval=WAITING)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        await until_asked(incident(skipping.client))
        await skipping.client.get_workflow_handle(watch_id(APPLICATION)).signal("hand_on")
        await decide(incident(skipping.client), "approve", by="boss@supplier.example")
        outcome = await end_of(incident(skipping.client))
    assert outcome.end.value == "recovered"


async def test_an_alarm_without_a_time_zone_is_refused_and_the_watch_goes_on(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, approval=WAITING)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        watch = skipping.client.get_workflow_handle(watch_id(APPLICATION))
        typed = alarm("web").model_dump(mode="json") | {"since": "2026-03-01T12:00:00"}
        with pytest.raises(WorkflowUpdateFailedError):
            await watch.execute_update("report_alarms", {"application": APPLICATION, "alarms": [typed]})
        [receipt] = (await report(skipping.client, alarm("web"))).receipts
    assert receipt.disposition is Disposition.DUPLICATE


async def test_a_persons_report_to_an_ended_incident_opens_another(skipping: WorkflowEnvironment) -> None:
    world = World(down={"web"}, approval=WAITING)
    async with world.worker(skipping.client):
        await report(skipping.client, alarm("web"))
        await until_asked(incident(skipping.client))
        watch = skipping.client.get_workflow_handle(watch_id(APPLICATION))
        first_run = (await watch.describe()).run_id
        await watch.signal("hand_on")
        while (await watch.describe()).run_id == first_run:
            await asyncio.sleep(0.02)
        await report(skipping.client, cleared("web"))
        await incident(skipping.client).terminate()
        order = OpenByHand(title="Customers cannot pay", component="web", by="anna@supplier.example")
        await watch.execute_update("open_incident", order, result_type=OpenReceipt)
        await until_asked(incident(skipping.client, 2))
        told = await status(incident(skipping.client, 2))
    assert told.title == "Customers cannot pay"


async def test_a_new_watch_knows_the_open_incidents(skipping: WorkflowEnvironment) -> None:
    known = KnownIncident(
        id="inc.acme.shop.7", number=7, components=["web"], opened_at=datetime(2026, 3, 1, tzinfo=UTC)
    )
    world = World(down={"web"}, open_before=[known], approval=WAITING)
    async with world.worker(skipping.client):
        order = IncidentOrder(
            application=APPLICATION, number=7, title="web is down", opened_by="embedded", alarms=[alarm("web")]
        )
        await opened_by_watch(skipping.client, [order])
        [receipt] = (await report(skipping.client, alarm("web"))).receipts
        seen = await watch_status(skipping.client)
    assert (receipt.disposition, receipt.incident) == (Disposition.JOINED, known.id)
    assert seen.opened == 0


async def test_an_incident_that_somebody_starts_by_hand_is_refused_under_any_name(
    skipping: WorkflowEnvironment,
) -> None:
    world = World(down={"web"})
    order = IncidentOrder(application=APPLICATION, number=7, title="web is down", opened_by="mallory@evil.example")
    async with world.worker(skipping.client):
        for by in (order.opened_by, OPERATOR):
            started = await skipping.client.start_workflow(
                "incident",
                order.model_copy(update={"opened_by": by}),
                id=incident_id(APPLICATION, 7),
                task_queue=WORKFLOW_QUEUE,
            )
            with pytest.raises(WorkflowFailureError) as failed:
                await started.result()
            assert "only the watch can start an incident: start open-incident" in str(failed.value.cause)
    assert world.records == []


async def test_a_new_watch_knows_the_subject_of_an_incident(skipping: WorkflowEnvironment) -> None:
    known = KnownIncident(
        id="inc.acme.shop.7",
        number=7,
        components=["db"],
        opened_at=datetime(2026, 3, 1, tzinfo=UTC),
        subject=Subject.DRILLS,
    )
    world = World(down={"db"}, open_before=[known], approval=WAITING)
    async with world.worker(skipping.client):
        order = IncidentOrder(
            application=APPLICATION,
            number=7,
            title="A drill is overdue",
            opened_by="dead-mans-switch",
            alarms=[overdue("mail")],
        )
        await opened_by_watch(skipping.client, [order])
        receipts = (await report(skipping.client, alarm("db"), overdue("db"))).receipts
    assert [r.disposition for r in receipts] == [Disposition.OPENED, Disposition.JOINED]
    assert receipts[1].incident == known.id


@pytest.mark.parametrize("beside", [silent(), overdue("mail"), not_understood()], ids=lambda alarm: alarm.subject)
async def test_an_incident_beside_the_health_of_the_application_acts_on_nothing_and_ends_once_its_alarm_is_cleared(
    skipping: WorkflowEnvironment, beside: Alarm
) -> None:
    world = World(down={"mail"}, approval=WAITING)
    async with world.worker(skipping.client):
        receipts = (await report(skipping.client, alarm("mail"), beside)).receipts
        await until_asked(incident(skipping.client, 2))
        asked = await status(incident(skipping.client, 2))
        await until_asked(incident(skipping.client, 1))
        seen = await watch_status(skipping.client)
        await report(skipping.client, beside.model_copy(update={"state": AlarmState.CLEARED}))
        ended = await end_of(incident(skipping.client, 2))
        await incident(skipping.client, 1).terminate()
    assert [r.disposition for r in receipts] == [Disposition.OPENED, Disposition.OPENED]
    assert [i.subject for i in seen.incidents] == [None, beside.subject]
    assert [gate.question.text for gate in asked.gates] == [
        "No remedy has been tried (no measuring point of the dossier shows this fault). What should Driftvakt do next?"
    ]
    assert [c for c in world.commands if c.startswith("started")] == []
    assert ended.end is IncidentEnd.RECOVERED_BY_ITSELF
    assert {r.subject for batch in world.records for r in batch.incidents if r.number == 2} == {beside.subject}
