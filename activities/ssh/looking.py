"""A plain command on a host, for probes and looks: one channel, no job, nothing left behind."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

from activities.ssh import scripts
from activities.ssh.deadline import Deadline
from activities.ssh.pool import Pool
from activities.ssh.pulse import Pulse, no_pulse
from activities.ssh.session import Kept, OverdueError
from models.hosts import HostTarget
from models.jobs import STREAM_LIMIT

_NOISE = 256 * 1024


@dataclass(frozen=True)
class CommandOutput:
    """What a command said."""

    exit_status: int | None
    """None when it is not known: the time was over, or a signal ended the command."""
    stdout: str
    """The first MiB, decoded with replacement."""
    stderr: str
    stdout_bytes: int = 0
    """How much there was in all."""
    stderr_bytes: int = 0
    seconds: float = 0.0


def look(pool: Pool, host: HostTarget, command: str, deadline: Deadline, pulse: Pulse = no_pulse) -> CommandOutput:
    """Run a shell command that changes nothing and wait for it; raise `HostError`s.

    When the time is over, the command is ended on the host and what it said so far is returned.
    """
    mark = scripts.new_mark()
    line = scripts.command_line(
        scripts.source("process", "look"), [*mark, scripts.sudo(host), *scripts.words(host, command)]
    )
    sign = "".join(mark).encode()
    out, err = Kept(STREAM_LIMIT + _NOISE), Kept(STREAM_LIMIT + _NOISE)
    began = time.monotonic()
    status: int | None = None
    with pool.session(host, deadline, pulse) as session:
        session.execute(line)
        with contextlib.suppress(OverdueError):
            status = session.collect(sign, out, err, pulse)
    stdout, stdout_bytes = _after(sign, out)
    stderr, stderr_bytes = _after(sign, err)
    return CommandOutput(status, stdout, stderr, stdout_bytes, stderr_bytes, time.monotonic() - began)


def _after(sign: bytes, kept: Kept) -> tuple[str, int]:
    """Give what came after the mark: before it stands what the login shell's start-up files printed."""
    at = kept.data.find(sign)
    if at < 0:
        return "", 0
    start = at + len(sign)
    return kept.data[start : start + STREAM_LIMIT].decode(errors="replace"), kept.total - start
