"""A host as an activity needs it: a slice of the dossier that holds references, never secrets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from models.base import Model


class HostTarget(Model):
    """How to reach one host and who it must prove to be."""

    name: str
    """The host's name in the dossier; what people read."""
    address: str
    """DNS name or IP address."""
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    user: str
    host_keys: Annotated[list[str], Field(min_length=1)]
    """Pinned public keys, as in `ssh-ed25519 AAAA...`; any of them may answer, no other."""
    credential: str
    """A reference: `file:PATH` (a private key on the site's worker), `agent:` or `agent:SHA256:FINGERPRINT`."""
    jump: HostTarget | None = None
    """The host to go through, itself pinned."""
    sudo: bool = False
    """Whether commands run by `sudo -n`."""
    state_dir: str | None = None
    """Where job folders and fencing tokens lie on the host; `.driftvakt` in the user's home unless given.
    Where neither can be written, in `/var/tmp`, `/tmp` or `/dev/shm`."""


class Commands(Model):
    """Start, stop and status of a component, in its own words."""

    type: Literal["commands"] = "commands"
    start: str
    """Shell command that starts it and returns."""
    stop: str
    """Shell command that stops it and returns once it is gone."""
    status: str
    """Exit 0: running. Exit 3: not running (the LSB's code). Anything else: unknown."""


class Systemd(Model):
    """A component that is a systemd unit."""

    type: Literal["systemd"] = "systemd"
    unit: Annotated[str, Field(pattern=r"^[A-Za-z0-9@:._-]{1,200}$")]


Control = Annotated[Commands | Systemd, Field(discriminator="type")]
"""How a component is started, stopped and looked at."""
