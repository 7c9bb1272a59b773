"""`driftvakt up`: a whole installation on one machine."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from activities.records import Records, upgrade
from models.dossier import Dossier
from models.errors import DossierError, SettingsError
from models.names import WORKFLOW_QUEUE, site_queue
from models.people import DRIFTVAKT
from models.settings import Settings
from starter.dossier.publishing import Published, publish
from starter.installation.leftovers import end_left_behind
from starter.installation.pollers import somebody_polls
from starter.installation.search_attributes import register_search_attributes
from starter.installation.settings_in_use import in_use
from starter.installation.supervisor import Part, Supervisor, listens, only_one
from starter.installation.temporal import connect, connect_patiently
from starter.installation.temporal_server import server_command

log = logging.getLogger("driftvakt.up")

_UNTIL_HEALTHY: Final = 60.0
_UNTIL_SERVED: Final = 60.0


class Installation:
    """A running installation: its supervisor, a client, and its records."""

    def __init__(self, settings: Settings) -> None:
        self.embedded = settings.temporal_address is None
        # Said outright, so that no TEMPORAL_ADDRESS of the environment leads the parts to another server.
        self.settings = settings.model_copy(update={"temporal_address": settings.temporal_target})
        self.supervisor = Supervisor()
        self.client: Client
        self.records: Records

    async def start(self) -> None:
        """Start all parts, each once those that it needs serve."""
        settings = self.settings
        await self._end_left_behind()
        await self._ports_are_free()
        make_intake_token(settings)
        await asyncio.to_thread(upgrade, settings.records_url)
        self.records = Records(settings.records_url)
        if self.embedded:
            await self.supervisor.add(self.part("temporal", server_command(settings)))
        self.client = await self._connect()
        await register_search_attributes(self.client)
        await self.supervisor.add(self.part("worker", [*_driftvakt(), "worker"]))
        await self.supervisor.add(self.part("intake", [*_driftvakt(), "intake"]))

    async def _connect(self) -> Client:
        if not self.embedded:
            return await connect(self.settings)
        # Our own server listens a moment before it is healthy.
        async with asyncio.timeout(_UNTIL_HEALTHY):
            return await connect_patiently(self.settings)

    async def publish(self, dossiers: list[Dossier]) -> list[Published]:
        """Publish dossiers in Driftvakt's own name: what starts with the machine has nobody at its keyboard."""
        return await publish(self.client, self.records, dossiers, DRIFTVAKT)

    async def until_sites_are_served(self) -> None:
        """Wait until a worker takes work for each site; the worker looks every few seconds whether sites were published."""
        waited_for = set(await asyncio.to_thread(self._sites))
        deadline = time.monotonic() + _UNTIL_SERVED
        while waited_for and time.monotonic() < deadline:
            waited_for -= {site for site in waited_for if await self._is_served(site)}
            await asyncio.sleep(0.2 if waited_for else 0)
        for site in sorted(waited_for):
            log.warning("no worker serves site %s yet; `driftvakt doctor` says whether one does by then", site)

    def _sites(self) -> Iterator[str]:
        """Those that the worker serves: of the settings, else of all published dossiers that can be read."""
        yield from self.settings.sites
        for name in [] if self.settings.sites else self.records.applications():
            with suppress(DossierError):
                dossier = self.records.current_dossier(name)
                yield from dossier.architecture.sites if dossier else ()

    async def _is_served(self, site: str) -> bool:
        try:
            return await somebody_polls(self.client, site_queue(site), workflows=False)
        except RPCError:
            return False

    async def stop(self) -> None:
        """Stop all parts; what they did is kept."""
        await self.supervisor.stop()

    def part(self, name: str, command: list[str]) -> Part:
        """A process of this installation."""
        home = self.settings.home
        ready = {"temporal": self._temporal_serves, "worker": self._worker_polls, "intake": self._intake_is_ready}[name]
        return Part(
            name=name,
            command=command,
            log=home / "logs" / f"{name}.log",
            pid=home / "run" / f"{name}.pid",
            ready=ready,
            environment={
                "DRIFTVAKT_HOME": str(home),
                "DRIFTVAKT_TEMPORAL_ADDRESS": self.settings.temporal_target,
            },
        )

    async def _end_left_behind(self) -> None:
        if ended := await asyncio.to_thread(end_left_behind, self.settings.home):
            named = ", ".join(f"{one.part} (process {one.pid})" for one in ended)
            log.warning(
                "an earlier run in %s was killed; its parts still ran and were ended: %s", self.settings.home, named
            )

    async def _ports_are_free(self) -> None:
        settings = self.settings
        wanted = {"intake_port": (settings.intake_host, settings.intake_port)}
        if self.embedded:
            for name in ("temporal_port", "temporal_ui_port", "temporal_metrics_port"):
                wanted[name] = (settings.temporal_host, getattr(settings, name))
        for name, (host, port) in wanted.items():
            if await listens(host, port):
                raise SettingsError(
                    f"port {port} is taken by another program; set {name} (DRIFTVAKT_{name.upper()}) to a free one"
                )

    async def _temporal_serves(self) -> bool:
        return await listens(self.settings.temporal_host, self.settings.temporal_port)

    async def _worker_polls(self) -> bool:
        if not self.settings.workflow_worker:
            return True
        try:
            return await somebody_polls(self.client, WORKFLOW_QUEUE, workflows=True)
        except RPCError:
            return False

    async def _intake_is_ready(self) -> bool:
        return await listens(self.settings.intake_host, self.settings.intake_port)


@asynccontextmanager
async def installation(settings: Settings) -> AsyncIterator[Installation]:
    """An installation that runs as long as the block."""
    with only_one(settings.home), in_use(settings, "up"):
        running = Installation(settings)
        try:
            await running.start()
            yield running
        finally:
            await running.stop()
            if hasattr(running, "records"):
                running.records.close()


def make_intake_token(settings: Settings) -> Path | None:
    """Where no source of alarms is set, make a token for one, so that the first alarm needs no configuration."""
    if settings.intake_sources:
        return None
    path = settings.default_token
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32) + "\n")
    return path


def _driftvakt() -> list[str]:
    return [sys.executable, "-m", "starter.cli"]
