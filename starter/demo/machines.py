"""The demo's three hosts as its supervisor sees them: a directory, a port, keys, and a process to keep running."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from starter.demo.hosts import AUTHORIZED_KEYS, HOST_KEY, switch_off
from starter.installation.leftovers import HOME
from starter.installation.supervisor import Part, listens


@dataclass(frozen=True)
class DemoHost:
    """One host on loopback."""

    name: str
    directory: Path
    port: int
    host_key: str
    """Its public key, to be pinned."""

    def part(self, home: Path) -> Part:
        """Its SSH server as a process to keep running."""

        async def answers() -> bool:
            return await listens("127.0.0.1", self.port)

        return Part(
            name=self.name,
            command=[sys.executable, "-m", "starter.demo.hosts", str(self.directory), str(self.port)],
            log=home / "logs" / f"{self.name}.log",
            pid=self.directory / "host.pid",
            ready=answers,
            # A customer's host is no part of the installation: `up` must not end it as one that an earlier run left behind.
            environment={HOME: str(self.directory)},
        )

    def pid(self, component: str) -> int:
        """The process of a component on this host."""
        return int((self.directory / "run" / f"{component}.pid").read_text())

    def switch_off(self) -> None:
        """End what runs on it, should its own process not have come to that."""
        switch_off(self.directory)


def make_machine(name: str, directory: Path, port: int, login: str) -> DemoHost:
    """Make a host's directory with its key, open to whoever holds the private part of `login`."""
    key, authorized = directory / HOST_KEY, directory / AUTHORIZED_KEYS
    key.parent.mkdir(parents=True)
    public = make_key(key)
    authorized.write_text(f"{login}\n")
    return DemoHost(name=name, directory=directory, port=port, host_key=public)


def make_key(path: Path) -> str:
    """Write a new private key, readable by its owner only; return the public one as in `ssh-ed25519 AAAA...`."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.export_private_key())
    return " ".join(key.export_public_key().decode().split()[:2])
