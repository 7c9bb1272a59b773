"""Temporal servers for the tests: the real one by the project's own command line, and the time-skipping one."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sysconfig
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment

from models.converter import data_converter
from models.names import SCHEDULED_BY
from models.operation import OperationOrder
from models.people import SCHEDULE
from models.settings import Settings
from starter.connection.temporal import connect_patiently
from starter.installation.search_attributes import add_search_attributes
from starter.installation.temporal_server import server_command
from tests.ports import free_ports

SKIPPING_SERVER = Path(sysconfig.get_path("scripts")) / "temporal-test-server"

SKIPS_TIME = "skips time"
"""What a client of the time-skipping server is called, so that workers can tell which server they serve."""


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 90) -> None:
    """Wait until somebody listens, or the process has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


@dataclass
class TemporalServer:
    """A real server; kill and start as a test wants."""

    settings: Settings
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(server_command(self.settings), stdout=log, stderr=log)
        wait_for_port(self.settings.temporal_port, self.process)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def ended(self) -> bool:
        """Whether its process has ended."""
        return self.process is None or self.process.poll() is not None

    async def client(self) -> Client:
        """A client of it; the server listens a moment before it is healthy. Without one, say how the server's log ends."""
        try:
            async with asyncio.timeout(90):
                return await connect_patiently(self.settings)
        except TimeoutError as error:
            log = self._log.read_text(errors="replace") if self._log.exists() else "(no log)"
            raise RuntimeError(
                f"the server gave no client for 90 s; ended: {self.ended}; its log:\n{log[-3000:]}"
            ) from error

    @property
    def _log(self) -> Path:
        return self.settings.home / "temporal.log"


def server_settings(home: Path) -> Settings:
    """Settings of an installation of its own, on free ports."""
    temporal, ui, metrics, intake = free_ports(4)
    return Settings(
        home=home, temporal_port=temporal, temporal_ui_port=ui, temporal_metrics_port=metrics, intake_port=intake
    )


@contextmanager
def real_server(home: Path) -> Iterator[TemporalServer]:
    """A real server for a while."""
    server = TemporalServer(server_settings(home))
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Namespaces:
    """A real server for each test, as far as a test can see: a namespace of its own, on a server that others had before it.

    A server costs a second of processor time to start, a namespace hundredths of it. Each namespace costs a little for as long as
    its server lives, so after some of them there is a new server; also where a test has killed it.
    """

    _ON_ONE_SERVER = 12

    def __init__(self, home: Path) -> None:
        self._home = home
        self._given = 0
        self._server: TemporalServer | None = None

    async def next(self) -> TemporalServer:
        """The server, as one whose only namespace is a new one."""
        if self._server is None or self._server.ended or self._given % self._ON_ONE_SERVER == 0:
            self.close()
            self._server = TemporalServer(server_settings(self._home / str(self._given)))
            self._server.start()
        self._given += 1
        name = f"test-{self._given}"
        client = await self._server.client()
        request = RegisterNamespaceRequest(namespace=name)
        request.workflow_execution_retention_period.FromTimedelta(timedelta(days=1))
        await client.workflow_service.register_namespace(request)
        settings = self._server.settings.model_copy(update={"temporal_namespace": name})
        given = TemporalServer(settings, self._server.process)
        await add_search_attributes(await given.client())
        return given

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.kill()


@asynccontextmanager
async def skipping_environment() -> AsyncIterator[WorkflowEnvironment]:
    """A server whose time runs as fast as nobody works."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(SKIPPING_SERVER), data_converter=data_converter, identity=SKIPS_TIME
    ) as environment:
        await add_search_attributes(environment.client)
        attributes = {SCHEDULED_BY: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD}  # which a real server has
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=environment.client.namespace, search_attributes=attributes)
        )
        yield environment


async def pass_time(environment: WorkflowEnvironment, span: timedelta) -> None:
    """Let time pass on the server that skips it, however much happens meanwhile; the SDK's own sleep gives up after 30 s."""
    request = SleepRequest()
    request.duration.FromTimedelta(span)
    await environment.client.test_service.unlock_time_skipping_with_sleep(request, timeout=timedelta(minutes=5))


def as_scheduled(order: OperationOrder) -> TypedSearchAttributes | None:
    """The search attribute that the server gives to what a schedule starts, where the order is one of a schedule."""
    if order.by != SCHEDULE:
        return None
    return TypedSearchAttributes([SearchAttributePair(SearchAttributeKey.for_keyword(SCHEDULED_BY), "nightly")])
