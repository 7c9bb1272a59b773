"""Every operation, with the worker killed at every step of it: each remote effect is counted once on its host."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowHandle

from activities.records import Records, upgrade
from models.dossier.load import read_dossier
from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import OperationOutcome
from models.settings import Settings
from starter.publishing import publish
from tests.bench.many_hosts import many_hosts
from tests.chaos.marks import Marks, write
from tests.chaos.walks import WALKS, Walk
from tests.servers import TemporalServer, real_server

pytestmark = [pytest.mark.needs("openssh"), pytest.mark.slow]


class WorkerProcess:
    """A worker in a process of its own, to be killed."""

    def __init__(self, settings: Settings) -> None:
        names = ("temporal_port", "temporal_ui_port", "temporal_metrics_port", "intake_port")
        own = {f"DRIFTVAKT_{name.upper()}": str(getattr(settings, name)) for name in names}
        self._environment = {**os.environ, **own, "DRIFTVAKT_HOME": str(settings.home), "DRIFTVAKT_SSH_THREADS": "128"}
        self.log = settings.home / "worker.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or another one after it was killed."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "starter.cli", "worker"], env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """`kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@dataclass(frozen=True)
class Instance:
    """One operation on an application of its own, whose worker is killed at one of its steps."""

    walk: Walk
    application: str
    step: str

    @property
    def name(self) -> str:
        return f"{self.walk.kind.value}, killed at {self.step!r}"

    async def start(self, client: Client) -> WorkflowHandle[object, OperationOutcome]:
        return await client.start_workflow(
            self.walk.kind.value,
            self.walk.order(self.application),
            id=operation_id(self.walk.kind.value, self.application, "1"),
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
        )


def instances() -> list[Instance]:
    return [
        Instance(walk, f"acme.{walk.kind.value}-{number}", step)
        for walk in WALKS
        for number, step in enumerate(walk.steps)
    ]


@contextmanager
def _worker(server: TemporalServer) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(server.settings)
    worker.start()
    try:
        yield worker
    finally:
        worker.kill()


async def test_a_worker_killed_at_any_step_of_any_operation_leaves_each_effect_counted_once(tmp_path: Path) -> None:
    every, marks = instances(), Marks(tmp_path / "marks")
    with many_hosts(len(every)) as hosts, real_server(tmp_path / "home") as server:
        upgrade(server.settings.records_url)
        client = await server.client()
        dossiers = []
        for one, host in zip(every, hosts, strict=True):
            one.walk.prepare(marks, one.application)
            marks.hold(one.application, one.step)
            parts = one.walk.parts(marks, one.application)
            dossier = marks.dossier(one.application, host, parts)
            dossiers.append(read_dossier(write(dossier, tmp_path / "dossiers" / f"{one.application}.yaml")))
        records = Records(server.settings.records_url)
        await publish(client, records, dossiers, "tests")
        records.close()
        with _worker(server) as worker:
            handles = [await one.start(client) for one in every]
            await _until_held(marks, every)
            worker.kill()
            # Half of them end while nobody looks, the others while they are followed again.
            for one in every[::2]:
                marks.release(one.application, one.step)
            worker.start()
            for one in every[1::2]:
                marks.release(one.application, one.step)
            outcomes = await asyncio.gather(*(handle.result() for handle in handles))
    for one, outcome in zip(every, outcomes, strict=True):
        marked = [f"{mark} {step}" for step in one.walk.steps for mark in ("begin", "end")]
        assert marks.seen(one.application) == marked, one.name
        assert outcome.end is one.walk.ends, f"{one.name}: {outcome.summary}"


async def _until_held(marks: Marks, every: list[Instance]) -> None:
    """Wait until every operation is in the middle of the step at which its worker is to die."""
    left = list(every)
    try:
        async with asyncio.timeout(120):
            while left := [one for one in left if marks.seen(one.application)[-1:] != [f"begin {one.step}"]]:
                await asyncio.sleep(0.1)
    except TimeoutError:
        seen = {one.name: marks.seen(one.application) for one in left}
        raise AssertionError(f"these did not come to their step: {seen}") from None
