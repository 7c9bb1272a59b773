"""Parts that still run although their supervisor was killed. They are recognised by their environment.

The next run ends them before it starts its own parts.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PART: Final = "DRIFTVAKT_PART"
"""The environment variable with the part's name; the supervisor sets it, and child processes inherit it."""

HOME: Final = "DRIFTVAKT_HOME"

_LAST: Final = "temporal"
"""This part ends after the others, because they need it."""

_PROC: Final = Path("/proc")


@dataclass(frozen=True)
class Leftover:
    """A process of an earlier run."""

    part: str
    pid: int


def left_behind(home: Path) -> list[Leftover]:
    """Return the processes that an earlier supervisor started in this home directory.

    A process id in a file is no proof: the id may belong to another process by now, and the home may be a copy of one in which
    an installation runs.
    """
    found = ((pid, _environment(pid)) for pid in _numbers(home) if pid != os.getpid())
    return [Leftover(given[PART], pid) for pid, given in found if PART in given and _same(given.get(HOME, ""), home)]


def end_left_behind(home: Path, patience: float = 20.0) -> list[Leftover]:
    """End the leftovers, Temporal last, and remove the pid files. Return the leftovers.

    Processes that do not end within `patience` seconds after SIGTERM get SIGKILL. The caller must hold the home directory, so
    that nobody else starts parts there.
    """
    found = left_behind(home)
    _end([one for one in found if one.part != _LAST], home, patience)
    _end([one for one in found if one.part == _LAST], home, patience)
    for file in (home / "run").glob("*.pid"):
        file.unlink(missing_ok=True)
    return found


def _end(leftovers: list[Leftover], home: Path, patience: float) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + patience
        for one in leftovers:
            _signal(one, home, number)
        while leftovers and time.monotonic() < deadline:
            alive = set(left_behind(home))
            leftovers = [one for one in leftovers if one in alive]
            time.sleep(0.05 if leftovers else 0)


def _signal(one: Leftover, home: Path, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        if not hasattr(os, "pidfd_open"):
            os.kill(one.pid, number)
            return
        # The pidfd refers to this process only: another one that gets the same id cannot receive the signal.
        process = os.pidfd_open(one.pid)
        try:
            if one in left_behind(home):
                signal.pidfd_send_signal(process, number)
        finally:
            os.close(process)


def _numbers(home: Path) -> Iterator[int]:
    if _PROC.joinpath("self").exists():
        yield from (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
        return
    for file in (home / "run").glob("*.pid"):
        with contextlib.suppress(OSError, ValueError):
            yield int(file.read_text())


def _environment(pid: int) -> Mapping[str, str]:
    """Return the environment with which a process was started; empty when we are not allowed to read it."""
    if _PROC.joinpath("self").exists():
        with contextlib.suppress(OSError):
            words = (_PROC / str(pid) / "environ").read_bytes().decode(errors="surrogateescape").split("\0")
            return dict(word.partition("=")[::2] for word in words)
        return {}
    # macOS has no /proc. A home with a space in its path is not recognised there.
    shown = subprocess.run(["ps", "eww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return dict(word.partition("=")[::2] for word in shown.stdout.split())


def _same(path: str, home: Path) -> bool:
    try:
        return Path(path).samefile(home)
    except OSError:
        return False
