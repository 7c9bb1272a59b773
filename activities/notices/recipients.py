"""Who is written to: rungs of the ladder, parties and people of a dossier; pure, so that it can be told in tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from activities.notices.standing_in import IsOpen, round_the_clock, stand_in, zone
from models.channels import Channel
from models.dossier import Dossier
from models.dossier.agreement import Priority
from models.dossier.parties import Contact, Language, PartyKind, Rung
from models.notices import Audience, RungReached
from models.people import folded, people_in, who_is

EVERY_CHANNEL: Final = frozenset(Channel)

SYSTEM_OWNER: Final = "system-owner"
OPERATOR: Final = "operator"

_BY_PREFERENCE: Final = (Channel.EMAIL, Channel.CHAT, Channel.SMS)
"""For whoever is told something; a rung of the ladder names its own."""

_IN_PLACE_OF: Final = {
    Channel.PHONE: (Channel.SMS, Channel.CHAT, Channel.EMAIL),
    Channel.SMS: (Channel.CHAT, Channel.EMAIL),
    Channel.CHAT: (Channel.SMS, Channel.EMAIL),
    Channel.EMAIL: (Channel.CHAT, Channel.SMS),
}
"""What comes nearest to a rung's channel where this installation has not got it, the quickest first."""

_WITHOUT_LADDER: Final = timedelta(minutes=15)
"""To acknowledge, where nothing was agreed."""


@dataclass(frozen=True)
class Recipient:
    """Somebody who is written to, by one channel."""

    contact: str
    """Identifier in the dossier; what was asked for where there is no such contact."""
    name: str
    email: str
    channel: Channel
    address: str
    """E-mail address or telephone number; empty for chat, and without one."""
    chat: str | None
    """Where the address of their own chat is kept."""
    language: Language
    zone: str
    inside: bool
    """Whether they belong to the supplier: nobody else gets links, commands and internal notes."""
    known: bool = True

    @property
    def key(self) -> str:
        """Names the delivery within its notice."""
        return f"{self.contact} {self.channel.value}"


@dataclass
class Recipients:
    """Who is written to, and why them."""

    people: list[Recipient] = field(default_factory=list)
    rung: RungReached | None = None
    notes: list[str] = field(default_factory=list)


def recipients(
    dossier: Dossier,
    audience: Audience,
    priority: Priority | None,
    at: datetime,
    is_open: IsOpen,
    configured: Collection[Channel] = EVERY_CHANNEL,
) -> Recipients:
    """Who is written to at a moment. `configured`: the channels that this installation can use."""
    if audience.rung is not None:
        return _Ladder(dossier, priority, at, is_open, configured).climb(audience.rung, audience.channel)
    if audience.contacts:
        return _named(dossier, audience, configured)
    names = _of_customer(dossier) if audience.customer else _of_party(dossier, audience.party)
    chosen = Recipients()
    for name in names:
        # What is told can be read later, so only absence counts, not hours.
        there = stand_in(dossier, name, at, round_the_clock)
        chosen.notes += there.notes
        _add(chosen.people, [_recipient(dossier, there.contact or name, audience.channel, configured)])
    if not names:
        whose = "the customer" if audience.customer else f"the party {audience.party}"
        chosen.notes.append(f"{whose} has no contact in the dossier; add one under contacts")
    return chosen


def _named(dossier: Dossier, audience: Audience, configured: Collection[Channel]) -> Recipients:
    people = people_in(dossier.contacts)
    known = {folded(c.email or name): name for name, c in reversed(dossier.contacts.items())}
    chosen = Recipients()
    for asked in audience.contacts:
        name = asked if asked in dossier.contacts else known.get(folded(who_is(asked, people) or ""))
        if name is None:
            # Only to whom the dossier names: otherwise a mistyped address would get to know of a customer's incident.
            chosen.notes.append(f"{asked} is no contact of the dossier; add them under contacts")
            _add(chosen.people, [_stranger(dossier, asked, audience.channel)])
        else:
            _add(chosen.people, [_recipient(dossier, name, audience.channel, configured)])
    return chosen


def _of_customer(dossier: Dossier) -> list[str]:
    parties = {name for name, party in dossier.parties.items() if party.kind is PartyKind.CUSTOMER}
    contacts = {name: contact for name, contact in dossier.contacts.items() if contact.party in parties}
    return [name for name, contact in contacts.items() if SYSTEM_OWNER in contact.roles] or list(contacts)


def _of_party(dossier: Dossier, party: str | None) -> list[str]:
    contacts = [name for name, contact in dossier.contacts.items() if contact.party == party]
    on_ladders = [c for ladder in dossier.escalation.values() for rung in ladder for c in rung.contacts]
    return sorted(contacts, key=lambda name: name not in on_ladders)


