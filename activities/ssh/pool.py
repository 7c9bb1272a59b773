"""SSH connections: one for each combination of host and login, shared by many threads, opened on demand, closed when
idle.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import paramiko

from activities.ssh.connecting import abandon, log_in, tcp
from activities.ssh.credentials import Keyring
from activities.ssh.deadline import Deadline
from activities.ssh.errors import translate
from activities.ssh.pulse import Pulse, no_pulse
from activities.ssh.session import STAGE, Session
from activities.ssh.watchdog import Watchdog
from models.errors import HostError, HostUnreachableError
from models.hosts import HostTarget

SESSIONS = 8
"""The most parallel sessions on one connection; the default limit of OpenSSH (MaxSessions) is 10."""
_TURN = 0.5


@dataclass
class Connection:
    """A logged-in transport, with the number of its users."""

    transport: paramiko.Transport
    via: Connection | None
    sessions: threading.BoundedSemaphore
    users: int = 0
    last_used: float = field(default_factory=time.monotonic)
    fresh: bool = True
    """Whether the connection is unused so far."""

    @property
    def alive(self) -> bool:
        """Whether the connection has shown no error."""
        return self.transport.is_active() and (self.via is None or self.via.alive)

    def chain(self) -> list[Connection]:
        """Return the connection itself and those that it goes through."""
        return [self, *(self.via.chain() if self.via else [])]

    def abandon(self) -> None:
        """Close the connection without waiting."""
        abandon(self.transport)


class Pool:
    """Provides sessions on pooled connections; thread-safe. Call `close` at the end.

    `connect_timeout` and `idle_seconds` are seconds. Requests with the same host, user, credential, pinned keys and
    jump hosts share a connection.
    """

    def __init__(
        self,
        keyring: Keyring | None = None,
        connect_timeout: float = 15.0,
        idle_seconds: float = 300.0,
        sessions: int = SESSIONS,
    ) -> None:
        self._keyring = keyring or Keyring()
        self._connect_timeout = connect_timeout
        self._idle_seconds = idle_seconds
        self._sessions = sessions
        self._lock = threading.Lock()
        self._connections: dict[str, Connection] = {}
        self._flights: dict[str, Future[None]] = {}
        self._retired: list[Connection] = []
        self._closed = False
        self._watchdog = Watchdog(self._close_idle, max(0.2, min(15.0, idle_seconds / 4)))

    @contextmanager
    def session(self, target: HostTarget, deadline: Deadline, pulse: Pulse = no_pulse) -> Iterator[Session]:
        """Open a session (a channel for one command) on a host; raise a `HostError`, and `HostUnreachableError` after
        the deadline.
        """
        connection, channel = self._open(target, deadline, pulse)
        try:
            with self._watchdog.over(deadline, [c.abandon for c in connection.chain()]) as watched:
                session = Session(channel, target, deadline, watched, connection.abandon)
                try:
                    yield session
                finally:
                    watched.deadline = deadline.within(STAGE)
                    # A link that broke meanwhile: what was seen stays seen, and there is nothing left to close.
                    with suppress(EOFError, OSError, paramiko.SSHException):
                        channel.close()
        finally:
            connection.sessions.release()
            self._leave(connection)

    def close(self) -> None:
        """Close every connection and wait for their threads; afterwards, nothing can be opened."""
        with self._lock:
            self._closed = True
            left = [*self._connections.values(), *self._retired]
            self._connections.clear()
            self._retired.clear()
        self._watchdog.close()
        for connection in left:
            connection.abandon()
        for connection in left:
            connection.transport.join(2)
        self._keyring.close()

    def _open(self, target: HostTarget, deadline: Deadline, pulse: Pulse) -> tuple[Connection, paramiko.Channel]:
        while True:
            connection = self._join(target, deadline, pulse)
            was_fresh, connection.fresh = connection.fresh, False
            try:
                channel = self._open_on(connection, target, deadline, pulse)
            except BaseException as error:
                self._leave(connection)
                # A kept connection may have died unnoticed. Nothing was asked of the host yet, so a new one is safe.
                if (
                    isinstance(error, HostUnreachableError)
                    and not was_fresh
                    and not connection.alive
                    and not deadline.over
                ):
                    continue
                raise
            return connection, channel

    def _open_on(
        self, connection: Connection, target: HostTarget, deadline: Deadline, pulse: Pulse
    ) -> paramiko.Channel:
        while not connection.sessions.acquire(timeout=min(_TURN, deadline.left())):
            if deadline.over:
                raise HostUnreachableError(f"{target.name}: all of its sessions stayed busy")
            pulse()
        try:
            return self._open_channel(connection, target.name, deadline, pulse)
        except BaseException:
            connection.sessions.release()
            raise

    def _open_channel(
        self, connection: Connection, name: str, deadline: Deadline, pulse: Pulse, to: tuple[str, int] | None = None
    ) -> paramiko.Channel:
        # A third of the time, so that enough is left for a new connection if this one is dead.
        stage = deadline.within(min(STAGE, max(1.0, deadline.left() / 3)))
        what = "opening a session" if to is None else f"asking it for a connection to {to[0]} port {to[1]}"
        while True:
            try:
                with self._watchdog.over(stage, [c.abandon for c in connection.chain()]):
                    if to is None:
                        return connection.transport.open_channel("session", timeout=stage.left())
                    return connection.transport.open_channel("direct-tcpip", to, ("127.0.0.1", 0), timeout=stage.left())
            except (paramiko.SSHException, EOFError, OSError) as error:
                ours = translate(error, name, what)
                if stage.over or not connection.transport.is_active():
                    # Silent or dead: of no use to anybody else either.
                    connection.abandon()
                    raise ours from None
                # Two refusals at once, and paramiko has only one error to give; the second thread gets a nameless one.
                refused = isinstance(error, paramiko.ChannelException) and not isinstance(ours, HostUnreachableError)
                if to is not None or refused:
                    raise ours from None
                # The host allows fewer sessions than we do, or has not noticed yet that one of ours ended.
                pulse()
                time.sleep(0.05)

    def _join(self, target: HostTarget, deadline: Deadline, pulse: Pulse) -> Connection:
        """Find the connection, wait for the thread that opens it, or open it; the caller counts as a user."""
        way = target.model_dump_json(exclude={"name", "sudo", "state_dir"})
        while True:
            with self._lock:
                if self._closed:
                    raise HostUnreachableError(f"{target.name}: this worker is stopping")
                connection = self._connections.get(way)
                if connection is not None and connection.alive:
                    connection.users += 1
                    return connection
                if connection is not None:
                    self._retire(way)
                flight = self._flights.get(way)
                ours = flight is None
                if flight is None:
                    flight = self._flights[way] = Future()
            if ours:
                return self._fly(way, flight, target, deadline, pulse)
            self._wait_for(flight, target, deadline, pulse)

    def _fly(self, way: str, flight: Future[None], target: HostTarget, deadline: Deadline, pulse: Pulse) -> Connection:
        try:
            connection = self._connect(target, deadline.within(self._connect_timeout), pulse)
        except BaseException as error:
            with self._lock:
                del self._flights[way]
            # All waiting callers share the result of one attempt, but not the interruption of this caller.
            flight.set_exception(error) if isinstance(error, HostError) else flight.set_result(None)
            raise
        with self._lock:
            del self._flights[way]
            connection.users += 1
            self._connections[way] = connection
            closed = self._closed
        flight.set_result(None)
        if closed:
            connection.abandon()
        return connection

    @staticmethod
    def _wait_for(flight: Future[None], target: HostTarget, deadline: Deadline, pulse: Pulse) -> None:
        while True:
            try:
                return flight.result(timeout=min(_TURN, deadline.left()))
            except HostError as error:
                raise type(error)(str(error)) from None
            except FutureTimeoutError:
                if deadline.over:
                    raise HostUnreachableError(f"{target.name}: no connection in time") from None
                pulse()

    def _connect(self, target: HostTarget, deadline: Deadline, pulse: Pulse) -> Connection:
        key = self._keyring.key(target.credential)
        if target.jump is None:
            transport = log_in(tcp(target, deadline, pulse), target, key, deadline, pulse)
            return Connection(transport, None, threading.BoundedSemaphore(self._sessions))
        via = self._join(target.jump, deadline, pulse)
        try:
            via.fresh = False
            channel = self._open_channel(via, target.jump.name, deadline, pulse, (target.address, target.port))
            with self._watchdog.over(deadline, [via.abandon]):
                transport = log_in(channel, target, key, deadline, pulse)
        except BaseException:
            self._leave(via)
            raise
        # Its use of the jump host ends when it is retired.
        return Connection(transport, via, threading.BoundedSemaphore(self._sessions))

    def _leave(self, connection: Connection) -> None:
        with self._lock:
            connection.users -= 1
            connection.last_used = time.monotonic()

    def _retire(self, way: str) -> None:
        # Called with the lock held.
        connection = self._connections.pop(way)
        connection.abandon()
        if connection.via is not None:
            connection.via.users -= 1
            connection.via.last_used = time.monotonic()
        self._retired = [c for c in self._retired if c.transport.is_alive()] + [connection]

    def _close_idle(self) -> None:
        now = time.monotonic()
        with self._lock:
            for way, connection in list(self._connections.items()):
                if connection.users == 0 and (not connection.alive or now - connection.last_used > self._idle_seconds):
                    self._retire(way)
