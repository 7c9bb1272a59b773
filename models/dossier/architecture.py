"""The architecture: sites, hosts, components, integrations and flows."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from models.base import Identifier, Model, PositiveDuration
from models.dependencies import Dependencies
from models.dossier.agreement import Level
from models.dossier.keys import HostKey
from models.hosts import Control

ADDRESS = r"^[A-Za-z0-9:][A-Za-z0-9.:%_-]{0,252}$"

Address = Annotated[str, Field(pattern=ADDRESS)]
"""A DNS name or an IP address."""


def _reference(text: str) -> str:
    if text == "agent:" or (text.startswith(("file:", "agent:SHA256:")) and text.split(":")[-1].strip()):
        return text
    # The text is not repeated: it may be the secret itself.
    raise ValueError(
        "this is not a reference to a key; write file:PATH, agent: or agent:SHA256:FINGERPRINT, never the secret itself"
    )


Credential = Annotated[str, AfterValidator(_reference)]
"""A reference to a private key."""


class Site(Model):
    """A place with hosts; the workers of the site connect to them."""

    name: str
    operated_by: Identifier
    """The party that operates the site."""
    location: str | None = None


class Host(Model):
    """A server."""

    site: Identifier
    address: Address
    """A DNS name or an IP address, without a port."""
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    user: str = "driftvakt"
    host_keys: Annotated[list[HostKey], Field(min_length=1)]
    """The pinned public keys: lines of `ssh-keyscan` without the host's name."""
    credential: Credential
    """`file:PATH` on the site's worker, `agent:` or `agent:SHA256:FINGERPRINT`; never the secret itself."""
    jump: Identifier | None = None
    """The jump host through which connections go."""
    sudo: bool = False
    """Whether commands run with `sudo -n`."""
    state_dir: str | None = None
    os: str | None = None
    purpose: str | None = None


class Component(Model):
    """A role of the application, such as web or db, on one or more hosts."""

    name: str
    hosts: list[Identifier] = []
    """Empty: the component runs where we cannot log in, such as a third party's service."""
    operated_by: Identifier | None = None
    """The party that operates the component; the supplier by default."""
    depends_on: list[Identifier] = []
    """The components that this component needs to work."""
    impact: Level = Level.MEDIUM
    """How much the customer loses while the component is down."""
    control: Control | None = None
    """How the component is started, stopped and checked."""
    start_timeout: PositiveDuration | None = None
    stop_timeout: PositiveDuration | None = None
    notes: str | None = None


class Integration(Model):
    """A connection from a component to another component or party."""

    source: Identifier
    """The component that connects."""
    target: Identifier
    """The component or party that is connected to."""
    protocol: str
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    carries: str
    """The data that the integration transfers."""
    contact: Identifier | None = None


class Flow(Model):
    """A path through components whose failure a user notices."""

    name: str
    through: Annotated[list[Identifier], Field(min_length=1)]
    impact: Level = Level.MEDIUM


class Architecture(Model):
    """The technical structure of the application."""

    sites: dict[Identifier, Site] = {}
    hosts: dict[Identifier, Host] = {}
    components: Annotated[dict[Identifier, Component], Field(min_length=1)]
    integrations: dict[Identifier, Integration] = {}
    flows: dict[Identifier, Flow] = {}

    @property
    def dependencies(self) -> Dependencies:
        """The dependencies between the components."""
        return Dependencies({name: component.depends_on for name, component in self.components.items()})
