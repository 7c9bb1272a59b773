"""Keeps the parts of an installation running on one machine. Each part is a process, which is restarted when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from models.errors import SettingsError, UserError
from starter.installation.leftovers import PART
from starter.installation.private import MASK, tighten

log = logging.getLogger("driftvakt.up")

_LONGEST_PAUSE: Final = 5.0
_STEADY: Final = 30.0
"""Seconds that a process must run before its earlier ends no longer delay a restart."""

_GRACE: Final = 20.0


@dataclass
class Part:
    """A process to keep running. `ready` returns whether it serves; `log` and `pid` are files in the home directory."""

    name: str
    command: Sequence[str]
    log: Path
    pid: Path
    ready: Callable[[], Awaitable[bool]]
    environment: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    deaths: int = 0

    async def start(self) -> None:
        """Start the process with its output in the log."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.pid.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log.touch(mode=0o600)
        with self.log.open("ab") as out:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **self.environment, PART: self.name},
                umask=MASK,
                # Only the supervisor gets Ctrl-C. It then ends the parts, the last started one first.
                start_new_session=True,
            )
        with contextlib.suppress(OSError):  # the disk may be full; the part works without the file
            self.pid.touch(mode=0o600)
            self.pid.write_text(f"{self.process.pid}\n")

    async def until_ready(self, within: float = 60.0) -> None:
        """Wait until the process serves. Raise `UserError` with the end of its log after `within` seconds, or when it ends."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if self.process is not None and self.process.returncode is not None:
                break
            if await self.ready():
                return
            await asyncio.sleep(0.1)
        raise UserError(f"{self.name} did not start; the end of {self.log} says: {_tail(self.log)}")

    async def stop(self) -> None:
        """End the process by SIGTERM, and later by SIGKILL."""
        if self.process is None or self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(_GRACE):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        self.pid.unlink(missing_ok=True)


class Supervisor:
    """Starts parts in order, restarts those that end, and stops all in reverse order."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._keepers: list[asyncio.Task[None]] = []

    async def add(self, part: Part) -> None:
        """Start a part, wait until it serves, and keep it running from then on."""
        await part.start()
        self._parts.append(part)
        await part.until_ready()
        self._keepers.append(asyncio.create_task(self._keep(part)))

    async def stop(self) -> None:
        """Stop all parts, the last started one first."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for part in reversed(self._parts):
            await part.stop()

    async def _keep(self, part: Part) -> None:
        while True:
            began = time.monotonic()
            assert part.process is not None
            status = await part.process.wait()
            part.deaths = 1 if time.monotonic() - began > _STEADY else part.deaths + 1
            # The exponent has a limit, too: after hours of restarts, the power would be too large for a float.
            pause = min(0.25 * 2 ** min(part.deaths - 1, 16), _LONGEST_PAUSE)
            log.warning("%s ended (%s); starting it again in %.2g s, see %s", part.name, _how(status), pause, part.log)
            await asyncio.sleep(pause)
            await self._start_again(part)

    @staticmethod
    async def _start_again(part: Part) -> None:
        """Retry until the part starts. A full disk or too many open files are temporary and must not end the supervisor."""
        while True:
            try:
                return await part.start()
            except OSError as error:
                log.warning("%s cannot be started: %s; trying again in %g s", part.name, error, _LONGEST_PAUSE)
                await asyncio.sleep(_LONGEST_PAUSE)


def make_home(home: Path) -> None:
    """Create the home directory if it does not exist, and make it private. Raise `SettingsError` when it cannot be used."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        tighten(home)
        (home / "up.lock").touch(mode=0o600)
    except OSError as error:
        raise SettingsError(f"the home directory {home} cannot be used: {error.strerror}; set DRIFTVAKT_HOME") from None


@contextlib.contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Lock the home directory during the block, because two installations in it would compete for ports and files."""
    make_home(home)
    with (home / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise SettingsError(
                f"driftvakt runs in {home} already (process {lock.read().strip() or 'unknown'}); stop it, or set DRIFTVAKT_HOME"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


async def until_signalled() -> None:
    """Wait for Ctrl-C or SIGTERM, even if the process was started with SIGINT ignored."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()


async def unless_signalled(serving: Coroutine[Any, Any, None]) -> None:
    """Run `serving` until Ctrl-C or SIGTERM, even while it still waits for another part."""
    task, signalled = asyncio.create_task(serving), asyncio.create_task(until_signalled())
    await asyncio.wait([task, signalled], return_when=asyncio.FIRST_COMPLETED)
    ended = task.done()
    task.cancel()
    signalled.cancel()
    try:
        await task
    except asyncio.CancelledError:
        if ended:
            raise


async def listens(host: str, port: int) -> bool:
    """Return whether a process accepts connections at this address."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 1)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


def _how(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def _tail(path: Path) -> str:
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return " / ".join(line.strip() for line in lines[-5:]) or "nothing"
