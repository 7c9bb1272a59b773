"""Ports of loopback for the servers that tests start."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from random import SystemRandom
from typing import BinaryIO

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_random = SystemRandom()  # hypothesis sets the seed of the other, in every process the same
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on and that no other process of tests is given until this process ends.

    They are below those that the system gives to outgoing connections, so nobody takes them by chance.
    """
    first = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32768
    with ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            port = _random.randrange(10_000, first)
            try:
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
                _reserve(port)
            except OSError:
                continue
            ports.append(port)
        return ports


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]


def _reserve(port: int) -> None:
    """Lock one byte of a file for the port. Raise `OSError` where a process has it. The lock ends with this process."""
    if port in _given:
        raise OSError(f"port {port} is already given")
    fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    _given.add(port)


@cache
def _reservations() -> BinaryIO:
    return (Path(tempfile.gettempdir()) / f"driftvakt-ports-{os.getuid()}").open("a+b")
