"""The available contacts of a dossier: hours, absences and deputies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from models.dossier import Dossier
from models.dossier.agreement import ServiceHours
from models.dossier.parties import Absence, Contact

IsOpen = Callable[[str, datetime], bool]
"""Whether service hours with this name are open at a moment."""


def round_the_clock(_hours: str, _at: datetime) -> bool:
    """Hours that are always open, for people who may get a notice at any time."""
    return True


@dataclass
class Substitute:
    """The person who gets a notice for a contact: themselves, a deputy, or nobody."""

    contact: str | None = None
    notes: list[str] = field(default_factory=list)
    """The people who were skipped and why, a sentence each."""


def find_deputy(dossier: Dossier, name: str, at: datetime, is_open: IsOpen) -> Substitute:
    """Return the first who is available: the contact, a deputy, a deputy of that one, and so on; nobody twice.

    The deputy for an absence comes before the usual one.
    """
    found = Substitute()
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop(0)
        contact = dossier.contacts.get(current)
        if current in seen or contact is None:
            continue
        seen.add(current)
        absence = absent(dossier, contact, at)
        why = _why_not(contact, absence, at, is_open)
        if why is None:
            found.contact = current
            if current != name:
                found.notes.append(f"{contact.name} is the deputy of {dossier.contacts[name].name}")
            return found
        found.notes.append(why)
        # Depth first: the deputy's own deputy comes before the next choice.
        deputies = [absence.deputy if absence else None, contact.deputy]
        waiting = [d for d in deputies if d is not None] + waiting
    if name in dossier.contacts:
        found.notes.append(f"no deputy of {dossier.contacts[name].name} is available")
    else:
        found.notes.append(f"{name} is not a contact in the dossier; add them under contacts")
    return found


def absent(dossier: Dossier, contact: Contact, at: datetime) -> Absence | None:
    """Return the absence at a moment, by the days of the contact's time zone."""
    today = at.astimezone(ZoneInfo(zone(dossier, contact))).date() if contact.away else None
    return next((away for away in contact.away if today and away.since <= today <= away.until), None)


def _why_not(contact: Contact, absence: Absence | None, at: datetime, is_open: IsOpen) -> str | None:
    if absence is not None:
        return f"{contact.name} is away until {absence.until}"
    if contact.hours is not None and not is_open(contact.hours, at):
        return f"{contact.name} is outside the hours {contact.hours}"
    return None


def zone(dossier: Dossier, contact: Contact | None = None) -> str:
    """Return the time zone of a contact: that of their hours, of their colleagues' hours, of the agreement's; else UTC."""
    names: list[str | None] = []
    if contact is not None:
        names.append(contact.hours)
        names += [other.hours for other in dossier.contacts.values() if other.party == contact.party]
    names += dossier.agreement.service_hours
    for name in names:
        hours = dossier.agreement.service_hours.get(name) if name else None
        if isinstance(hours, ServiceHours):
            return hours.time_zone
    return str(UTC)
