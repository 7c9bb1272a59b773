"""What runs where: sites, hosts, components, integrations and flows."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from models.base import Identifier, Model, PositiveDuration
from models.dossier.agreement import Level
from models.dossier.keys import HostKey
from models.hosts import Control

ADDRESS = r"^[A-Za-z0-9:][A-Za-z0-9.:%_-]{0,252}$"

Address = Annotated[str, Field(pattern=ADDRESS)]
"""DNS name or IP address."""


def _reference(text: str) -> str:
    if text == "agent:" or (text.startswith(("file:", "agent:SHA256:")) and text.split(":")[-1].strip()):
        return text
    # The text is not repeated: it may be the secret itself.
    raise ValueError(
        "this is no reference to a key; write file:PATH, agent: or agent:SHA256:FINGERPRINT, never the secret itself"
    )


Credential = Annotated[str, AfterValidator(_reference)]
"""Where a private key is found."""


class Site(Model):
    """Where hosts stand; its workers reach them."""

    name: str
    operated_by: Identifier
    """Party."""
    location: str | None = None


class Host(Model):
    """A server."""

    site: Identifier
    address: Address
    """DNS name or IP address, without a port."""
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    user: str = "driftvakt"
    host_keys: Annotated[list[HostKey], Field(min_length=1)]
    """Pinned public keys: lines of `ssh-keyscan`, without the host's name."""
    credential: Credential
    """`file:PATH` on the site's worker, `agent:` or `agent:SHA256:FINGERPRINT`; never the secret itself."""
    jump: Identifier | None = None
    """Host to go through."""
    sudo: bool = False
    """Whether commands run by `sudo -n`."""
    state_dir: str | None = None
    os: str | None = None
    purpose: str | None = None


class Component(Model):
    """A role of the application that runs on one or more hosts: web, db."""

    name: str
    hosts: list[Identifier] = []
    """None: it runs where we cannot log in (a third party's service)."""
    operated_by: Identifier | None = None
    """Party; the supplier unless given."""
    depends_on: list[Identifier] = []
    """Components it needs to work."""
    impact: Level = Level.MEDIUM
    """How much the customer loses when it is down."""
    control: Control | None = None
    """How it is started, stopped and looked at."""
    start_timeout: PositiveDuration | None = None
    stop_timeout: PositiveDuration | None = None
    notes: str | None = None


class Integration(Model):
    """Who talks to whom."""

    source: Identifier
    """Component."""
    target: Identifier
    """Component or party."""
    protocol: str
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    carries: str
    """What goes over it."""
    contact: Identifier | None = None


class Flow(Model):
    """A path through components that a user notices."""

    name: str
    through: Annotated[list[Identifier], Field(min_length=1)]
    impact: Level = Level.MEDIUM


class Architecture(Model):
    """The application as it is built."""

    sites: dict[Identifier, Site] = {}
    hosts: dict[Identifier, Host] = {}
    components: Annotated[dict[Identifier, Component], Field(min_length=1)]
    integrations: dict[Identifier, Integration] = {}
    flows: dict[Identifier, Flow] = {}
