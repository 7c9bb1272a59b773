"""A read-only command on a host, for probes and checks: one channel, no job, no files."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

from activities.ssh import scripts
from activities.ssh.deadline import Deadline
from activities.ssh.pool import Pool
from activities.ssh.pulse import Pulse, no_pulse
from activities.ssh.session import CapturedOutput, OverdueError
from models.hosts import HostTarget
from models.jobs import STREAM_LIMIT

_NOISE = 256 * 1024


@dataclass(frozen=True)
class CommandOutput:
    """The output of a command."""

    exit_status: int | None
    """None if it is unknown: the deadline passed, or a signal ended the command."""
    stdout: str
    """The first MiB, decoded with replacement characters."""
    stderr: str
    stdout_bytes: int = 0
    """The total size of the output."""
    stderr_bytes: int = 0
    seconds: float = 0.0


def run_read_only(
    pool: Pool, host: HostTarget, command: str, deadline: Deadline, pulse: Pulse = no_pulse
) -> CommandOutput:
    """Run a shell command that changes nothing, and wait for it; raise a `HostError` if that fails.

    At the deadline, the command is stopped on the host, and its output until then is returned.
    """
    mark = scripts.new_mark()
    line = scripts.command_line(
        scripts.source("process", "read_only"), [*mark, scripts.sudo(host), *scripts.words(host, command)]
    )
    sign = "".join(mark).encode()
    out, err = CapturedOutput(STREAM_LIMIT + _NOISE), CapturedOutput(STREAM_LIMIT + _NOISE)
    began = time.monotonic()
    status: int | None = None
    with pool.session(host, deadline, pulse) as session:
        session.execute(line)
        with contextlib.suppress(OverdueError):
            status = session.collect(sign, out, err, pulse)
    stdout, stdout_bytes = _after(sign, out)
    stderr, stderr_bytes = _after(sign, err)
    return CommandOutput(status, stdout, stderr, stdout_bytes, stderr_bytes, time.monotonic() - began)


def _after(sign: bytes, kept: CapturedOutput) -> tuple[str, int]:
    """Return the output after the mark; before the mark is the output of the login shell's start-up files."""
    at = kept.data.find(sign)
    if at < 0:
        return "", 0
    start = at + len(sign)
    return kept.data[start : start + STREAM_LIMIT].decode(errors="replace"), kept.total - start
