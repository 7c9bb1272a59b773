"""Whether the names in a dossier identify people, differ from the names of programs, and include somebody who may lead."""

from __future__ import annotations

from collections.abc import Iterator

from models.dossier.dossier import Dossier
from models.dossier.parties import OPERATOR
from models.dossier.rules.registry import RuleFinding, error, gap
from models.people import is_program, shared_names


@error("program-name")
def nobody_is_called_like_a_program(dossier: Dossier) -> Iterator[RuleFinding]:
    """No contact has the name, the login or the address of a program; schedules and monitors act under those."""
    for key, contact in dossier.contacts.items():
        for field, name in (("", key), ("name", contact.name), ("login", contact.login), ("email", contact.email)):
            if name and is_program(name):
                place = ("contacts", key, field) if field else ("contacts", key)
                what = f"{name} is the name of a program of Driftvakt, so no person can have it"
                yield RuleFinding(place, what, "choose another name")


@error("nobody-leads")
def somebody_may_lead(dossier: Dossier) -> Iterator[RuleFinding]:
    """A contact belongs to the supplier or holds the role `operator`: such people lead incidents and stop operations."""
    if not dossier.people([OPERATOR]):
        what = "no contact belongs to the supplier or holds the role operator, so nobody may lead an incident"
        yield RuleFinding(("contacts",), what, "add a contact of the supplier, or give a contact `roles: [operator]`")


@gap("shared-name", None)
def nobody_shares_a_name(dossier: Dossier) -> Iterator[RuleFinding]:
    """No two people share a name or login; otherwise an order under it could come from either."""
    for name, keys in shared_names(dossier.contacts).items():
        what = f"{' and '.join(keys)} are both called {name}, so nobody can give orders under that name"
        yield RuleFinding(("contacts", keys[-1]), what, "write their names in full, or give commands by e-mail address")
