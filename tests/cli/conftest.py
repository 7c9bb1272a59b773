"""What the tests of the commands share: an installation's home and server, and a way to give commands."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.client import Client
from typer.testing import CliRunner, Result

from activities.records import Records, upgrade
from models.dossier import Dossier
from models.settings import Settings
from starter.cli import app
from tests.ports import free_ports
from tests.records.dossiers import shop
from tests.servers import Namespaces, TemporalServer
from tests.workflows.world import World


def command(*arguments: str) -> Result:
    """Give a command in this process; whatever it raises fails the test."""
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


async def beside(*arguments: str) -> Result:
    """Give a command in a thread, as another process would beside the workers."""
    return await asyncio.to_thread(command, *arguments)


@dataclass
class Site:
    """An installation: its server, its records, and a scripted world behind its workers."""

    server: TemporalServer
    records: Records
    world: World

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Client]:
        """With a worker, whose client is given."""
        client = await self.server.client()
        async with self.world.worker(client):
            yield client

    def keep(self) -> None:
        """Put into the records what the world's incidents have written."""
        for batch in self.world.records:
            self.records.write(batch)


@pytest.fixture(autouse=True)
def _own_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of nobody else, nothing that answers, and a wide terminal."""
    for name in [n for n in os.environ if n.startswith(("TEMPORAL_", "DRIFTVAKT_")) and n != "DRIFTVAKT_HOME"]:
        monkeypatch.delenv(name)
    ports = free_ports(4)
    for name, port in zip(("TEMPORAL", "TEMPORAL_UI", "TEMPORAL_METRICS", "INTAKE"), ports, strict=True):
        monkeypatch.setenv(f"DRIFTVAKT_{name}_PORT", str(port))
    monkeypatch.setenv("DRIFTVAKT_USER", "anna@supplier.example")
    monkeypatch.setenv("COLUMNS", "250")


@pytest.fixture
def dossier() -> Dossier:
    """Of acme.shop."""
    return shop()


@pytest.fixture
def records(dossier: Dossier) -> Iterator[Records]:
    """Records in which acme.shop is published."""
    settings = Settings()
    upgrade(settings.records_url)
    records = Records(settings.records_url)
    records.publish_dossier(dossier, "ann")
    yield records
    records.close()


@pytest.fixture
async def site(records: Records, namespaces: Namespaces, monkeypatch: pytest.MonkeyPatch) -> Site:
    """An installation whose web component is down."""
    server = await namespaces.next()
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_PORT", str(server.settings.temporal_port))
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_NAMESPACE", server.settings.temporal_namespace)
    return Site(server, records, World(down={"web"}))
