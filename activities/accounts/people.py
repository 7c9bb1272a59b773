"""Who somebody is, by what the dossier says: the party decides what stands in the customer's copy."""

from __future__ import annotations

from models.dossier import Dossier
from models.dossier.parties import PartyKind
from models.people import folded, people_in, who_is


class People:
    """The contacts of a dossier, by every way of naming them."""

    def __init__(self, dossier: Dossier | None) -> None:
        contacts = dossier.contacts if dossier else {}
        parties = dossier.parties if dossier else {}
        self._people = people_in(contacts)
        self._known: dict[str, tuple[str, PartyKind]] = {}
        for id, contact in contacts.items():
            if (party := parties.get(contact.party)) is not None:
                self._known.setdefault(folded(contact.email or id), (contact.name, party.kind))

    def party(self, who: str) -> PartyKind | None:
        """The party of somebody; None when the dossier does not know them."""
        found = self._find(who)
        return found[1] if found else None

    def party_of_receiver(self, receiver: str) -> PartyKind | None:
        """The same for a receiver, whose name has the channel behind it."""
        return self.party(receiver) or self.party(receiver.rpartition(" ")[0])

    def name(self, who: str) -> str:
        """The name of somebody, or what they are called here."""
        found = self._find(who)
        return found[0] if found else who

    def _find(self, who: str) -> tuple[str, PartyKind] | None:
        name = who_is(who, self._people)
        return None if name is None else self._known.get(folded(name))
