"""The dossier: all that is known and agreed about one application."""

from __future__ import annotations

from typing import Literal

from models.base import Identifier, Model, digest
from models.dossier.agreement import Agreement, Priority
from models.dossier.architecture import Architecture, Component
from models.dossier.instructions import Instructions
from models.dossier.monitoring import MeasuringPoint, Monitoring
from models.dossier.parties import OPERATOR, Contact, EscalationLevel, Party, PartyKind
from models.dossier.reports import Report
from models.dossier.routines import Capacity, Routines
from models.errors import NotFoundError
from models.hosts import HostTarget


class Dossier(Model):
    """The dossier of one application of one customer."""

    dossier: Literal[1] = 1
    """The version of this format."""
    customer: Identifier
    application: Identifier
    name: str
    description: str = ""
    agreement: Agreement
    parties: dict[Identifier, Party]
    contacts: dict[Identifier, Contact]
    escalation: dict[Priority, list[EscalationLevel]] = {}
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
        """SHA-256 of the content; the order of keys and comments do not change it.

        The order of remedies does change it, because remedies are tried in that order.
        """
        data = self.model_dump(mode="json")
        for instruction in data["instructions"]["troubleshooting"].values():
            instruction["remedies"] = list(instruction["remedies"].items())
        return digest(data)

    def component(self, name: str) -> Component:
        """Return the component with this name; otherwise raise `NotFoundError` with the known names."""
        try:
            return self.architecture.components[name]
        except KeyError:
            known = ", ".join(self.architecture.components)
            raise NotFoundError(f"{self.id} has no component {name!r}; it has {known}") from None

    def host_target(self, name: str) -> HostTarget:
        """Return the host with this name and its jump hosts, ready to connect; otherwise raise `NotFoundError` with the
        known names.
        """
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
        """The site that probes a point: its own, otherwise that of its component's first host, otherwise the first by
        name.

        None if the architecture has no sites.
        """
        if point.site:
            return point.site
        hosts = self.component(point.component).hosts
        if hosts:
            return self.architecture.hosts[hosts[0]].site
        # A third party's service stands at none of our sites, but somebody has to look at it.
        return min(self.architecture.sites, default=None)

    def host_shown(self, point: MeasuringPoint) -> str | None:
        """Return the one host of its component that a point shows: from the dossier, or from its probe; None if it shows
        the component as a whole.
        """
        if point.host is not None:
            return point.host
        hosts, probe = self.component(point.component).hosts, point.probe
        if probe.ssh_host is not None:
            return probe.ssh_host if probe.ssh_host in hosts else None
        found = [host for host in hosts if probe.address in {host, self.architecture.hosts[host].address.lower()}]
        return found[0] if len(found) == 1 else None

    def people(self, roles: list[str]) -> list[str]:
        """Return the people who hold any of the roles, by e-mail address, or by contact name if they have none.

        If nobody holds the role operator, all people of the supplier are operators, so everybody cannot answer an
        operator's question.
        """
        held = [c.email or name for name, c in self.contacts.items() if set(roles) & set(c.roles)]
        if held or OPERATOR not in roles:
            return held
        ours = {name for name, party in self.parties.items() if party.kind is PartyKind.SUPPLIER}
        return [c.email or name for name, c in self.contacts.items() if c.party in ours]

    def people_of(self, kind: PartyKind, roles: list[str]) -> list[str]:
        """Return the people of one kind of party who hold any of the roles, by e-mail address or contact name."""
        theirs = {name for name, party in self.parties.items() if party.kind is kind}
        return [
            contact.email or name
            for name, contact in self.contacts.items()
            if contact.party in theirs and set(roles) & set(contact.roles)
        ]
