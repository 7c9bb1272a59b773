"""Benchmark: what a sample costs the embedded monitor, beside the bare bulk insert of the same rows in the same run.

The prober is a fake that answers at once: what is measured is timetable,
evaluation and storing. History events a day are counted on a real server and projected (see `_events_a_day`).
"""

from __future__ import annotations

import asyncio
import tempfile
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert
from sqlmodel import SQLModel
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import Worker

from activities.monitor.activities import SiteMonitor
from activities.monitor.run import MonitorTuning, SiteParts, SiteRun
from activities.monitor.store import MonitorStore
from activities.records.database import Database
from models.alarms import AlarmBatch, BatchReceipt
from models.dossier.dossier import Dossier
from models.monitor import MonitorOrder
from models.names import monitor_id
from models.probes import ProbeTarget, Sample, Seen
from models.tables import SampleRow
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.monitor.dossiers import SITE, dossier, point
from tests.servers import real_server
from workflows.monitoring.monitor import Monitor
from workflows.runtime.sandbox import workflow_runner

_APPLICATIONS: Final = 50
_POINTS: Final = size(__name__, "points", 5000, 500)
_SECONDS: Final = size(__name__, "seconds", 20, 2)
_ROWS: Final = size(__name__, "rows", 100000, 2000)
TARGETS: Final = ("history of a day with every note <= 200 events",)
_NOTES_A_DAY: Final = 42
"""The most that `activities.monitor.notes` lets through; the projection takes all of them."""
_NOTE_EVENTS: Final = 4


class _Instant:
    """Answers at once; one probe in a thousand fails."""

    async def probe_all(self, targets: Sequence[ProbeTarget], at_once: int) -> list[Sample]:
        at = datetime.now(UTC)
        return [
            Sample(
                point=t.point, at=at, seen=Seen.FAILED if hash((t.point, at)) % 1000 == 0 else Seen.OK, latency_ms=1.0
            )
            for t in targets
        ]


class _Dossiers:
    """The same dossiers at all times."""

    def __init__(self, points: int, every: str) -> None:
        written = {
            f"p{n}": point(every=every, thresholds={"down": {"duration": "1m"}}) for n in range(points // _APPLICATIONS)
        }
        self._dossiers = {d.digest: d for d in (dossier(written, f"shop{n}") for n in range(_APPLICATIONS))}

    def current(self) -> dict[str, str]:
        return {d.id: digest for digest, d in self._dossiers.items()}

    def dossier(self, digest: str) -> Dossier:
        return self._dossiers[digest]


class _NoWatch:
    async def deliver(self, batch: AlarmBatch) -> BatchReceipt:
        return BatchReceipt(receipts=[])


def _database(directory: str) -> Database:
    database = Database(f"sqlite:///{Path(directory) / 'bench.db'}", make=True)
    SQLModel.metadata.create_all(database.engine)
    return database


def _ceiling(rows: int) -> float:
    """CPU microseconds a row of a bare core insert, 500 rows a transaction."""
    values: list[dict[str, Any]] = [
        {"point": f"acme.shop.p{n}", "at": datetime.now(UTC), "seen": "ok", "value": None, "latency_ms": 1.0}
        for n in range(rows)
    ]
    with tempfile.TemporaryDirectory() as directory:
        database = _database(directory)
        began = time.process_time()
        for start in range(0, rows, 500):
            with database.connection() as connection:
                connection.execute(insert(SampleRow), values[start : start + 500])
        spent = time.process_time() - began
        database.close()
    return spent / rows * 1e6


async def _sampling(points: int, every: str, seconds: float) -> dict[str, float]:
    """CPU microseconds a sample, share of a core, and lateness, of a whole run on SQLite."""
    with tempfile.TemporaryDirectory() as directory:
        database = _database(directory)
        parts = SiteParts(_Instant(), _Dossiers(points, every), MonitorStore(database), _NoWatch())
        run = SiteRun(SITE, parts, MonitorTuning(first_probes_within=30.0), attempt=1, last=None)
        task = asyncio.create_task(run.run())
        while run.beat().samples < points:  # loading and the first round are not the steady state
            await asyncio.sleep(0.1)
        before, cpu, wall = run.beat().samples, time.process_time(), time.perf_counter()
        await asyncio.sleep(seconds)
        while run.beat().samples == before:  # the small size has few samples in its few seconds
            await asyncio.sleep(0.1)
        beat, cpu, wall = run.beat(), time.process_time() - cpu, time.perf_counter() - wall
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        database.close()
    samples = beat.samples - before
    return {"us": cpu / samples * 1e6, "core": cpu / wall, "rate": samples / wall, "late_s": beat.late_s}


async def _history(seconds: float) -> dict[str, int]:
    """Events of one whole run of the workflow on a real server, by whether they belong to notes."""
    with tempfile.TemporaryDirectory() as directory, real_server(Path(directory) / "home") as server:
        client: Client = await server.client()
        database, queue = _database(directory), f"bench-{uuid.uuid4().hex[:8]}"
        monitor = SiteMonitor(SiteParts(_Instant(), _Dossiers(_POINTS, "30s"), MonitorStore(database), _NoWatch()))
        worker = Worker(
            client,
            task_queue=queue,
            workflows=[Monitor],
            activities=[monitor.sample_site],
            workflow_runner=workflow_runner(),
        )
        async with worker:
            order = MonitorOrder(site=SITE, queue=queue, lasts=timedelta(seconds=seconds))
            handle = await client.start_workflow(Monitor.run, order, id=monitor_id(SITE), task_queue=queue)
            while (await handle.describe()).run_id == handle.first_execution_run_id:
                await asyncio.sleep(0.2)
            first = client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
            events = (await first.fetch_history()).events
            await client.get_workflow_handle(handle.id).terminate()
        database.close()
    notes = sum(e.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED for e in events)
    return {"events": len(events), "notes": notes}


def run(seconds: float = _SECONDS) -> list[Figure]:
    """Measure."""
    ceiling = _ceiling(_ROWS)
    steady = asyncio.run(_sampling(_POINTS, "30s", seconds))
    busy = asyncio.run(_sampling(_POINTS, "2s", seconds / 2))
    history = asyncio.run(_history(0.75 * seconds))
    # One run lasts a day: its own events, and those of all notes it may send instead of the few it sent here.
    own = history["events"] - history["notes"] * _NOTE_EVENTS
    a_day = max(own, 0) + _NOTES_A_DAY * _NOTE_EVENTS
    insert_only, micro = "bare bulk insert of the same rows, 500 a transaction", "us CPU"
    return [
        Figure(f"monitor of {_POINTS:,} points, history of a day with every note", a_day, "events", goal=Goal(200)),
        Figure(f"  CPU for each sample, {_POINTS:,} points every 2 s", busy["us"], micro, ceiling, insert_only),
        Figure(f"  CPU for each sample, {_POINTS:,} points every 30 s", steady["us"], micro, ceiling, insert_only),
        Figure(f"  share of a core, {_POINTS:,} points every 30 s", steady["core"], ""),
        Figure(f"  longest delay of a probe, {_POINTS:,} points every 2 s", busy["late_s"], "s"),
    ]
