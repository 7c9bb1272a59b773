"""Whether everybody in a dossier can be told apart, from each other and from programs."""

from __future__ import annotations

from collections.abc import Iterator

from models.dossier.dossier import Dossier
from models.dossier.rules.registry import RuleFinding, error, gap
from models.people import is_program, shared_names


@error("program-name")
def nobody_is_called_like_a_program(dossier: Dossier) -> Iterator[RuleFinding]:
    """No contact has the name, the login or the address of a program, under which schedules and monitors act."""
    for key, contact in dossier.contacts.items():
        for field, name in (("", key), ("name", contact.name), ("login", contact.login), ("email", contact.email)):
            if name and is_program(name):
                place = ("contacts", key, field) if field else ("contacts", key)
                what = f"{name} is the name of a program of Driftvakt, so it can name no person"
                yield RuleFinding(place, what, "choose another name")


@gap("shared-name", None)
def nobody_shares_a_name(dossier: Dossier) -> Iterator[RuleFinding]:
    """No two people have one name or login: who gives an order under it would be nobody."""
    for name, keys in shared_names(dossier.contacts).items():
        what = f"{' and '.join(keys)} are both called {name}, so nobody can give orders under that name"
        yield RuleFinding(("contacts", keys[-1]), what, "write their names in full, or give commands by e-mail address")