class _Ladder:
    """The ladder for a priority at a moment."""

    def __init__(
        self,
        dossier: Dossier,
        priority: Priority | None,
        at: datetime,
        is_open: IsOpen,
        configured: Collection[Channel],
    ) -> None:
        self._dossier = dossier
        self._at = at
        self._is_open = is_open
        self._configured = configured
        self._notes: list[str] = []
        self._rungs = self._agreed(priority)

    def climb(self, wanted: int, channel: Channel | None) -> Recipients:
        """The wanted rung, or the first after it where somebody is there; none past the last.

        Where nobody is there from the first rung to the last, the first is asked all the same: nobody asked would be worse.
        """
        for number, rung in enumerate(self._rungs, start=1):
            if number < wanted:
                continue
            if names := self._there(number, rung):
                return self._reached(number, rung, names, channel)
        if wanted > 1 or not self._rungs:
            self._notes.append("the ladder has no further rung where anybody is there")
            return Recipients(notes=self._notes)
        first = self._rungs[0]
        self._notes.append("nobody on the ladder is there, so its first rung is asked all the same")
        return self._reached(1, first, [name for name in first.contacts if name in self._dossier.contacts], channel)

    def _agreed(self, priority: Priority | None) -> Sequence[Rung]:
        ladders = {p: ladder for p, ladder in self._dossier.escalation.items() if ladder}
        if priority in ladders:
            return ladders[priority]
        every = list(Priority)
        at = every.index(priority) if priority else 0
        # Rather too urgent than too calm.
        for nearest in [*reversed(every[:at]), *every[at:]]:
            if nearest in ladders:
                what = f"{priority.value} has" if priority else "an incident without priority has"
                self._notes.append(f"{what} no ladder of its own, so that of {nearest.value} is used")
                return ladders[nearest]
        names = self._supplier()
        if not names:
            return []
        self._notes.append("the dossier has no escalation ladder, so the supplier's operators are asked")
        return [Rung(contacts=names, channel=Channel.EMAIL, acknowledge_within=_WITHOUT_LADDER)]

    def _supplier(self) -> list[str]:
        contacts = {n: c for n, c in self._dossier.contacts.items() if _inside(self._dossier, c)}
        return [name for name, contact in contacts.items() if OPERATOR in contact.roles] or list(contacts)

    def _there(self, number: int, rung: Rung) -> list[str]:
        if rung.hours is not None and not self._is_open(rung.hours, self._at):
            self._notes.append(f"rung {number} was passed over: it is outside its hours {rung.hours}")
            return []
        names: list[str] = []
        for name in rung.contacts:
            there = stand_in(self._dossier, name, self._at, self._is_open)
            self._notes += there.notes
            if there.contact is not None and there.contact not in names:
                names.append(there.contact)
        if not names:
            self._notes.append(f"rung {number} was passed over: nobody is there")
        return names

    def _reached(self, number: int, rung: Rung, names: list[str], channel: Channel | None) -> Recipients:
        people: list[Recipient] = []
        for name in names:
            asked = _recipient(self._dossier, name, channel or rung.channel, self._configured)
            _add(people, [asked])
            if channel is None and not _usable(asked, self._configured):
                _add(people, self._in_place(asked))
        reached = RungReached(
            number=number,
            rungs=len(self._rungs),
            acknowledge_within_seconds=rung.acknowledge_within.total_seconds(),
            people=list(dict.fromkeys(person.email or person.contact for person in people)),
            notes=self._notes,
        )
        return Recipients(people, reached)

    def _in_place(self, asked: Recipient) -> list[Recipient]:
        for channel in _IN_PLACE_OF[asked.channel]:
            other = _recipient(self._dossier, asked.contact, channel, self._configured)
            if _usable(other, self._configured):
                self._notes.append(
                    f"{asked.name} cannot be reached by {asked.channel.value} from here, so {channel.value} is used as well"
                )
                return [other]
        return []


def _add(people: list[Recipient], more: list[Recipient]) -> None:
    known = {person.key for person in people}
    people += [person for person in more if person.key not in known]


def _recipient(dossier: Dossier, name: str, channel: Channel | None, configured: Collection[Channel]) -> Recipient:
    contact = dossier.contacts[name]
    if channel is None:
        choices = [_by(dossier, name, contact, each) for each in _BY_PREFERENCE]
        with_address = [choice for choice in choices if choice.address or choice.chat]
        return next((c for c in with_address if _usable(c, configured)), (with_address or choices)[0])
    return _by(dossier, name, contact, channel)


def _by(dossier: Dossier, name: str, contact: Contact, channel: Channel) -> Recipient:
    party = dossier.parties.get(contact.party)
    addresses = {Channel.EMAIL: contact.email, Channel.SMS: contact.phone, Channel.PHONE: contact.phone}
    return Recipient(
        contact=name,
        name=contact.name,
        email=contact.email or "",
        channel=channel,
        address=addresses.get(channel) or "",
        chat=contact.chat if channel is Channel.CHAT else None,
        language=contact.language or (party.language if party else Language.ENGLISH),
        zone=zone(dossier, contact),
        inside=_inside(dossier, contact),
    )


def _stranger(dossier: Dossier, asked: str, channel: Channel | None) -> Recipient:
    return Recipient(
        contact=asked,
        name=asked,
        email="",
        channel=channel or Channel.EMAIL,
        address="",
        chat=None,
        language=Language.ENGLISH,
        zone=zone(dossier),
        inside=False,
        known=False,
    )


def _usable(recipient: Recipient, configured: Collection[Channel]) -> bool:
    if recipient.channel is Channel.CHAT:
        return bool(recipient.chat) or Channel.CHAT in configured
    return bool(recipient.address) and recipient.channel in configured


def _inside(dossier: Dossier, contact: Contact) -> bool:
    party = dossier.parties.get(contact.party)
    return party is not None and party.kind is PartyKind.SUPPLIER
