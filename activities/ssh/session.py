"""One command on one channel: nothing waits beyond the deadline, nothing grows with the output, a silent link is noticed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import paramiko

from activities.ssh.deadline import Deadline
from activities.ssh.errors import translate
from activities.ssh.frames import AnswerReader, FarSideAnswer
from activities.ssh.pulse import Pulse
from activities.ssh.watchdog import Watched
from models.errors import HostError, HostRefusedError, HostUnreachableError, LoginShellError
from models.hosts import HostTarget

STAGE = 10.0
"""Longest wait, in seconds, for a session to open or a command to be accepted on a connection that stands."""
_TURN = 0.5
_ASK_EVERY = 3.0
_SILENT_AFTER = 10.0
_CHUNK = 64 * 1024
_FIRST_LINE = 10.0
"""Longest wait, in seconds, for our script's first word: the login shell reads its start-up files before it runs anything."""
_SAID = 200
"""Characters of a greeting that are told."""
_LINK = 3.0
"""Longest wait, in seconds, for a sign that a silent connection still stands."""


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
        self._heard = time.monotonic()
        self._asked = self._heard
        self._first_line = Deadline.after(_FIRST_LINE)

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
        self._first_line = Deadline.after(_FIRST_LINE)

    def answer(self, mark: str, pulse: Pulse) -> FarSideAnswer:
        """Wait for the far side's framed answer; raise `HostUnreachableError` when the link is lost or silent.

        `LoginShellError` says that the host answered, but that nothing of ours was run there.
        """
        reader = AnswerReader(mark)
        greeting, errors = Kept(2048), Kept(2048)
        while reader.answer is None:
            try:
                data = self._next(pulse, errors, lambda: reader.heard)
                if not data:
                    if not reader.heard:
                        self._never_ran(greeting, errors)
                    raise HostUnreachableError(f"{self._host}: the connection was lost while the host was at work")
                reader.feed(data)
                if not reader.heard:
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

    def collect(self, mark: bytes, out: Kept, err: Kept, pulse: Pulse) -> int | None:
        """Take all output of a plain command; return its exit status, None when it was ended by a signal.

        `LoginShellError` says that its output is none of ours: the mark, which our script prints first, never came.
        """
        heard = False

        def ours() -> bool:
            nonlocal heard
            heard = heard or mark in out.data
            return heard

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
                    f"{self._host}: the login shell of user {self._user} had not run our command when the time was over"
                ) from None
            raise
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
        if not ours():
            self._never_ran(out, err)
        return None if status == -1 else status

    def _drain(self, out: Kept, err: Kept) -> None:
        while self._channel.recv_ready():
            out.add(self._channel.recv(_CHUNK))
        while self._channel.recv_stderr_ready():
            err.add(self._channel.recv_stderr(_CHUNK))

    def _next(self, pulse: Pulse, errors: Kept, ours: Callable[[], bool], *, beats: bool = True) -> bytes:
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
                if self._first_line.over and not ours():
                    raise self._silent_shell() from None
                if beats:
                    self._keep_link(ours)
                continue
            self._heard = time.monotonic()
            return data

    def _keep_link(self, ours: Callable[[], bool]) -> None:
        now = time.monotonic()
        if ours() and now - self._heard > _SILENT_AFTER:
            self._give_up()
            raise HostUnreachableError(f"{self._host}: the link has gone silent")
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
        """Tell a login shell that hangs from a link that does: over a link that stands, the server answers."""
        transport = self._channel.get_transport()
        try:
            if transport is None:
                raise EOFError
            transport.open_session(timeout=min(_LINK, max(0.1, self._deadline.left()))).close()
        except paramiko.ChannelException:
            pass  # It allows no further session: an answer, too.
        except (paramiko.SSHException, EOFError, OSError):
            self._give_up()
            return HostUnreachableError(f"{self._host}: the link has gone silent")
        return self._login_shell_error(f"nothing came within {_FIRST_LINE:.0f} s")

    def _never_ran(self, out: Kept, err: Kept) -> NoReturn:
        """Raise what is to be said of a login shell that ended without our first word."""
        # The exit status comes just before or just after the end of the output.
        self._channel.status_event.wait(0.5)
        self._drain(out, err)
        if not self._alive():
            raise HostUnreachableError(f"{self._host}: the connection was lost before the host said anything")
        said = " ".join((err.data or out.data).decode(errors="replace").split())[-_SAID:]
        status = self._channel.exit_status
        ended = "it was ended by a signal" if status < 0 else f"it ended with exit status {status}"
        raise self._login_shell_error(f"{ended} and said {said!r}" if said else ended)

    def _login_shell_error(self, seen: str) -> LoginShellError:
        return LoginShellError(
            f"{self._host} answered, but the login shell of user {self._user} never ran our command ({seen}); "
            f"look at that shell and its start-up files: `ssh {self._user}@{self._host} true` must end with exit status 0"
        )
