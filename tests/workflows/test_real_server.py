"""What only the real server shows: search attributes, lists, and the end of an incident that somebody terminates."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import ListWorkflowExecutionsRequest
from temporalio.client import Client, WorkflowUpdateFailedError

from models.alarms import AlarmReceipt, Disposition
from models.dossier.instructions import Approval
from models.incident import CancelIncident, IncidentEnd, IncidentReply, IncidentStatus
from models.names import watch_id
from models.watch import DossierPublished
from tests.servers import real_server
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm, begin_watching, cleared, decide, incident, report, status, watch_status

WAITING = Approval(roles=["approver"], within=timedelta(days=7))


async def test_an_alarm_of_a_terminated_incident_is_handled_again(tmp_path: Path) -> None:
    world = World(down={"web"}, approval=WAITING)
    with real_server(tmp_path) as server:
        client = await server.client()
        async with world.worker(client):
            await report(client, alarm("web"))
            await until_asked(incident(client))
            await incident(client).terminate("pressed the wrong button")
            async with asyncio.timeout(90):
                while (seen := await watch_status(client)).incidents:
                    await asyncio.sleep(0.05)
    [open_alarm] = seen.alarms
    assert open_alarm.recheck_at is not None
    assert open_alarm.recheck_at - datetime.now(UTC) < timedelta(minutes=3)


async def test_an_alarm_that_comes_after_its_incident_was_terminated_opens_it_again(tmp_path: Path) -> None:
    world = World(down={"web"}, approval=WAITING)
    with real_server(tmp_path) as server:
        client = await server.client()
        async with world.worker(client):
            await report(client, alarm("web"))
            await until_asked(incident(client))
            await incident(client).terminate("pressed the wrong button")
            while (await watch_status(client)).incidents:
                await asyncio.sleep(0.05)
            [receipt] = (await report(client, alarm("web", number=30))).receipts
            gate = await until_asked(incident(client))
    assert (receipt.disposition, receipt.incident) == (Disposition.OPENED, "inc.acme.shop.1")
    assert gate.id == "g1"


async def test_open_questions_are_found_by_search_attributes(tmp_path: Path) -> None:
    world = World(down={"web"}, approval=WAITING)
    with real_server(tmp_path) as server:
        client = await server.client()

        async def found(query: str) -> list[str]:
            """Visibility follows history a moment later."""
            for _ in range(100):
                page = await client.workflow_service.list_workflow_executions(
                    ListWorkflowExecutionsRequest(namespace="default", query=query)
                )
                if page.executions:
                    return [e.execution.workflow_id for e in page.executions]
                await asyncio.sleep(0.05)
            return []

        async with world.worker(client):
            await report(client, alarm("web"))
            await until_asked(incident(client))
            waiting = await found('AwaitsDecisionBy = "boss@supplier.example" and ExecutionStatus = "Running"')
            urgent = await found('Customer = "acme" and Priority = "P1" and State = "awaiting-decision"')
            await decide(incident(client), "approve", by="boss@supplier.example")
            await end_of(incident(client))
            closed = await found('State = "closed"')
    assert waiting == urgent == closed == ["inc.acme.shop.1"]


async def test_a_decision_of_the_wrong_kind_is_refused_with_one_clear_sentence(tmp_path: Path) -> None:
    world = World(down={"web"}, approval=WAITING)
    wrong = [
        ({"option": "aprove"}, "gate g1 has no option 'aprove'; choose one of approve, refuse"),
        ({"gate": "g7"}, "there is no gate 'g7'; open gates: g1"),
        ({"by": OPERATOR}, f"{OPERATOR} may not decide g1; boss@supplier.example, cio@acme.example may"),
        (
            {"by": "eve@example.com"},
            "eve@example.com is not a contact of acme.shop; the contacts are: boss@",
        ),
        ({"plan": "00000000"}, "plan 00000000 is not the one that gate g1 asks about"),
        ({"option": "refuse"}, "refuse needs a reason; say why in note"),
    ]
    with real_server(tmp_path) as server:
        client = await server.client()
        async with world.worker(client):
            await report(client, alarm("web"))
            handle = incident(client)
            await until_asked(handle)
            for fields, sentence in wrong:
                answer = {"option": "approve", "by": "boss@supplier.example"} | fields
                with pytest.raises(WorkflowUpdateFailedError) as refused:
                    await decide(handle, **answer)
                assert sentence in str(refused.value.cause)
            await decide(handle, "approve", by="boss@supplier.example")
            outcome = await end_of(handle)
    assert outcome.end is IncidentEnd.RECOVERED


async def test_a_signal_that_is_wrong_is_not_lost_in_silence(tmp_path: Path) -> None:
    world = World(down={"web"}, approval=WAITING)
    with real_server(tmp_path) as server:
        client = await server.client()
        async with world.worker(client):
            await report(client, alarm("web"))
            handle = incident(client)
            gate = await until_asked(handle)
            await handle.signal("decide_by_signal", {"gate": "g1", "optoin": "approve"})
            shown = await handle.query("__temporal_workflow_metadata")
            good = {"gate": "g1", "option": "approve", "by": "boss@supplier.example", "plan": gate.digest[:8]}
            await handle.signal("decide_by_signal", good)
            outcome = await end_of(handle)
    assert (
        "A signal was refused: The input does not fit: option is missing; by is missing; "
        "there is no field 'optoin', did you mean option; it takes the fields gate, option, by and where wanted "
        "plan, note, as in {" in shown.current_details.replace("\\", "")
    )
    assert outcome.end is IncidentEnd.RECOVERED


async def test_alarms_of_one_fault_that_come_together_open_one_incident(tmp_path: Path) -> None:
    world = World(down={"web", "app", "db"}, approval=WAITING)
    with real_server(tmp_path) as server:
        client = await server.client()
        async with world.worker(client):
            receipts = (await report(client, alarm("web"), alarm("app"), alarm("db"))).receipts
            await until_asked(incident(client))
            known = await incident(client).query("status", result_type=IncidentStatus)
            seen = await watch_status(client)
    assert {r.incident for r in receipts} == {"inc.acme.shop.1"}
    assert [a.component for a in known.alarms] == ["web", "app", "db"]
    assert (seen.opened, len(seen.incidents)) == (1, 1)


async def test_an_alarm_after_the_end_of_an_incident_is_taken_the_same_way_by_whoever_replays_it(
    tmp_path: Path,
) -> None:
    world = World(down=set())
    receipts: list[AlarmReceipt] = []
    with real_server(tmp_path) as server:
        client = await server.client()
        for number in (0, 10, 20, 30):
            async with world.worker(client), asyncio.timeout(90):  # a new worker knows nothing but history
                receipts += (await report(client, alarm("web", number=number))).receipts
                await end_of(incident(client, len(receipts)))
                while (await watch_status(client)).incidents:
                    await asyncio.sleep(0.02)
    assert [r.disposition for r in receipts] == [Disposition.OPENED] * 4


async def test_a_dossier_published_while_the_watch_hands_on_is_read(tmp_path: Path) -> None:
    world = World()
    with real_server(tmp_path) as server:
        client = await server.client()
        async with world.worker(client):
            await begin_watching(client)
        watch = client.get_workflow_handle(watch_id(APPLICATION))
        first_run = (await watch.describe()).run_id
        await watch.signal("hand_on")
        await watch.signal("dossier_published", DossierPublished(digest="d2"))
        world.dossier = "d2"
        async with world.worker(client), asyncio.timeout(90):
            while (await watch.describe()).run_id == first_run:
                await asyncio.sleep(0.02)
            seen = await watch_status(client)
    assert seen.dossier == "d2"


@pytest.mark.parametrize("says", ["done", ""])
async def test_cancelling_by_name_says_what_was_going_on(tmp_path: Path, says: str) -> None:
    # Not with the time-skipping server: it refuses a workflow task that cancels an activity which has ended in the meantime.
    world = World(down={"web"}, approval=WAITING, says=says, terms={"healthy_for": timedelta(hours=1)})
    with real_server(tmp_path) as server:
        client = await server.client()
        async with world.worker(client):
            await report(client, alarm("web"))
            handle = incident(client)
            await until_asked(handle)
            await report(client, cleared("web"))
            while (await status(handle)).alarms:
                await asyncio.sleep(0.02)
            await handle.execute_update(
                "cancel_incident", CancelIncident(by=OPERATOR, reason="A test"), result_type=IncidentReply
            )
            outcome = await end_of(handle)
    [said] = [text for text in world.timeline if text.startswith("Cancelled during")]
    assert "Waiting for approval: Restart web" in said
    assert "uptime on host1: ok" in said
    assert outcome.end is IncidentEnd.CANCELLED
    assert world.records[-1].incidents[0].outcome == "cancelled"


async def test_alarms_without_a_pause_do_not_keep_a_watch_from_handing_on(tmp_path: Path) -> None:
    world = World(down={"web", "app"}, approval=WAITING)
    names, ended = count(), asyncio.Event()
    joined: set[str] = set()

    async def flood(client: Client) -> None:
        while not ended.is_set():
            fresh = f"flood/{next(names)}"
            [known, new] = (await report(client, alarm("web"), alarm("app", fingerprint=fresh, title=fresh))).receipts
            assert (known.disposition, new.disposition) == (Disposition.DUPLICATE, Disposition.JOINED)
            joined.add(fresh)

    with real_server(tmp_path) as server:
        client = await server.client()
        async with world.worker(client):
            await report(client, alarm("web"))
            await until_asked(incident(client))
            floods = [asyncio.create_task(flood(client)) for _ in range(6)]
            watch = client.get_workflow_handle(watch_id(APPLICATION))
            first = (await watch.describe()).run_id
            while len(joined) < 30:
                await asyncio.sleep(0.02)
            await watch.signal("hand_on")
            async with asyncio.timeout(90):
                while (await watch.describe()).run_id == first:
                    await asyncio.sleep(0.1)
            ended.set()
            await asyncio.gather(*floods)
            async with asyncio.timeout(90):  # the watch answers its sender first, and then signals the incident
                while not joined <= {a.fingerprint for a in (await status(incident(client))).alarms}:
                    await asyncio.sleep(0.1)
                while (await watch_status(client)).unrecorded:
                    await asyncio.sleep(0.1)
    recorded = [a.title for a in world.alarms]
    assert sorted(f for f in recorded if f.startswith("flood/")) == sorted(joined)
