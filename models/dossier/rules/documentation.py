"""The requirements of documentation on parties and contacts."""

from __future__ import annotations

from collections.abc import Iterator

from models.dossier.agreement import Undertaking
from models.dossier.dossier import Dossier
from models.dossier.parties import PartyKind
from models.dossier.rules.registry import RuleFinding, gap


@gap("parties", None)
def parties_are_complete(dossier: Dossier) -> Iterator[RuleFinding]:
    """There is exactly one supplier and at least one customer."""
    kinds = [party.kind for party in dossier.parties.values()]
    if kinds.count(PartyKind.SUPPLIER) != 1:
        what = f"there are {kinds.count(PartyKind.SUPPLIER)} parties of kind supplier"
        yield RuleFinding(("parties",), what, "name exactly one, the one that keeps the agreement")
    if PartyKind.CUSTOMER not in kinds:
        yield RuleFinding(
            ("parties",), "there is no party of kind customer", "add the one that bought the undertakings"
        )


@gap("party-without-contact", Undertaking.DOCUMENTATION)
def parties_have_contacts(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every party has a contact."""
    reached = {contact.party for contact in dossier.contacts.values()}
    for name, party in dossier.parties.items():
        if name not in reached:
            what = f"{party.kind.value.replace('_', ' ')} {name} has no contact"
            yield RuleFinding(("parties", name), what, f"add one with `party: {name}` under contacts")


@gap("no-support", Undertaking.DOCUMENTATION)
def third_parties_have_support(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every third party says where its support is reached and what to state there."""
    for name, party in dossier.parties.items():
        if party.kind is PartyKind.THIRD_PARTY and not party.support:
            yield RuleFinding(
                ("parties", name), f"third party {name} does not say how its support is reached", "add `support`"
            )


@gap("no-deputy", Undertaking.DOCUMENTATION)
def contacts_have_deputies(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every contact of the supplier and the customer has a deputy other than themselves."""
    for name, contact in dossier.contacts.items():
        party = dossier.parties.get(contact.party)
        if contact.deputy == name:
            yield RuleFinding(
                ("contacts", name, "deputy"), f"the contact {name} is their own deputy", "name somebody else"
            )
        elif contact.deputy is None and (party is None or party.kind is not PartyKind.THIRD_PARTY):
            yield RuleFinding(
                ("contacts", name), f"the contact {name} has no deputy", "add `deputy` with another contact"
            )


@gap("unreachable-contact", Undertaking.DOCUMENTATION)
def contacts_can_be_reached(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every contact has an e-mail address or a telephone number."""
    for name, contact in dossier.contacts.items():
        if not contact.email and not contact.phone:
            yield RuleFinding(("contacts", name), f"the contact {name} cannot be reached", "add `email` or `phone`")
