"""Open a logged-in transport, with one deadline for all stages."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import os
import queue
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

import paramiko

from activities.ssh.deadline import Deadline
from activities.ssh.errors import translate
from activities.ssh.host_keys import PinnedKeys
from activities.ssh.pulse import Pulse
from models.errors import CredentialError, HostUnreachableError
from models.hosts import HostTarget

# Our errors describe each failure once; paramiko's log would repeat it with a traceback.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)

_TURN = 0.5
_KEEPALIVE = 20

Address = tuple[Any, ...]


def tcp(target: HostTarget, deadline: Deadline, pulse: Pulse) -> socket.socket:
    """Connect to a host's SSH port; raise `HostUnreachableError`."""
    last: OSError = TimeoutError()
    for family, address in _resolve(target, deadline, pulse):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            _connect(sock, address, deadline, pulse)
            _tune(sock)
        except OSError as error:
            sock.close()
            last = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise translate(last, target.name, f"connecting to {target.address} port {target.port}")


def log_in(
    sock: socket.socket | paramiko.Channel, target: HostTarget, key: paramiko.PKey, deadline: Deadline, pulse: Pulse
) -> paramiko.Transport:
    """Exchange keys, verify the host and log in, over a socket that is closed if this fails."""
    try:
        pinned = PinnedKeys(target)
        transport = paramiko.Transport(sock)
    except BaseException:
        sock.close()
        raise
    try:
        pinned.restrict(transport)
        transport.banner_timeout = transport.handshake_timeout = max(1.0, deadline.left())
        done = threading.Event()
        transport.start_client(event=done)
        _await(done, transport, target, "agreeing on keys", deadline, pulse)
        pinned.verify(transport)
        _authenticate(transport, target, key, deadline, pulse)
    except BaseException:
        abandon(transport)
        raise
    transport.set_keepalive(_KEEPALIVE)
    return transport


def abandon(transport: paramiko.Transport) -> None:
    """Close a transport without waiting; its own thread closes the socket soon."""
    if transport.is_alive():
        transport.stop_thread()
    else:
        transport.sock.close()


def _authenticate(
    transport: paramiko.Transport, target: HostTarget, key: paramiko.PKey, deadline: Deadline, pulse: Pulse
) -> None:
    # Once and with one key: a host that bans clients after several failures must not ban this site.
    done = threading.Event()
    try:
        transport.auth_publickey(target.user, key, done)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise translate(error, target.name, "logging in") from None
    _await(done, transport, target, f"logging in as {target.user}", deadline, pulse)
    if not transport.is_authenticated():
        failure = transport.get_exception()
        if failure is not None and not isinstance(failure, paramiko.AuthenticationException):
            raise translate(failure, target.name, f"logging in as {target.user}")
        raise CredentialError(
            f"{target.name}: the host refuses user {target.user} with {target.credential}; "
            "put its public key into the user's authorized_keys there, or name the right key"
        )


def _await(
    done: threading.Event,
    transport: paramiko.Transport,
    target: HostTarget,
    stage: str,
    deadline: Deadline,
    pulse: Pulse,
) -> None:
    while not done.wait(min(_TURN, deadline.left())):
        if deadline.over:
            raise HostUnreachableError(f"{target.name}: no answer in time while {stage}")
        pulse()
    if not transport.is_active():
        raise translate(transport.get_exception() or EOFError(), target.name, stage)


def _resolve(target: HostTarget, deadline: Deadline, pulse: Pulse) -> list[tuple[int, Address]]:
    def ask() -> list[tuple[int, Address]]:
        found = socket.getaddrinfo(target.address, target.port, type=socket.SOCK_STREAM)
        return [(entry[0], entry[4]) for entry in found]

    try:
        try:
            ipaddress.ip_address(target.address)
        except ValueError:
            return _in_time(ask, target, deadline, pulse)
        return ask()
    except (OSError, UnicodeError) as error:
        raise translate(error, target.name, f"resolving {target.address}") from None


def _in_time(
    ask: Callable[[], list[tuple[int, Address]]], target: HostTarget, deadline: Deadline, pulse: Pulse
) -> list[tuple[int, Address]]:
    # The system's resolver knows no deadline. A late look-up ends by itself, and this worker does not wait for it.
    answers: queue.SimpleQueue[list[tuple[int, Address]] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(ask())
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, name="ssh-resolver", daemon=True).start()
    while True:
        try:
            answer = answers.get(timeout=min(_TURN, deadline.left()))
        except queue.Empty:
            if deadline.over:
                raise HostUnreachableError(
                    f"{target.name}: no answer in time while resolving {target.address}"
                ) from None
            pulse()
            continue
        if isinstance(answer, Exception):
            raise answer
        return answer


def _connect(sock: socket.socket, address: Address, deadline: Deadline, pulse: Pulse) -> None:
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        sock.connect(address)
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    while not poll.poll(1000 * min(_TURN, deadline.left())):
        if deadline.over:
            raise TimeoutError
        pulse()
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
    sock.setblocking(True)


def _tune(sock: socket.socket) -> None:
    # paramiko leaves Nagle's algorithm on, which costs 40 ms a command.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 3 * _KEEPALIVE * 1000)
