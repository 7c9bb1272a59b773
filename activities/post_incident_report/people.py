"""The people in a post-incident report: their party decides what the customer's copy shows."""

from __future__ import annotations

from models.dossier import Dossier
from models.dossier.parties import PartyKind
from models.people import folded, people_in, who_is


class ContactDirectory:
    """The contacts of a dossier, by all their names."""

    def __init__(self, dossier: Dossier | None) -> None:
        contacts = dossier.contacts if dossier else {}
        parties = dossier.parties if dossier else {}
        self._people = people_in(contacts)
        self._known: dict[str, tuple[str, PartyKind]] = {}
        for id, contact in contacts.items():
            if (party := parties.get(contact.party)) is not None:
                self._known.setdefault(folded(contact.email or id), (contact.name, party.kind))

    def party(self, who: str) -> PartyKind | None:
        """Return the party of a person; None if the dossier does not contain them."""
        found = self._find(who)
        return found[1] if found else None

    def party_of_receiver(self, receiver: str) -> PartyKind | None:
        """Return the party of a receiver, whose name is followed by the channel."""
        return self.party(receiver) or self.party(receiver.rpartition(" ")[0])

    def name(self, who: str) -> str:
        """Return a person's name in the dossier, or the given one."""
        found = self._find(who)
        return found[0] if found else who

    def _find(self, who: str) -> tuple[str, PartyKind] | None:
        name = who_is(who, self._people)
        return None if name is None else self._known.get(folded(name))
