"""Benchmark: a storm of 10,000 alarms over 500 applications, until each is in the records and has its incident.

Watches and records are the real ones; incidents only wait, so that the figure is what the watches do, not what follows. Beside
it, in the same run: as many bare workflows, with as many activities as the watches carried out.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlmodel import col
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import Worker

from activities.alarms.reporter import WatchReporter
from activities.records import RecordActivities, Records, upgrade
from models.alarms import Alarm, AlarmBatch
from models.names import WORKFLOW_QUEUE, watch_id
from models.tables import AlarmEntry
from tests.bench.bare import Bare, BareOrder, BareReceiver, nothing
from tests.bench.delivering import deliver_patiently
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.bench.waiting import WaitingIncident
from tests.records.dossiers import shop
from tests.servers import real_server
from workflows.runtime.sandbox import workflow_runner
from workflows.watch.workflow import Watch

_APPLICATIONS: Final = size(__name__, "applications", 500, 5)
_BATCHES: Final = 4
_BATCH: Final = 5
_ALARMS: Final = _APPLICATIONS * _BATCHES * _BATCH
_AT_ONCE: Final = 32
_LIMIT: Final = 500.0
TARGETS: Final = (
    "alarms recorded >= 0.7 x ceiling",
    "incidents per connected fault <= 1",
    "alarms lost <= 0 alarms",
)


def _storm(applications: list[str]) -> list[AlarmBatch]:
    """Alarms of two connected components, in any order."""
    now = datetime.now(UTC)
    batches = []
    for application in applications:
        numbers = list(range(_BATCHES * _BATCH))
        random.Random(application).shuffle(numbers)
        alarms = [
            Alarm(
                application=application,
                fingerprint=f"storm/{n}",
                title=f"Point {n} fails",
                component="web" if n % 2 else "db",
                source="bench",
                since=now,
                seen_at=now,
            )
            for n in numbers
        ]
        batches += [
            AlarmBatch(application=application, alarms=alarms[n : n + _BATCH]) for n in range(0, len(alarms), _BATCH)
        ]
    random.Random(1).shuffle(batches)
    return batches


def _recorded(records: Records) -> tuple[int, int]:
    """Alarms in the records, and the incidents that they name."""
    incidents = func.count(func.distinct(AlarmEntry.incident))
    with records.database.reading() as session:
        row = session.execute(select(func.count(col(AlarmEntry.sequence)), incidents)).one()
    return int(row[0]), int(row[1])


async def _ours(client: Client, records: Records, applications: list[str]) -> tuple[float, int]:
    """Seconds until all is in the records; incidents."""
    free = asyncio.Semaphore(_AT_ONCE)
    reporter = WatchReporter(client)

    async def send(batch: AlarmBatch) -> None:
        async with free:
            await deliver_patiently(reporter, batch)

    began = time.perf_counter()
    await asyncio.gather(*(send(batch) for batch in _storm(applications)))
    async with asyncio.timeout(_LIMIT):
        while (found := await asyncio.to_thread(_recorded, records))[0] < _ALARMS:
            await asyncio.sleep(0.05)
    return time.perf_counter() - began, found[1]


async def _bare(client: Client, activities: int) -> float:
    """Seconds for as many bare workflows as there were watches and incidents, and as many activities."""
    free = asyncio.Semaphore(_AT_ONCE)

    async def one(count: int) -> None:
        async with free:
            order = BareOrder(activities=count)
            await client.execute_workflow(Bare.run, order, id=f"bare.{uuid.uuid4()}", task_queue="bench-bare")

    began = time.perf_counter()
    await asyncio.gather(*(one(n) for _ in range(_APPLICATIONS) for n in (activities, 0)))
    return time.perf_counter() - began


async def _delivered(client: Client, batch: AlarmBatch) -> None:
    """One raw update with start; on a busy machine the server gives up waiting, and it is said again, as ours is."""
    number = str(uuid.uuid4())
    while True:
        try:
            await client.execute_update_with_start_workflow(
                BareReceiver.take,
                [{"title": a.title, "fingerprint": a.fingerprint} for a in batch.alarms],
                id=number,
                start_workflow_operation=WithStartWorkflowOperation(
                    BareReceiver.run,
                    id=f"receiver.{batch.application}",
                    task_queue="bench-bare",
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                ),
            )
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            continue
        return


async def _bare_updates(client: Client, applications: list[str]) -> float:
    """Seconds for as many bare workflows, children and updates with start, each with one activity."""
    free = asyncio.Semaphore(_AT_ONCE)

    async def send(batch: AlarmBatch) -> None:
        async with free:
            await _delivered(client, batch)

    began = time.perf_counter()
    await asyncio.gather(*(send(batch) for batch in _storm(applications)))
    return time.perf_counter() - began


async def _activities(client: Client, application: str) -> int:
    history = await client.get_workflow_handle(watch_id(application)).fetch_history()
    return sum(1 for e in history.events if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)


async def _measure(client: Client, records: Records) -> list[Figure]:
    applications = []
    for n in range(_APPLICATIONS):
        dossier = shop(application=f"shop{n}")
        records.publish_dossier(dossier, "bench")
        applications.append(dossier.id)
    own = Worker(
        client,
        task_queue=WORKFLOW_QUEUE,
        workflows=[Watch, WaitingIncident],
        activities=RecordActivities(records).activities(),
        activity_executor=ThreadPoolExecutor(32),
        max_concurrent_activities=32,
        workflow_runner=workflow_runner(),
    )
    bare = Worker(
        client,
        task_queue="bench-bare",
        workflows=[Bare, BareReceiver],
        activities=[nothing],
        workflow_runner=workflow_runner(),
    )
    async with own:
        ours, incidents = await _ours(client, records, applications)
        count = max([await _activities(client, a) for a in applications[:20]])
    async with bare:
        ceiling = await _bare(client, count)
        with_updates = await _bare_updates(client, applications)
    return [
        Figure(
            f"storm: {_ALARMS:,} alarms for {_APPLICATIONS} applications, until recorded",
            _ALARMS / ours,
            "alarms/s",
            _ALARMS / ceiling,
            f"{2 * _APPLICATIONS} bare workflows, half of them with {count} activities",
            Goal(0.7, at_most=False, of_ceiling=True),
        ),
        Figure(
            "  the same, beside bare workflows that get as many messages",
            _ALARMS / ours,
            "alarms/s",
            _ALARMS / with_updates,
            f"{2 * _APPLICATIONS} bare workflows, {_APPLICATIONS * _BATCHES} updates with start, an activity each",
            Goal(0.7, at_most=False, of_ceiling=True),
        ),
        Figure("  incidents per connected fault", incidents / _APPLICATIONS, "", goal=Goal(1)),
        Figure("  alarms lost", _ALARMS - _recorded(records)[0], "alarms", goal=Goal(0)),
    ]


def run() -> list[Figure]:
    """Measure."""

    async def bounded(url: str) -> list[Figure]:
        client = await server.client()
        records = Records(url)
        try:
            return await _measure(client, records)
        finally:
            records.close()

    with tempfile.TemporaryDirectory() as directory, real_server(Path(directory)) as server:
        upgrade(server.settings.records_url)
        return asyncio.run(bounded(server.settings.records_url))
