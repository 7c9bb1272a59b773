"""The requirements of documentation on the architecture."""

from __future__ import annotations

from collections.abc import Iterator

from models.dossier.agreement import Undertaking
from models.dossier.architecture import Component
from models.dossier.dossier import Dossier
from models.dossier.parties import PartyKind
from models.dossier.rules.registry import RuleFinding, gap

_COMPONENTS = ("architecture", "components")


def ours(dossier: Dossier, component: Component) -> bool:
    """Return whether the supplier operates a component."""
    party = dossier.parties.get(component.operated_by or "")
    return component.operated_by is None or (party is not None and party.kind is PartyKind.SUPPLIER)


@gap("component-nowhere", Undertaking.DOCUMENTATION)
def components_run_somewhere(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every component has hosts, or another party operates it."""
    for name, component in dossier.architecture.components.items():
        if not component.hosts and ours(dossier, component):
            what = f"the component {name} runs nowhere: it has no hosts, and no other party operates it"
            yield RuleFinding((*_COMPONENTS, name), what, "add `hosts`, or `operated_by` with the party that runs it")


@gap("no-start-up", Undertaking.DOCUMENTATION)
def components_can_be_started(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every component that the supplier operates on hosts has a way to start, stop and check it."""
    for name, component in dossier.architecture.components.items():
        if component.hosts and component.control is None and ours(dossier, component):
            fix = "add `control: {type: systemd, unit: ...}`, or of type commands with start, stop and status"
            yield RuleFinding((*_COMPONENTS, name), f"the component {name} has no start-up and shut-down", fix)


@gap("start-order", Undertaking.DOCUMENTATION)
def orders_are_whole(dossier: Dossier) -> Iterator[RuleFinding]:
    """An order for start-up or shut-down lists every component with `control` exactly once."""
    controlled = [n for n, c in dossier.architecture.components.items() if c.control is not None]
    for which in ("start_up", "shut_down"):
        order = getattr(dossier.instructions, which).order
        written = [name for group in order for name in group]
        place = ("instructions", which, "order")
        for name in controlled:
            if order and written.count(name) != 1:
                times = "is missing in" if name not in written else "is more than once in"
                what = f"the component {name} {times} instructions.{which}.order"
                yield RuleFinding(
                    place, what, "write each component once, or remove the order to follow the dependencies"
                )


@gap("integration-without-contact", Undertaking.DOCUMENTATION)
def integrations_have_contacts(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every integration with another party has a contact."""
    for name, integration in dossier.architecture.integrations.items():
        target = dossier.architecture.components.get(integration.target)
        if integration.contact is None and (target is None or not ours(dossier, target)):
            what = f"the integration {name} leads to another party and has no contact"
            yield RuleFinding(("architecture", "integrations", name), what, "add `contact`")
