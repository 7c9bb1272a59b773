"""What the escalation ladders ask for beyond their form: that they find somebody."""

from __future__ import annotations

from collections.abc import Iterator

from models.channels import Channel
from models.dossier.agreement import Undertaking
from models.dossier.dossier import Dossier
from models.dossier.parties import Contact, PartyKind
from models.dossier.rules.registry import RuleFinding, gap


@gap("first-rung-outside", Undertaking.INCIDENT)
def supplier_comes_first(dossier: Dossier) -> Iterator[RuleFinding]:
    """The first rung of every ladder asks somebody of the supplier, who leads incidents."""
    suppliers = {name for name, party in dossier.parties.items() if party.kind is PartyKind.SUPPLIER}
    for priority, ladder in dossier.escalation.items():
        if not ladder:
            continue
        contacts = [dossier.contacts[name] for name in ladder[0].contacts if name in dossier.contacts]
        if contacts and suppliers and not any(contact.party in suppliers for contact in contacts):
            names = ", ".join(ladder[0].contacts)
            what = f"the first rung of escalation {priority.value} asks {names}, and nobody of the supplier"
            yield RuleFinding(
                ("escalation", priority.value, 0), what, "begin the ladder with a contact of the supplier"
            )


@gap("unreachable-ladder", Undertaking.INCIDENT)
def ladders_reach_somebody(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every ladder has a rung with somebody whom its channel reaches; chat goes to a contact's own, or to a common room."""
    for priority, ladder in dossier.escalation.items():
        reached = any(
            rung.channel is Channel.CHAT or _address(dossier.contacts[name], rung.channel)
            for rung in ladder
            for name in rung.contacts
            if name in dossier.contacts
        )
        if ladder and not reached:
            what = f"no rung of escalation {priority.value} reaches anybody: none of its contacts has what its channel needs"
            mend = "give one of them `email` or `phone`, or use a channel that they have"
            yield RuleFinding(("escalation", priority.value), what, mend)


@gap("unattended-ladder", Undertaking.INCIDENT)
def ladders_are_attended(dossier: Dossier) -> Iterator[RuleFinding]:
    """Where service runs round the clock, so does the ladder: some rung without hours asks a contact who is always reached."""
    for priority, level in dossier.agreement.service_levels.items():
        ladder = dossier.escalation.get(priority, [])
        hours = dossier.agreement.service_hours
        if not ladder or hours.get(level.respond.hours) != "24x7":
            continue
        rungs = [rung for rung in ladder if rung.hours is None or hours.get(rung.hours) == "24x7"]
        if not any(_attended(dossier, name) for rung in rungs for name in rung.contacts):
            what = f"{priority.value} is responded to round the clock, but its ladder has times when it finds nobody"
            mend = "add a rung without hours whose contact, or whose deputy, has none either"
            yield RuleFinding(("escalation", priority.value), what, mend)


def _attended(dossier: Dossier, name: str) -> bool:
    """Whether a contact, or somebody along their deputies, is reached at any hour; deputies may stand in a circle."""
    seen: set[str] = set()
    current: str | None = name
    while current is not None and current not in seen:
        seen.add(current)
        contact = dossier.contacts.get(current)
        if contact is None:
            return False
        if contact.hours is None or dossier.agreement.service_hours.get(contact.hours) == "24x7":
            return True
        current = contact.deputy
    return False


def _address(contact: Contact, channel: Channel) -> str | None:
    return contact.email if channel is Channel.EMAIL else contact.phone


@gap("absent-without-deputy", Undertaking.INCIDENT)
def absences_leave_somebody(dossier: Dossier) -> Iterator[RuleFinding]:
    """On every day that somebody on a ladder is away, somebody stands in for them who is not away too."""
    on_ladders = {name for ladder in dossier.escalation.values() for rung in ladder for name in rung.contacts}
    for name, contact in dossier.contacts.items():
        if name not in on_ladders:
            continue
        for number, absence in enumerate(contact.away):
            deputies = [d for d in dict.fromkeys([absence.deputy, contact.deputy]) if d and d != name]
            there = [
                d
                for d in deputies
                if d in dossier.contacts
                and not any(a.since <= absence.until and absence.since <= a.until for a in dossier.contacts[d].away)
            ]
            if not there:
                also = f", and so is {', '.join(deputies)}" if deputies else " and has no deputy"
                what = f"{name} is away from {absence.since} to {absence.until}{also}"
                yield RuleFinding(
                    ("contacts", name, "away", number), what, "name a `deputy` of that absence who is there"
                )
