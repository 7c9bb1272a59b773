"""One command on one channel: no wait exceeds the deadline, memory is bounded, and a silent connection is noticed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import paramiko

from activities.ssh.deadline import Deadline
from activities.ssh.errors import translate
from activities.ssh.frames import AnswerReader, RemoteAnswer
from activities.ssh.pulse import Pulse
from activities.ssh.watchdog import Watched
from models.errors import HostError, HostRefusedError, HostUnreachableError, LoginShellError
from models.hosts import HostTarget

STAGE = 10.0
"""The longest wait, in seconds, for a session to open or a command to be accepted on an open connection."""
_TURN = 0.5
_ASK_EVERY = 3.0
_SILENT_AFTER = 10.0
_CHUNK = 64 * 1024
_FIRST_LINE = 10.0
"""The longest wait, in seconds, for the first word of the script; the login shell reads its start-up files first."""
_SAID = 200
"""Characters of a greeting that an error repeats."""
_LINK = 3.0
"""The longest wait, in seconds, for a sign that a silent connection still works."""


class OverdueError(HostUnreachableError):
    """The deadline passed while the host was still working; the connection itself may be intact."""


@dataclass
class CapturedOutput:
    """The first bytes of a stream, and the total number."""

    limit: int
    data: bytes = b""
    total: int = 0

    def add(self, data: bytes) -> None:
        """Add the next bytes."""
        self.data += data[: self.limit - len(self.data)]
        self.total += len(data)


class Session:
    """A channel for one command. `watched` bounds calls of paramiko without a timeout; `give_up` closes the whole
    connection.
    """

    def __init__(
        self,
        channel: paramiko.Channel,
        target: HostTarget,
        deadline: Deadline,
        watched: Watched,
        give_up: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._host = target.name
        self._user = target.user
        self._deadline = deadline
        self._watched = watched
        self._give_up = give_up
        self._last_data_at = time.monotonic()
        self._asked = self._last_data_at
        self._first_line = Deadline.after(_FIRST_LINE)

    def execute(self, line: str) -> None:
        """Send a line to the login shell; raise `HostRefusedError` if the host accepts no commands."""
        self._watched.deadline = self._deadline.within(STAGE)
        try:
            self._channel.exec_command(line)
        except (paramiko.SSHException, EOFError, OSError) as error:
            if self._alive():
                raise HostRefusedError(f"{self._host}: the host accepts no commands from this user") from None
            raise translate(error, self._host, "starting a command") from None
        self._watched.deadline = self._deadline
        self._channel.settimeout(_TURN)
        self._last_data_at = self._asked = time.monotonic()
        self._first_line = Deadline.after(_FIRST_LINE)

    def answer(self, mark: str, pulse: Pulse) -> RemoteAnswer:
        """Wait for the remote script's framed answer; raise `HostUnreachableError` if the connection is lost or silent.

        `LoginShellError` means that the host answered, but did not run the script.
        """
        reader = AnswerReader(mark)
        greeting, errors = CapturedOutput(2048), CapturedOutput(2048)
        while reader.answer is None:
            try:
                data = self._next(pulse, errors, lambda: reader.answered)
                if not data:
                    if not reader.answered:
                        self._never_ran(greeting, errors)
                    raise HostUnreachableError(f"{self._host}: the connection was lost while the host was at work")
                reader.feed(data)
                if not reader.answered:
                    greeting.add(data)
                    self._not_for_ever()
                if reader.asked:
                    reader.asked = False
                    self._send(b"go\n")
            except ValueError as error:
                raise HostUnreachableError(f"{self._host}: {error}") from None
            except HostError:
                if reader.partial is not None:
                    return reader.partial
                raise
        return reader.answer

    def collect(self, mark: bytes, out: CapturedOutput, err: CapturedOutput, pulse: Pulse) -> int | None:
        """Read all output of a plain command; return its exit status, or None if a signal ended it.

        `LoginShellError` means that the output is not of the script: its mark, printed first, is missing.
        """
        answered = False

        def ours() -> bool:
            nonlocal answered
            answered = answered or mark in out.data
            return answered

        try:
            while True:
                data = self._next(pulse, err, ours, beats=False)
                out.add(data)
                if data and not ours():
                    self._not_for_ever()
                if not data or (self._channel.exit_status_ready() and not self._channel.recv_ready()):
                    break
        except OverdueError:
            if not ours():
                raise HostUnreachableError(
                    f"{self._host}: the login shell of user {self._user} had not run our command when the timeout passed"
                ) from None
            raise
        end = Deadline.after(0.3)
        while not self._channel.exit_status_ready() or not (self._channel.eof_received or self._channel.closed):
            # A process that the command left behind may keep the channel open; do not wait for it.
            if end.over:
                break
            time.sleep(0.005)
        self._drain(out, err)
        status = self._channel.recv_exit_status() if self._channel.exit_status_ready() else -1
        if status == -1 and not self._alive():
            raise HostUnreachableError(f"{self._host}: the connection was lost while the command ran")
        if not ours():
            self._never_ran(out, err)
        return None if status == -1 else status

    def _drain(self, out: CapturedOutput, err: CapturedOutput) -> None:
        while self._channel.recv_ready():
            out.add(self._channel.recv(_CHUNK))
        while self._channel.recv_stderr_ready():
            err.add(self._channel.recv_stderr(_CHUNK))

    def _next(self, pulse: Pulse, errors: CapturedOutput, ours: Callable[[], bool], *, beats: bool = True) -> bytes:
        """Wait for the next bytes of standard output; empty at the end."""
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
                if self._first_line.over and not ours():
                    raise self._silent_shell() from None
                if beats:
                    self._keep_link(ours)
                continue
            self._last_data_at = time.monotonic()
            return data

    def _keep_link(self, ours: Callable[[], bool]) -> None:
        now = time.monotonic()
        if ours() and now - self._last_data_at > _SILENT_AFTER:
            self._give_up()
            raise HostUnreachableError(f"{self._host}: the connection no longer answers")
        if now - self._asked > _ASK_EVERY:
            self._asked = now
            self._send(b"\n")

    def _send(self, line: bytes) -> None:
        try:
            self._channel.sendall(line)
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise translate(error, self._host, "asking whether it is still there") from None

    def _alive(self) -> bool:
        # paramiko closes the channels of a connection that ends a moment before it says that it has ended.
        transport = self._channel.get_transport()
        if self._channel.closed and transport is not None:
            transport.join(0.2)
        return transport is not None and transport.is_active()

    def _not_for_ever(self) -> None:
        if self._first_line.over:
            raise self._login_shell_error(f"for {_FIRST_LINE:.0f} s it printed text of its own")

    def _silent_shell(self) -> HostError:
        """Return whether the login shell or the connection hangs: over an intact connection, the server answers."""
        transport = self._channel.get_transport()
        try:
            if transport is None:
                raise EOFError
            transport.open_session(timeout=min(_LINK, max(0.1, self._deadline.left()))).close()
        except paramiko.ChannelException:
            pass  # It allows no further session: an answer, too.
        except (paramiko.SSHException, EOFError, OSError):
            self._give_up()
            return HostUnreachableError(f"{self._host}: the connection no longer answers")
        return self._login_shell_error(f"no output within {_FIRST_LINE:.0f} s")

    def _never_ran(self, out: CapturedOutput, err: CapturedOutput) -> NoReturn:
        """Raise the error for a login shell that ended without the first word of the script."""
        # The exit status comes just before or just after the end of the output.
        self._channel.status_event.wait(0.5)
        self._drain(out, err)
        if not self._alive():
            raise HostUnreachableError(f"{self._host}: the connection was lost before the host answered")
        said = " ".join((err.data or out.data).decode(errors="replace").split())[-_SAID:]
        status = self._channel.exit_status
        ended = "it was ended by a signal" if status < 0 else f"it ended with exit status {status}"
        raise self._login_shell_error(f"{ended} and printed {said!r}" if said else ended)

    def _login_shell_error(self, seen: str) -> LoginShellError:
        return LoginShellError(
            f"{self._host} answered, but the login shell of user {self._user} never ran our command ({seen}); "
            f"check that shell and its start-up files: `ssh {self._user}@{self._host} true` must end with exit status 0"
        )
