"""The dossier: everything that is known and agreed about one application."""

from __future__ import annotations

from typing import Literal

from models.base import Identifier, Model, digest
from models.dossier.agreement import Agreement, Priority
from models.dossier.architecture import Architecture, Component
from models.dossier.instructions import Instructions
from models.dossier.monitoring import MeasuringPoint, Monitoring
from models.dossier.parties import OPERATOR, Contact, Party, PartyKind, Rung
from models.dossier.routines import Capacity, Report, Routines
from models.errors import NotFoundError
from models.hosts import HostTarget


class Dossier(Model):
    """One application of one customer."""

    dossier: Literal[1] = 1
    """Version of this format."""
    customer: Identifier
    application: Identifier
    name: str
    description: str = ""
    agreement: Agreement
    parties: dict[Identifier, Party]
    contacts: dict[Identifier, Contact]
    escalation: dict[Priority, list[Rung]] = {}
    architecture: Architecture
    monitoring: Monitoring = Monitoring()
    instructions: Instructions = Instructions()
    routines: Routines = Routines()
    reports: dict[Identifier, Report] = {}
    capacity: Capacity = Capacity()

    @property
    def id(self) -> str:
        """`customer.application`."""
        return f"{self.customer}.{self.application}"

    @property
    def digest(self) -> str:
        """SHA-256 of the content; the same for any order of keys, and with or without comments.

        Remedies alone are a mapping whose order means something: they are tried as written, so it counts.
        """
        data = self.model_dump(mode="json")
        for instruction in data["instructions"]["troubleshooting"].values():
            instruction["remedies"] = list(instruction["remedies"].items())
        return digest(data)

    def component(self, name: str) -> Component:
        """The component of that name; `NotFoundError` names those that there are."""
        try:
            return self.architecture.components[name]
        except KeyError:
            known = ", ".join(self.architecture.components)
            raise NotFoundError(f"{self.id} has no component {name!r}; it has {known}") from None

    def host_target(self, name: str) -> HostTarget:
        """The host of that name with its jump hosts, ready to connect to; `NotFoundError` names those that there are."""
        try:
            host = self.architecture.hosts[name]
        except KeyError:
            known = ", ".join(self.architecture.hosts) or "none"
            raise NotFoundError(f"{self.id} has no host {name!r}; it has {known}") from None
        return HostTarget(
            name=name,
            address=host.address,
            port=host.port,
            user=host.user,
            host_keys=host.host_keys,
            credential=host.credential,
            jump=self.host_target(host.jump) if host.jump else None,
            sudo=host.sudo,
            state_dir=host.state_dir,
        )

    def probing_site(self, point: MeasuringPoint) -> str | None:
        """From where a point is probed: its own site, else that of its component's first host, else the first site by name."""
        if point.site:
            return point.site
        hosts = self.component(point.component).hosts
        if hosts:
            return self.architecture.hosts[hosts[0]].site
        # A third party's service stands at none of our sites, but somebody has to look at it.
        return min(self.architecture.sites, default=None)

    def people(self, roles: list[str]) -> list[str]:
        """E-mail addresses (or contact names without one) of those who hold any of the roles.

        Where nobody holds the role operator, the supplier's people are the operators, so a question to operators is never one
        to everybody.
        """
        held = [c.email or name for name, c in self.contacts.items() if set(roles) & set(c.roles)]
        if held or OPERATOR not in roles:
            return held
        ours = {name for name, party in self.parties.items() if party.kind is PartyKind.SUPPLIER}
        return [c.email or name for name, c in self.contacts.items() if c.party in ours]

    def people_of(self, kind: PartyKind, roles: list[str]) -> list[str]:
        """The same, but only those of the supplier, of the customer or of third parties."""
        theirs = {name for name, party in self.parties.items() if party.kind is kind}
        return [
            contact.email or name
            for name, contact in self.contacts.items()
            if contact.party in theirs and set(roles) & set(contact.roles)
        ]
