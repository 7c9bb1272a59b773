"""One command on one channel: nothing waits beyond the deadline, nothing grows with the output, a silent link is noticed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import paramiko

from activities.ssh.deadline import Deadline
from activities.ssh.errors import translate
from activities.ssh.frames import Answer, AnswerReader
from activities.ssh.pulse import Pulse
from activities.ssh.watchdog import Watched
from models.errors import HostError, HostRefusedError, HostUnreachableError

STAGE = 10.0
"""Longest wait, in seconds, for a session to open or a command to be accepted on a connection that stands."""
_TURN = 0.5
_ASK_EVERY = 3.0
_SILENT_AFTER = 10.0
_CHUNK = 64 * 1024
_NO_SHELL = (1, 126, 127)


class OverdueError(HostUnreachableError):
    """The deadline passed while the host was still at work; the connection itself may be well."""


@dataclass
class Kept:
    """The first bytes of a stream, and how many there were."""

    limit: int
    data: bytes = b""
    total: int = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self.data += data[: self.limit - len(self.data)]
        self.total += len(data)


class Session:
    """A channel for one command. `watched` guards what paramiko cannot bound; `give_up` ends the whole connection."""

    def __init__(
        self, channel: paramiko.Channel, host: str, deadline: Deadline, watched: Watched, give_up: Callable[[], None]
    ) -> None:
        self._channel = channel
        self._host = host
        self._deadline = deadline
        self._watched = watched
        self._give_up = give_up
        self._heard = time.monotonic()
        self._asked = self._heard

    def execute(self, line: str) -> None:
        """Hand a line to the login shell; raise `HostRefusedError` when the host takes no commands."""
        self._watched.deadline = self._deadline.within(STAGE)
        try:
            self._channel.exec_command(line)
        except (paramiko.SSHException, EOFError, OSError) as error:
            if self._alive():
                raise HostRefusedError(f"{self._host}: the host accepts no commands from this user") from None
            raise translate(error, self._host, "starting a command") from None
        self._watched.deadline = self._deadline
        self._channel.settimeout(_TURN)
        self._heard = self._asked = time.monotonic()

    def answer(self, mark: str, pulse: Pulse) -> Answer:
        """Wait for the far side's framed answer; raise `HostUnreachableError` when the link is lost or silent."""
        reader = AnswerReader(mark)
        errors = Kept(2048)
        while reader.answer is None:
            try:
                data = self._next(pulse, errors)
                if not data:
                    raise self._ended_early(reader.heard, errors)
                reader.feed(data)
            except ValueError as error:
                raise HostUnreachableError(f"{self._host}: {error}") from None
            except HostError:
                if reader.partial is not None:
                    return reader.partial
                raise
        return reader.answer

    def collect(self, out: Kept, err: Kept, pulse: Pulse) -> int | None:
        """Take all output of a plain command; return its exit status, None when it was ended by a signal."""
        while True:
            data = self._next(pulse, err, beats=False)
            out.add(data)
            if not data or (self._channel.exit_status_ready() and not self._channel.recv_ready()):
                break
        end = Deadline.after(0.3)
        while not self._channel.exit_status_ready() or not (self._channel.eof_received or self._channel.closed):
            # What a process left behind still holds open is not waited for.
            if end.over:
                break
            time.sleep(0.005)
        self._drain(out, err)
        status = self._channel.recv_exit_status() if self._channel.exit_status_ready() else -1
        if status == -1 and not self._alive():
            raise HostUnreachableError(f"{self._host}: the connection was lost while the command ran")
        return None if status == -1 else status

    def _drain(self, out: Kept, err: Kept) -> None:
        while self._channel.recv_ready():
            out.add(self._channel.recv(_CHUNK))
        while self._channel.recv_stderr_ready():
            err.add(self._channel.recv_stderr(_CHUNK))

    def _next(self, pulse: Pulse, errors: Kept, *, beats: bool = True) -> bytes:
        """Wait for the next bytes of standard output; empty when there are no more."""
        while True:
            pulse()
            if self._deadline.over:
                raise OverdueError(f"{self._host}: not finished in time")
            while self._channel.recv_stderr_ready():
                errors.add(self._channel.recv_stderr(_CHUNK))
            if not beats and self._channel.exit_status_ready() and not self._channel.recv_ready():
                return b""
            self._channel.settimeout(min(_TURN if beats else 0.1, max(0.01, self._deadline.left())))
            try:
                data = self._channel.recv(_CHUNK)
            except TimeoutError:
                if beats:
                    self._keep_link()
                continue
            self._heard = time.monotonic()
            return data

    def _keep_link(self) -> None:
        now = time.monotonic()
        if now - self._heard > _SILENT_AFTER:
            self._give_up()
            raise HostUnreachableError(f"{self._host}: the link has gone silent")
        if now - self._asked > _ASK_EVERY:
            self._asked = now
            try:
                self._channel.sendall(b"\n")
            except (OSError, EOFError, paramiko.SSHException) as error:
                raise translate(error, self._host, "asking whether it is still there") from None

    def _alive(self) -> bool:
        # paramiko closes the channels of a connection that ends a moment before it says that it has ended.
        transport = self._channel.get_transport()
        if self._channel.closed and transport is not None:
            transport.join(0.2)
        return transport is not None and transport.is_active()

    def _ended_early(self, heard: bool, errors: Kept) -> HostError:
        # The exit status comes just before or just after the end of the output.
        self._channel.status_event.wait(0.5)
        status = self._channel.exit_status
        while self._channel.recv_stderr_ready():
            errors.add(self._channel.recv_stderr(_CHUNK))
        if not heard and status in _NO_SHELL and self._alive():
            said = errors.data.decode(errors="replace").strip()[-300:]
            return HostRefusedError(
                f"{self._host}: the login shell cannot run a POSIX shell (exit status {status}: {said})"
            )
        return HostUnreachableError(f"{self._host}: the connection was lost while the host was at work")
