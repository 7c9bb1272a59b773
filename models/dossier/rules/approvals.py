"""Whether approvals can be given at all."""

from __future__ import annotations

from collections.abc import Iterator

from models.dossier.dossier import Dossier
from models.dossier.faults import where
from models.dossier.rules.places import approvals
from models.dossier.rules.registry import Finding, error


@error("too-few-approvers")
def enough_people_hold_the_roles(dossier: Dossier) -> Iterator[Finding]:
    """No approval asks for more people than hold its roles."""
    for place, approval in approvals(dossier):
        holders = [name for name, contact in dossier.contacts.items() if set(contact.roles) & set(approval.roles)]
        if holders and approval.count > len(holders):
            what = f"{where(place)} asks for {approval.count} approvals, but only {', '.join(holders)} may give one"
            yield Finding((*place, "count"), what, "lower `count`, or give the role to more contacts")
