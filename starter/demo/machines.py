"""The demo's hosts: each has a directory, a port, keys, and an SSH server that the supervisor keeps running."""

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
    """A host of the demo, on the loopback address."""

    name: str
    directory: Path
    port: int
    host_key: str
    """The public host key, which the dossier pins."""

    def part(self, home: Path) -> Part:
        """Return the SSH server as a process for the supervisor."""

        async def answers() -> bool:
            return await listens("127.0.0.1", self.port)

        return Part(
            name=self.name,
            command=[sys.executable, "-m", "starter.demo.hosts", str(self.directory), str(self.port)],
            log=home / "logs" / f"{self.name}.log",
            pid=self.directory / "host.pid",
            ready=answers,
            # A host is no part of the installation, so `up` must not end it as a leftover of an earlier run.
            environment={HOME: str(self.directory)},
        )

    def pid(self, component: str) -> int:
        """Return the id of a component's process on this host."""
        return int((self.directory / "run" / f"{component}.pid").read_text())

    def switch_off(self) -> None:
        """End all processes of the host, in case its SSH server did not do so."""
        switch_off(self.directory)


def make_machine(name: str, directory: Path, port: int, login: str) -> DemoHost:
    """Create a host's directory with its host key. The private key of `login` can log in there."""
    key, authorized = directory / HOST_KEY, directory / AUTHORIZED_KEYS
    key.parent.mkdir(parents=True)
    public = make_key(key)
    authorized.write_text(f"{login}\n")
    return DemoHost(name=name, directory=directory, port=port, host_key=public)


def make_key(path: Path) -> str:
    """Write a new private key that only its owner can read. Return the public key, such as `ssh-ed25519 AAAA...`."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.export_private_key())
    return " ".join(key.export_public_key().decode().split()[:2])
