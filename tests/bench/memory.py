"""Benchmark: the memory of a worker with a thousand open incidents, each waiting at a gate, beside as many bare workflows.

The worker is a process of its own, started as operators start it. Each incident comes by an alarm, through the watch of its
application, and has a remedy that needs an approval.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import yaml
from temporalio.client import Client
from temporalio.worker import Worker

from activities.alarms.reporter import WatchReporter
from activities.records import Records, upgrade
from models.alarms import Alarm, AlarmBatch
from models.dossier import Dossier
from models.dossier.load import read_dossier
from models.names import STATE
from models.settings import Settings
from starter.connection.temporal import connect
from starter.dossier.publishing import publish
from tests.bench.bare import Bare, BareOrder, nothing
from tests.bench.delivering import deliver_patiently
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.chaos.fleet import Fleet
from tests.hosts import Host, SshHost
from tests.servers import real_server
from workflows.runtime.sandbox import workflow_runner

_APPLICATIONS: Final = size(__name__, "applications", 100, 2)
_COMPONENTS: Final = size(__name__, "components", 10, 2)
_INCIDENTS: Final = _APPLICATIONS * _COMPONENTS
_AT_ONCE: Final = 16
_LIMIT: Final = 200.0
_LIMIT_MB: Final = 500
TARGETS: Final = ("worker with all incidents open <= 500 MB",)
_APPROVAL: Final = {"roles": ["operator"], "within": "7d"}


def _dossiers(directory: Path) -> list[Dossier]:
    """As the chaos test's, but without measuring points (so nothing is probed) and with approvals."""
    host: Host = SshHost()  # never started: no incident gets beyond its gate
    fleet = Fleet(host, _APPLICATIONS, _COMPONENTS)
    try:
        fleet.write_dossiers(directory)
    finally:
        fleet.close()
        host.stop()
    paths = sorted(directory.glob("*.yaml"))
    for path in paths:
        raw: dict[str, Any] = yaml.safe_load(path.read_text())
        raw["monitoring"]["measuring_points"] = {}
        for instruction in raw["instructions"]["troubleshooting"].values():
            instruction["collect"] = []
            for remedy in instruction["remedies"].values():
                remedy["approval"] = _APPROVAL
        path.write_text(yaml.safe_dump(raw))
    return [read_dossier(path) for path in paths]


def _batch(dossier: Dossier) -> AlarmBatch:
    now = datetime.now(UTC)
    return AlarmBatch(
        application=dossier.id,
        alarms=[
            Alarm(
                application=dossier.id,
                fingerprint=component,
                title=f"{component} is down",
                component=component,
                source="bench",
                since=now,
                seen_at=now,
            )
            for component in dossier.architecture.components
        ],
    )


def _megabytes(pid: int) -> float:
    """Resident memory; `ps` counts in KiB."""
    listed = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(listed.stdout) / 1024


@contextmanager
def _worker(settings: Settings) -> Iterator[int]:
    """`driftvakt worker` in a process of its own; its pid."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("DRIFTVAKT_", "TEMPORAL_"))},
        "DRIFTVAKT_HOME": str(settings.home),
        "DRIFTVAKT_TEMPORAL_PORT": str(settings.temporal_port),
    }
    with (settings.home / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "starter.cli", "worker"], env=environment, stdout=log, stderr=log
        )
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


async def _until(client: Client, query: str, count: int) -> None:
    while (await client.count_workflows(query)).count < count:
        await asyncio.sleep(0.5)


async def _incidents(client: Client, dossiers: list[Dossier]) -> None:
    reporter = WatchReporter(client)
    free = asyncio.Semaphore(_AT_ONCE)

    async def one(dossier: Dossier) -> None:
        async with free:
            await deliver_patiently(reporter, _batch(dossier))

    await asyncio.gather(*(one(d) for d in dossiers))
    await _until(client, f"WorkflowType = 'incident' AND {STATE} = 'awaiting-decision'", _INCIDENTS)


async def _ours(directory: Path) -> tuple[float, float, float]:
    """Megabytes before and with all incidents open; seconds that opening them took."""
    with real_server(directory / "home") as server:
        settings = server.settings
        upgrade(settings.records_url)
        client = await connect(settings)
        records = Records(settings.records_url)
        with _worker(settings) as pid:
            dossiers = _dossiers(directory / "dossiers")
            await publish(client, records, dossiers, "bench")
            records.close()
            before = _megabytes(pid)
            began = time.monotonic()
            await _incidents(client, dossiers)
            return before, _megabytes(pid), time.monotonic() - began


def _work(pipe: Connection, settings: Settings) -> None:
    async def main() -> None:
        client = await connect(settings)
        async with Worker(
            client,
            task_queue="bench-bare",
            workflows=[Bare],
            activities=[nothing],
            workflow_runner=workflow_runner(),
        ):
            pipe.send("up")
            await asyncio.to_thread(pipe.recv)

    asyncio.run(main())


async def _start_bare(client: Client) -> None:
    free = asyncio.Semaphore(_AT_ONCE)

    async def one() -> None:
        async with free:
            order = BareOrder(activities=1, wait=True)
            await client.start_workflow(Bare.run, order, id=f"bare.{uuid.uuid4()}", task_queue="bench-bare")

    await asyncio.gather(*(one() for _ in range(_INCIDENTS)))


async def _ceiling(directory: Path) -> float:
    """Megabytes of a worker with as many bare workflows that wait."""
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    with real_server(directory / "bare") as server:
        process = context.Process(target=_work, args=(far, server.settings), daemon=True)
        process.start()
        try:
            await asyncio.to_thread(near.recv)
            client = await connect(server.settings)
            await _start_bare(client)
            previous, measured = 0.0, _megabytes(process.pid or 0)
            while measured > previous * 1.005:  # until it grows no more, all are there
                await asyncio.sleep(2)
                previous, measured = measured, _megabytes(process.pid or 0)
            return measured
        finally:
            near.send("end")
            process.join(20)
            process.kill()


async def _measure(directory: Path) -> list[Figure]:
    async with asyncio.timeout(_LIMIT):
        bare = await _ceiling(directory)
        before, full, seconds = await _ours(directory)
    what = f"worker with {_INCIDENTS:,} open incidents of {_APPLICATIONS} applications"
    return [
        Figure(what, full, "MB", bare, f"worker with {_INCIDENTS:,} bare waiting workflows", Goal(_LIMIT_MB)),
        Figure("  the same before any incident", before, "MB"),
        Figure("  incidents opened, from alarm to open gate", _INCIDENTS / seconds, "/s"),
    ]


def run() -> list[Figure]:
    """Measure."""
    with tempfile.TemporaryDirectory() as directory:
        return asyncio.run(_measure(Path(directory)))
