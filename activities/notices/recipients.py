"""The receivers of a notice: levels of the escalation policy, parties and people of a dossier; pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from activities.notices.deputies import IsOpen, find_deputy, round_the_clock, zone
from models.channels import CHANNELS, EMAIL, Channel, by_preference, channel_named
from models.dossier import Dossier
from models.dossier.agreement import Priority
from models.dossier.parties import Contact, EscalationLevel, Language, PartyKind
from models.notices import Audience, LevelReached
from models.people import folded, people_in, who_is

SYSTEM_OWNER: Final = "system-owner"
OPERATOR: Final = "operator"

_WITHOUT_POLICY: Final = timedelta(minutes=15)
"""The time to acknowledge without an agreed one."""


@dataclass(frozen=True)
class Recipient:
    """A receiver of a notice by one channel."""

    contact: str
    """Identifier in the dossier; the requested name if there is no such contact."""
    name: str
    email: str
    channel: str
    """Name of the channel."""
    address: str
    """The receiver's address for the channel, from the dossier. Empty without one, and for a channel with URLs of its
    own."""
    own_url: str | None
    """Where the receiver's own URL is stored, for a channel with such URLs."""
    language: Language
    zone: str
    inside: bool
    """Whether the receiver belongs to the supplier. Nobody else gets links, commands and internal notes."""
    known: bool = True

    @property
    def key(self) -> str:
        """Identifies the delivery within its notice."""
        return f"{self.contact} {self.channel}"


@dataclass
class Recipients:
    """The receivers of a notice, and the reasons for choosing them."""

    people: list[Recipient] = field(default_factory=list)
    level: LevelReached | None = None
    notes: list[str] = field(default_factory=list)


def recipients(
    dossier: Dossier,
    audience: Audience,
    priority: Priority | None,
    at: datetime,
    is_open: IsOpen,
    configured: Collection[str] | None = None,
) -> Recipients:
    """Return the receivers at a moment. `configured` are the channels that this installation can use; by default all."""
    configured = CHANNELS.names() if configured is None else configured
    if audience.level is not None:
        return _Policy(dossier, priority, at, is_open, configured).escalate(audience.level, audience.channel)
    if audience.contacts:
        return _named(dossier, audience, configured)
    names = _of_customer(dossier) if audience.customer else _of_party(dossier, audience.party)
    chosen = Recipients()
    for name in names:
        # The receiver can read the notice later, so only absence counts, not hours.
        there = find_deputy(dossier, name, at, round_the_clock)
        chosen.notes += there.notes
        _add(chosen.people, [_recipient(dossier, there.contact or name, audience.channel, configured)])
    if not names:
        whose = "the customer" if audience.customer else f"the party {audience.party}"
        chosen.notes.append(f"{whose} has no contact in the dossier; add one under contacts")
    return chosen


def _named(dossier: Dossier, audience: Audience, configured: Collection[str]) -> Recipients:
    people = people_in(dossier.contacts)
    known = {folded(c.email or name): name for name, c in reversed(dossier.contacts.items())}
    chosen = Recipients()
    for asked in audience.contacts:
        name = asked if asked in dossier.contacts else known.get(folded(who_is(asked, people) or ""))
        if name is None:
            # Only contacts of the dossier: otherwise a mistyped address would get the facts of a customer's incident.
            chosen.notes.append(f"{asked} is not a contact in the dossier; add them under contacts")
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
    on_policies = [c for policy in dossier.escalation.values() for level in policy for c in level.contacts]
    return sorted(contacts, key=lambda name: name not in on_policies)


