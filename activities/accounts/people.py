"""Who somebody is, by what the dossier says: the party decides what stands in the customer's copy."""

from __future__ import annotations

from models.dossier import Dossier
from models.dossier.parties import PartyKind


class People:
    """The contacts of a dossier by e-mail address, identifier and name."""

    def __init__(self, dossier: Dossier | None) -> None:
        self._known: dict[str, tuple[str, PartyKind]] = {}
        for id, contact in (dossier.contacts if dossier else {}).items():
            party = dossier.parties.get(contact.party) if dossier else None
            if party is None:
                continue
            for name in (id, contact.name, contact.email):
                if name:
                    self._known.setdefault(name.casefold(), (contact.name, party.kind))

    def party(self, who: str) -> PartyKind | None:
        """The party of somebody; None when the dossier does not know them."""
        found = self._known.get(who.strip().casefold())
        return found[1] if found else None

    def party_of_receiver(self, receiver: str) -> PartyKind | None:
        """The same for a receiver, whose name has the channel behind it."""
        return self.party(receiver) or self.party(receiver.rpartition(" ")[0])

    def name(self, who: str) -> str:
        """The name of somebody, or what they are called here."""
        found = self._known.get(who.strip().casefold())
        return found[0] if found else who
