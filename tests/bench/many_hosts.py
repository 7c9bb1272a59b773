"""Many hosts for one machine: OpenSSH servers that listen on many loopback ports, each of which stands for a host."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from models.hosts import HostTarget
from tests.hosts import SshHost
from tests.ports import free_ports

_PORTS_A_SERVER: Final = 16
"""The most sockets that OpenSSH's server listens on."""


def sshd() -> str | None:
    """Where OpenSSH's server is, if it is installed."""
    return shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


class _Wide(SshHost):
    """One server on many ports."""

    def __init__(self, ports: list[int]) -> None:
        super().__init__()
        self.ports = ports
        self.port = ports[0]

    def _command(self) -> list[str]:
        command = super()._command()
        path = self.root / "sshd_config"
        listen = "\n".join(f"ListenAddress 127.0.0.1:{port}" for port in self.ports)
        path.write_text(path.read_text().replace("ListenAddress 127.0.0.1\n", f"{listen}\n"))
        return command


class ManyHosts(list[HostTarget]):
    """The hosts, and what their servers have seen."""

    def __init__(self) -> None:
        super().__init__()
        self._logs: list[Path] = []

    def add(self, server: _Wide) -> None:
        """Take a server's ports for hosts."""
        self._logs.append(server.root / "log")
        self += [
            server.target(name=f"host-{port}", port=port, state_dir=str(server.root / f"state-{port}"))
            for port in server.ports
        ]

    def connections(self) -> int:
        """How many connections have been logged in to, so far."""
        return sum(log.read_text().count("Accepted publickey") for log in self._logs)


@contextmanager
def many_hosts(count: int) -> Iterator[ManyHosts]:
    """So many hosts for a while; each has an address, and a state directory, of its own."""
    ports = free_ports(count)
    with ExitStack() as stack:
        hosts = ManyHosts()
        for first in range(0, count, _PORTS_A_SERVER):
            hosts.add(stack.enter_context(_Wide(ports[first : first + _PORTS_A_SERVER])))
        yield hosts
