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
from starter.connection.pollers import somebody_polls
from starter.connection.temporal import connect, connect_patiently
from starter.dossier.publishing import Published, publish
from starter.installation.leftovers import end_left_behind
from starter.installation.search_attributes import register_search_attributes
from starter.installation.settings_in_use import in_use
from starter.installation.supervisor import Part, Supervisor, listens, only_one
from starter.installation.temporal_server import server_command

log = logging.getLogger("driftvakt.up")

_UNTIL_HEALTHY: Final = 60.0
_UNTIL_SERVED: Final = 60.0
_UNTIL_CLOSED: Final = 10.0
"""A process that ends returns its memory, and with it the mark by which we know it, a moment before it closes its sockets."""


class Installation:
    """A running installation: its supervisor, a client, and its records."""

    def __init__(self, settings: Settings) -> None:
        self.embedded = settings.temporal_address is None
        # Set explicitly, so that TEMPORAL_ADDRESS in the environment cannot send the parts to another server.
        self.settings = settings.model_copy(update={"temporal_address": settings.temporal_target})
        self.supervisor = Supervisor()
        self.client: Client
        self.records: Records

    async def start(self) -> None:
        """Start the parts in order; each starts when the parts that it needs serve."""
        settings = self.settings
        some_ended = await self._end_left_behind()
        await self._ports_are_free(_UNTIL_CLOSED if some_ended else 0)
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
        # The embedded server accepts connections a moment before it is healthy.
        async with asyncio.timeout(_UNTIL_HEALTHY):
            return await connect_patiently(self.settings)

    async def publish(self, dossiers: list[Dossier]) -> list[Published]:
        """Publish dossiers in the name of Driftvakt, because `driftvakt up` may run as a service without a person."""
        return await publish(self.client, self.records, dossiers, DRIFTVAKT)

    async def until_sites_are_served(self) -> None:
        """Wait until a worker polls for each site; the worker reads the published sites every few seconds."""
        waited_for = set(await asyncio.to_thread(self._sites))
        deadline = time.monotonic() + _UNTIL_SERVED
        while waited_for and time.monotonic() < deadline:
            waited_for -= {site for site in waited_for if await self._is_served(site)}
            await asyncio.sleep(0.2 if waited_for else 0)
        for site in sorted(waited_for):
            log.warning("no worker serves site %s yet; check it later with `driftvakt doctor`", site)

    def _sites(self) -> Iterator[str]:
        """Yield the sites that the worker serves: those of the settings, else those of all readable published dossiers."""
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
        """Stop all parts; their data stays."""
        await self.supervisor.stop()

    def part(self, name: str, command: list[str]) -> Part:
        """Return a part of this installation, as a process for the supervisor."""
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

    async def _end_left_behind(self) -> bool:
        if ended := await asyncio.to_thread(end_left_behind, self.settings.home):
            named = ", ".join(f"{one.part} (process {one.pid})" for one in ended)
            log.warning(
                "an earlier run in %s was killed; its parts still ran and were stopped: %s", self.settings.home, named
            )
        return bool(ended)

    async def _ports_are_free(self, patience: float) -> None:
        """Raise `SettingsError` if a port is still taken after `patience` seconds."""
        settings = self.settings
        wanted = {"intake_port": (settings.intake_host, settings.intake_port)}
        if self.embedded:
            for name in ("temporal_port", "temporal_ui_port", "temporal_metrics_port"):
                wanted[name] = (settings.temporal_host, getattr(settings, name))
        deadline = time.monotonic() + patience
        for name, (host, port) in wanted.items():
            while await listens(host, port):
                if time.monotonic() >= deadline:
                    raise SettingsError(
                        f"port {port} is used by another program; set {name} (DRIFTVAKT_{name.upper()}) to a free one"
                    )
                await asyncio.sleep(0.05)

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
    """Run an installation during the block."""
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
    """Create a token if no source of alarms is configured, so that the first alarm needs no settings. Return its file."""
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
