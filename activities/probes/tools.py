"""The tools of a kind of probe: SSH, HTTP clients, threads, and connections that stay open between two probes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar

from activities.probes.finding import ProbeFinding
from activities.probes.names import Names
from models.errors import ProbeError
from models.hosts import HostTarget

_THREADS: Final = 32
"""Blocking probes (SSH commands, SQLite files) at the same time."""

_GRACE: Final = timedelta(seconds=5)
"""Time beyond the timeout that a blocking probe keeps by itself."""


class CommandResult(Protocol):
    """The result of a read-only command on a host."""

    @property
    def exit_status(self) -> int | None:
        """None if it is unknown."""

    @property
    def stdout(self) -> str:
        """The command's output."""

    @property
    def stderr(self) -> str:
        """The command's error output."""


class ReadOnlySsh(Protocol):
    """Runs a read-only command on a host. Blocks until the timeout at most, and raises `HostError`s."""

    def __call__(self, host: HostTarget, command: str, timeout: timedelta) -> CommandResult:
        """Run the command."""


class OpenConnections(Protocol):
    """Connections of one kind that stay open between two probes."""

    async def close(self) -> None:
        """Close all connections."""


_Kept = TypeVar("_Kept", bound=OpenConnections)


class ProbeTools:
    """The tools that all probes of one worker share; for one event loop."""

    def __init__(self, ssh: ReadOnlySsh | None, *, http_clients: int, trust: ssl.SSLContext | None) -> None:
        """`ssh` runs commands on hosts; `trust` replaces the system's certificate store."""
        self._ssh = ssh
        self._host: HostTarget | None = None
        self.http_clients = http_clients
        """How many servers a keeper of HTTP connections may stay connected to."""
        self.trust = trust
        self._names = Names()
        self._kept: dict[Callable[[ProbeTools], Any], Any] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="probe")
        self._thread_slots = asyncio.Semaphore(_THREADS)

    def at(self, host: HostTarget | None) -> ProbeTools:
        """Return the same tools for a probe that runs a command on this host."""
        tools = copy(self)
        tools._host = host
        return tools

    def kept(self, make: Callable[[ProbeTools], _Kept]) -> _Kept:
        """Return the open connections of a kind. They are made at its first probe, and closed with the worker."""
        if make not in self._kept:
            self._kept[make] = make(self)
        kept: _Kept = self._kept[make]
        return kept

    async def find_name(self, host: str, limit: timedelta) -> None:
        """Return when this machine has resolved a name, so that a failure of its own name server does not count against
        the target.

        Raises `socket.gaierror`, or `ProbeError` if no answer comes in time.
        """
        await self._names.find(host, limit.total_seconds())

    async def on_host(
        self, command: str, limit: timedelta, judge: Callable[[CommandResult], ProbeFinding]
    ) -> ProbeFinding:
        """Run a read-only command on the host of the probe, and judge its result."""
        ssh, host = self._ssh, self._host
        if ssh is None:
            raise ProbeError("this worker has no SSH, so it cannot run commands")
        if host is None:
            raise ProbeError("the probe names no host for its command")
        return await self.in_thread(lambda: judge(ssh(host, command, limit)), limit)

    async def in_thread(self, act: Callable[[], ProbeFinding], limit: timedelta) -> ProbeFinding:
        """Run a blocking function that should end by itself within `limit`. Raises TimeoutError a little after that.

        The time counts from the moment at which a thread is free, because waiting for one is not the target's fault.
        """
        async with self._thread_slots, asyncio.timeout((limit + _GRACE).total_seconds()):
            return await asyncio.get_running_loop().run_in_executor(self._threads, act)

    async def close(self) -> None:
        """Close all connections. A blocking probe in progress ends by its own timeout."""
        for kept in self._kept.values():
            await kept.close()
        self._names.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
