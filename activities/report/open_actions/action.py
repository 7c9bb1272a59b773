"""An open action, and who owns it."""

from __future__ import annotations

from models.base import Model
from models.dossier import Dossier
from models.dossier.parties import PartyKind
from models.report import Second


class OpenAction(Model):
    """Something that somebody still has to do at the end of the period."""

    key: str
    """Identifies it: the id of its record and the verb."""
    id: str
    """The record in the evidence; empty: the dossier alone says that it is due."""
    do: str
    """The verb, such as `restore`: the block has the text `do.restore`."""
    title: str
    """What it is about."""
    owner: str
    """The person who leads it, in internal reports; otherwise the party of that person. Empty: it has no owner yet."""
    since: Second
    due: Second | None
    """None: nothing says until when."""
    overdue: bool


def owner_of(who: str, dossier: Dossier, *, internal: bool) -> str:
    """Return the owner for the readers of a report. `who` is an e-mail address, the name of a contact, or a program."""
    contact = next((c for name, c in dossier.contacts.items() if who in {name, c.email}), None)
    if contact is None:
        return who if internal else ""
    return contact.name if internal else dossier.parties[contact.party].name


def supplier_of(dossier: Dossier) -> str:
    """Return the name of the supplier."""
    return next((party.name for party in dossier.parties.values() if party.kind is PartyKind.SUPPLIER), "")
