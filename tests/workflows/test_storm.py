"""A storm on a real server, from its first alarm until its incident is closed: neither the watch nor the incident gets stuck."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from activities.alarms.reporter import WatchReporter, batched
from models.alarms import Alarm, AlarmState, Disposition
from models.incident import IncidentEnd
from models.names import incident_id, watch_id
from models.sizes import CARRIED
from models.watch import WatchStatus
from tests.servers import real_server
from tests.workflow_tasks import failed_tasks
from tests.workflows.shop import APPLICATION
from tests.workflows.test_alarm_handler import NIGHT
from tests.workflows.test_flood import over, storm
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm, begin_watching, cleared, incident, report, status, watch_status
from workflows.watch.flood import MOST_ALARMS

EVENTS_AN_ALARM = 1
"""An incident's history grows by less than this for each alarm of a storm, joined and cleared; the server ends it at 51,200."""

BYTES_AN_ALARM = 2_000
"""The same in bytes; the server ends a workflow at 50 MB."""

BYTES_OF_A_WATCH = 20_000_000
"""Of one run of a watch. It is to go on in a new run at 4 MB, and takes in what comes until it has told and written all."""


async def take(client: Client, alarms: list[Alarm]) -> set[Disposition]:
    """Hand alarms to the watch in the batches of the intake; what became of them."""
    return {
        receipt.disposition
        for batch in batched(alarms)[APPLICATION]
        for receipt in (await report(client, *batch.alarms)).receipts
    }


async def runs(client: Client, id: str, run: str | None = None) -> AsyncIterator[list[HistoryEvent]]:
    """The histories of a workflow, from its present run, or the named one, back to the first that it continues."""
    run = run or (await client.get_workflow_handle(id).describe()).run_id
    while run:
        events = list((await client.get_workflow_handle(id, run_id=run).fetch_history()).events)
        assert failed_tasks(events) == []
        yield events
        run = events[0].workflow_execution_started_event_attributes.continued_execution_run_id


async def until_over(client: Client, wanted: int) -> WatchStatus:
    """Wait until the watch has opened so many incidents, all have ended, and the records have every alarm."""
    async with asyncio.timeout(60):
        while (seen := await watch_status(client)).opened < wanted or seen.incidents or seen.unrecorded:
            await asyncio.sleep(0.05)
    return seen


@pytest.mark.parametrize("count", [600, pytest.param(5_000, marks=pytest.mark.slow)])
async def test_a_storm_is_over_once_all_its_alarms_are_cleared_and_the_next_fault_is_raised(
    tmp_path: Path, count: int
) -> None:
    world = World(down=set())
    alarms = storm(count, point=False, detail="x" * 200)
    with real_server(tmp_path) as server:
        client = await server.client()
        async with world.worker(client):
            assert await take(client, alarms) == {Disposition.OPENED, Disposition.JOINED}
            await until_asked(incident(client))
            async with asyncio.timeout(60):  # the last signals are on their way
                while (seen := await status(incident(client))).further_alarms < count - MOST_ALARMS:
                    await asyncio.sleep(0.05)
            assert len(seen.alarms) + seen.further_alarms == count
            assert await take(client, over(alarms)) == {Disposition.CLEARED}
            outcome = await end_of(incident(client))
            assert outcome.end is IncidentEnd.RECOVERED_BY_ITSELF

            storm_run = (await incident(client).describe()).run_id

            # A watch that went on in a new run has not heard of that end yet. It looks it up, and reopens the incident.
            wanted = 1 if count > 600 else 2
            await report(client, alarm("web", fingerprint="web/next"))
            await until_over(client, wanted)
            assert await take(client, [cleared("web", fingerprint="web/next")]) == {Disposition.CLEARED}
            watch = await until_over(client, wanted)
            assert (watch.opened, watch.firing) == (wanted, 0)
            again = (await incident(client).describe()).run_id != storm_run
            assert again is (wanted == 1)

            [events] = [found async for found in runs(client, incident_id(APPLICATION, 1), storm_run)]
            assert len(events) < EVENTS_AN_ALARM * count
            assert sum(e.ByteSize() for e in events) < BYTES_AN_ALARM * count
            assert max(e.ByteSize() for e in events) < CARRIED
            of_watch = [found async for found in runs(client, watch_id(APPLICATION))]
            for events in of_watch:
                assert sum(e.ByteSize() for e in events) < BYTES_OF_A_WATCH
                assert max(e.ByteSize() for e in events) < CARRIED + 10_000  # with the event around it
            assert (len(of_watch) > 1) is (count > 600)
    for state in AlarmState:
        kept = {r.receipt.fingerprint for r in world.alarms if r.state == state.value}
        assert kept == {*(a.fingerprint for a in alarms), "web/next"}


async def test_a_watch_under_constant_alarms_still_continues_in_a_new_run(tmp_path: Path) -> None:
    world = World(down=set())
    handed_on = asyncio.Event()
    with real_server(tmp_path) as server:
        client = await server.client()

        async def flood(sender: int) -> None:
            alarms = [
                alarm("web", point=False, fingerprint=f"{sender}/{n}", since=NIGHT, detail="障" * 1000)
                for n in range(250)
            ]
            while not handed_on.is_set():
                await WatchReporter(client).report(alarms)

        async with world.worker(client), asyncio.timeout(120):
            await begin_watching(client)
            watch = client.get_workflow_handle(watch_id(APPLICATION))
            first = (await watch.describe()).run_id
            senders = [asyncio.create_task(flood(n)) for n in range(3)]
            while (await watch.describe()).run_id == first:
                await asyncio.sleep(0.1)
            handed_on.set()
            await asyncio.gather(*senders)  # nothing was refused for good
            *_, events = [found async for found in runs(client, watch.id)]
            assert sum(e.ByteSize() for e in events) < BYTES_OF_A_WATCH
            assert events[-1].event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
