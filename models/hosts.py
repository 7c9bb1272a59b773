"""A host as activities need it: the part of the dossier to connect to it, with references instead of secrets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from models.base import Model


class HostTarget(Model):
    """How to reach one host, and the keys by which it proves its identity."""

    name: str
    """The host's name in the dossier, for people."""
    address: str
    """A DNS name or an IP address."""
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    user: str
    host_keys: Annotated[list[str], Field(min_length=1)]
    """The pinned public keys, such as `ssh-ed25519 AAAA...`; the host must present one of them."""
    credential: str
    """A reference: `file:PATH` (a private key on the site's worker), `agent:` or `agent:SHA256:FINGERPRINT`."""
    jump: HostTarget | None = None
    """The jump host, with its own pinned keys."""
    sudo: bool = False
    """Whether commands run with `sudo -n`."""
    state_dir: str | None = None
    """The directory on the host for job folders and fencing tokens; by default `.driftvakt` in the user's home. If
    neither is writable: `/var/tmp`, `/tmp` or `/dev/shm`."""


class Commands(Model):
    """Start, stop and status of a component as shell commands."""

    type: Literal["commands"] = "commands"
    start: str
    """The shell command that starts the component and returns."""
    stop: str
    """The shell command that stops the component, and returns after it has stopped."""
    status: str
    """Exit 0: running. Exit 3: not running (the code of the LSB). Anything else: unknown."""


class Systemd(Model):
    """A component that is a systemd unit."""

    type: Literal["systemd"] = "systemd"
    unit: Annotated[str, Field(pattern=r"^[A-Za-z0-9@:._-]{1,200}$")]


Control = Annotated[Commands | Systemd, Field(discriminator="type")]
"""How a component is started, stopped and checked."""
