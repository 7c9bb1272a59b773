"""Whether approvals can be given at all."""

from __future__ import annotations

from collections.abc import Iterator

from models.dossier.approvals import Approval
from models.dossier.changes import BY_DEFAULT
from models.dossier.dossier import Dossier
from models.dossier.faults import Place, where
from models.dossier.parties import Contact, PartyKind
from models.dossier.rules.places import approvals
from models.dossier.rules.registry import Finding, error, gap
from models.people import people_in, who_is


@error("too-few-approvers")
def enough_people_hold_the_roles(dossier: Dossier) -> Iterator[Finding]:
    """No approval asks for more people than hold its roles, at the party that it asks."""
    for place, approval in approvals(dossier):
        party = place[-1] if place[-1] in _PARTIES else None
        holders = [
            name
            for name, contact in dossier.contacts.items()
            if set(contact.roles) & set(approval.roles) and (party is None or _kind(dossier, contact) == party)
        ]
        if holders and approval.count > len(holders):
            what = f"{where(place)} asks for {approval.count} approvals, but only {', '.join(holders)} may give one"
            yield Finding((*place, "count"), what, "lower `count`, or give the role to more contacts")
        elif (
            party is not None
            and not holders
            and any(set(c.roles) & set(approval.roles) for c in dossier.contacts.values())
        ):
            what = f"{where(place)} asks the {party}, none of whose contacts holds {' or '.join(approval.roles)}"
            yield Finding((*place, "roles"), what, f"give the role to a contact of the {party}")


@gap("sole-approver", None)
def somebody_else_may_approve(dossier: Dossier) -> Iterator[Finding]:
    """What the supplier's own people ask for can be approved although one of those who approve has asked for it."""
    for place, approval in [*approvals(dossier), *_by_default(dossier)]:
        holders = [c for c in dossier.contacts.values() if set(c.roles) & set(approval.roles)]
        if place[-1] in _PARTIES:
            holders = [c for c in holders if _kind(dossier, c) == place[-1]]
        people = {who_is(c.email or c.name, people_in(dossier.contacts)) or c.name for c in holders}
        ours = all(_kind(dossier, c) == PartyKind.SUPPLIER.value for c in holders)
        if approval.not_requester and holders and ours and len(people) == approval.count:
            what = f"{where(place)}: what {' or '.join(sorted(people))} asks for, nobody else may approve"
            yield Finding((*place, "roles"), what, "give the role to one more contact, or write `not_requester: false`")


def _by_default(dossier: Dossier) -> Iterator[tuple[Place, Approval]]:
    """The approval of changes by the supplier, where the agreement names none."""
    if not dossier.agreement.changes.approvals:
        yield ("agreement", "changes", "approvals", PartyKind.SUPPLIER.value), BY_DEFAULT


_PARTIES = {PartyKind.SUPPLIER.value, PartyKind.CUSTOMER.value}


def _kind(dossier: Dossier, contact: Contact) -> str | None:
    party = dossier.parties.get(contact.party)
    return party.kind.value if party else None
