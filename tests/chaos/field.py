"""A real Temporal server, real hosts, and a worker in a process of its own, to be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle

from activities.records import Records, upgrade
from models.dossier.load import read_dossier
from models.hosts import HostTarget
from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import OperationOrder, OperationOutcome
from models.operation_kinds import OperationKind
from models.settings import Settings
from starter.dossier.publishing import publish
from tests.bench.many_hosts import many_hosts
from tests.chaos.marks import Marks, Part, write
from tests.servers import real_server


class WorkerProcess:
    """A worker in a process of its own."""

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


@dataclass
class Application:
    """One application."""

    name: str
    parts: Part
    """What its dossier has besides three components."""
    needs: int = 1
    """So many hosts."""
    hosts: dict[str, HostTarget] = dataclass_field(default_factory=dict)


@dataclass
class Field:
    """Applications on real hosts, a real Temporal server, and a worker."""

    marks: Marks
    client: Client
    worker: WorkerProcess
    applications: list[Application]

    async def start(
        self, kind: OperationKind[Any], order: OperationOrder, key: str = "1"
    ) -> WorkflowHandle[object, OperationOutcome]:
        """Start an operation."""
        return await self.client.start_workflow(
            kind.name,
            order,
            id=operation_id(kind.name, order.application, key),
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
        )

    def waits_on_host(self, application: str, operation: str) -> bool:
        """Whether a command of an operation has come to the host and waits there until others have ended."""
        [hosts] = [one.hosts for one in self.applications if one.name == application]
        states = [Path(host.state_dir or "") for host in hosts.values()]
        said = [path.read_text() for state in states for path in state.glob(f"jobs/{operation}.*/verdict")]
        return "fence waiting\n" in said


@asynccontextmanager
async def field(directory: Path, marks: Marks, applications: Sequence[Application]) -> AsyncIterator[Field]:
    """Publish applications, give each hosts of its own, and run a worker for them."""
    with many_hosts(sum(one.needs for one in applications)) as hosts, real_server(directory / "home") as server:
        left = iter(hosts)
        for one in applications:
            one.hosts |= {f"h{n}": next(left) for n in range(1, one.needs + 1)}
            marks.know(one.hosts)
        upgrade(server.settings.records_url)
        client = await server.client()
        dossiers = [
            read_dossier(
                write(marks.dossier(one.name, one.hosts, one.parts), directory / "dossiers" / f"{one.name}.yaml")
            )
            for one in applications
        ]
        records = Records(server.settings.records_url)
        await publish(client, records, dossiers, "tests")
        records.close()
        worker = WorkerProcess(server.settings)
        worker.start()
        try:
            yield Field(marks, client, worker, list(applications))
        finally:
            worker.kill()
