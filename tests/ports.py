"""Ports of loopback for the servers that tests start."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_random = SystemRandom()  # hypothesis sets the seed of the other, in every process the same


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below those that the system gives to outgoing connections: nobody takes them by chance."""
    first = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32768
    with ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            port = _random.randrange(10_000, first)
            try:
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
        return ports


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]