class _Policy:
    """The escalation policy for a priority at a moment."""

    def __init__(
        self,
        dossier: Dossier,
        priority: Priority | None,
        at: datetime,
        is_open: IsOpen,
        configured: Collection[str],
    ) -> None:
        self._dossier = dossier
        self._at = at
        self._is_open = is_open
        self._configured = configured
        self._notes: list[str] = []
        self._levels = self._agreed(priority)

    def escalate(self, wanted: int, channel: str | None) -> Recipients:
        """Return the wanted level, or the next one where somebody is available; none after the last.

        If nobody is available on any level, the first level is called all the same.
        """
        for number, level in enumerate(self._levels, start=1):
            if number < wanted:
                continue
            if names := self._there(number, level):
                return self._reached(number, level, names, channel)
        if wanted > 1 or not self._levels:
            self._notes.append("the escalation policy has no further level where anybody is available")
            return Recipients(notes=self._notes)
        first = self._levels[0]
        self._notes.append("nobody on the escalation policy is available, so its first level is called all the same")
        return self._reached(1, first, [name for name in first.contacts if name in self._dossier.contacts], channel)

    def _agreed(self, priority: Priority | None) -> Sequence[EscalationLevel]:
        policies = {p: policy for p, policy in self._dossier.escalation.items() if policy}
        if priority in policies:
            return policies[priority]
        every = list(Priority)
        at = every.index(priority) if priority else 0
        # If in doubt, the more urgent one.
        for nearest in [*reversed(every[:at]), *every[at:]]:
            if nearest in policies:
                what = f"{priority.value} has" if priority else "an incident without priority has"
                self._notes.append(f"{what} no escalation policy of its own, so that of {nearest.value} is used")
                return policies[nearest]
        names = self._supplier()
        if not names:
            return []
        self._notes.append("the dossier has no escalation policy, so the supplier's operators are called")
        return [EscalationLevel(contacts=names, channel=EMAIL, acknowledge_within=_WITHOUT_POLICY)]

    def _supplier(self) -> list[str]:
        contacts = {n: c for n, c in self._dossier.contacts.items() if _inside(self._dossier, c)}
        return [name for name, contact in contacts.items() if OPERATOR in contact.roles] or list(contacts)

    def _there(self, number: int, level: EscalationLevel) -> list[str]:
        if level.hours is not None and not self._is_open(level.hours, self._at):
            self._notes.append(f"level {number} was skipped: it is outside its hours {level.hours}")
            return []
        names: list[str] = []
        for name in level.contacts:
            there = find_deputy(self._dossier, name, self._at, self._is_open)
            self._notes += there.notes
            if there.contact is not None and there.contact not in names:
                names.append(there.contact)
        if not names:
            self._notes.append(f"level {number} was skipped: nobody is available")
        return names

    def _reached(self, number: int, level: EscalationLevel, names: list[str], channel: str | None) -> Recipients:
        people: list[Recipient] = []
        for name in names:
            asked = _recipient(self._dossier, name, channel or level.channel, self._configured)
            _add(people, [asked])
            if channel is None and not self._reaches(asked):
                _add(people, self._in_place(asked))
        reached = LevelReached(
            number=number,
            levels=len(self._levels),
            acknowledge_within_seconds=level.acknowledge_within.total_seconds(),
            people=list(dict.fromkeys(person.email or person.contact for person in people)),
            notes=self._notes,
        )
        return Recipients(people, reached)

    def _in_place(self, asked: Recipient) -> list[Recipient]:
        for channel in channel_named(asked.channel).in_its_place:
            other = _recipient(self._dossier, asked.contact, channel, self._configured)
            if self._reaches(other):
                self._notes.append(
                    f"{asked.name} cannot be reached by {asked.channel} from here, so {channel} is used as well"
                )
                return [other]
        return []

    def _reaches(self, person: Recipient) -> bool:
        return channel_named(person.channel).usable(self._dossier.contacts[person.contact], self._configured)


def _add(people: list[Recipient], more: list[Recipient]) -> None:
    known = {person.key for person in people}
    people += [person for person in more if person.key not in known]


def _recipient(dossier: Dossier, name: str, channel: str | None, configured: Collection[str]) -> Recipient:
    contact = dossier.contacts[name]
    if channel is None:
        choices = by_preference()
        with_address = [choice for choice in choices if choice.address(contact)]
        chosen = next((c for c in with_address if c.usable(contact, configured)), (with_address or choices)[0])
    else:
        chosen = channel_named(channel)
    return _by(dossier, name, contact, chosen)


def _by(dossier: Dossier, name: str, contact: Contact, channel: Channel) -> Recipient:
    party = dossier.parties.get(contact.party)
    address = channel.address(contact)
    return Recipient(
        contact=name,
        name=contact.name,
        email=contact.email or "",
        channel=channel.name,
        address="" if channel.own_url else address or "",
        own_url=address if channel.own_url else None,
        language=contact.language or (party.language if party else Language.ENGLISH),
        zone=zone(dossier, contact),
        inside=_inside(dossier, contact),
    )


def _stranger(dossier: Dossier, asked: str, channel: str | None) -> Recipient:
    return Recipient(
        contact=asked,
        name=asked,
        email="",
        channel=channel or EMAIL,
        address="",
        own_url=None,
        language=Language.ENGLISH,
        zone=zone(dossier),
        inside=False,
        known=False,
    )


def _inside(dossier: Dossier, contact: Contact) -> bool:
    party = dossier.parties.get(contact.party)
    return party is not None and party.kind is PartyKind.SUPPLIER
