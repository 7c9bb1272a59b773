"""Runs the HTTP server of the alarm intake."""

from __future__ import annotations

import asyncio
import ctypes
import resource
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

import uvicorn
from starlette.applications import Starlette
from temporalio.client import Client

from activities.alarms.gathering import GatheringReporter
from activities.alarms.reporter import WatchReporter
from activities.records import Records
from activities.records.heartbeats import SourceHeartbeats
from models.errors import SettingsError
from models.settings import Settings
from starter.connection.temporal import connect
from starter.intake.app import Intake, database_check, temporal_check
from starter.intake.connections import Connections
from starter.intake.delivery import IntakeDelivery
from starter.intake.sources import Sources, authorization

_PATIENCE: Final = timedelta(seconds=15)
"""Timeout of a watch's acknowledgement; after it, the sender gets 503 and must send again."""

_OPEN_FILES: Final = 8192
"""The wanted limit of open files. Many systems allow only 1,024, which half-open TLS connections can exhaust."""

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""`M_ARENA_MAX` from glibc's `malloc.h`."""

_BACKLOG: Final = 1024
_GRACE_S: Final = 20


async def serve(settings: Settings) -> None:
    """Run the intake until this task is cancelled; then finish the requests in progress.

    The intake starts without Temporal and without the database, and answers 503 until both are available. The tables of the
    records must exist. Raise `SettingsError` when the address is in use or the TLS files cannot be used.
    """
    records = Records(settings.records_url)
    sources = Sources(settings.alarm_sources)
    try:
        app = make_app(settings, await connect(settings, lazy=True), records, sources)
        with _listening(settings) as listener:
            await _run(_server(settings, app, sources), listener)
    finally:
        records.close()


def make_app(settings: Settings, client: Client, records: Records, sources: Sources | None = None) -> Starlette:
    """Return the intake's web application with its real parts."""
    reporter = GatheringReporter(WatchReporter(client, patience=_PATIENCE))
    delivery = IntakeDelivery(reporter, records, settings.provider_application)
    checks = {"temporal": temporal_check(client), "database": database_check(records)}
    return Intake(
        sources or Sources(settings.alarm_sources), delivery, checks, SourceHeartbeats(records.database)
    ).app()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle no signals: the caller handles them, and stops the server by cancelling its task."""
        yield


def _server(settings: Settings, app: Starlette, sources: Sources) -> _Server:
    _allow_open_files()
    _give_memory_back()
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        http=Connections(lambda headers: sources.whose(authorization(headers)) is not None).protocol(),
        ws="none",
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=settings.intake_tls_certificate,
        ssl_keyfile=settings.intake_tls_key,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"intake_tls_certificate or intake_tls_key cannot be used: {error}") from None
    return _Server(config)


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _give_memory_back() -> None:
    """Make glibc return large blocks of memory; else it keeps some for each thread that has read a large body."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 128 * 1024)
        libc.mallopt(_M_ARENA_MAX, 2)


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    # Uvicorn would end the process if the address is in use.
    host, port = settings.intake_host, settings.intake_port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise SettingsError(
            f"the intake cannot listen on {host}:{port}: {error.strerror or error}; set intake_host and intake_port"
        ) from None
    with listener:
        yield listener


async def _run(server: _Server, listener: socket.socket) -> None:
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        server.should_exit = True
        await running
        raise
