"""The requirements on escalation policies beyond their format: that they reach people."""

from __future__ import annotations

from collections.abc import Iterator

from models.channels import channel_named
from models.dossier.agreement import Undertaking
from models.dossier.dossier import Dossier
from models.dossier.parties import PartyKind
from models.dossier.rules.registry import RuleFinding, gap


@gap("first-level-outside", Undertaking.INCIDENT)
def supplier_comes_first(dossier: Dossier) -> Iterator[RuleFinding]:
    """The first level of every escalation policy calls somebody of the supplier, who leads incidents."""
    suppliers = {name for name, party in dossier.parties.items() if party.kind is PartyKind.SUPPLIER}
    for priority, policy in dossier.escalation.items():
        if not policy:
            continue
        contacts = [dossier.contacts[name] for name in policy[0].contacts if name in dossier.contacts]
        if contacts and suppliers and not any(contact.party in suppliers for contact in contacts):
            names = ", ".join(policy[0].contacts)
            what = f"the first level of escalation {priority.value} asks {names}, and nobody of the supplier"
            yield RuleFinding(
                ("escalation", priority.value, 0), what, "begin the escalation policy with a contact of the supplier"
            )


@gap("unreachable-escalation", Undertaking.INCIDENT)
def policies_reach_somebody(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every escalation policy reaches somebody by the channel of a level. Chat goes to a contact's own webhook or to a
    common room.
    """
    for priority, policy in dossier.escalation.items():
        reached = any(
            not channel_named(level.channel).lacks_address(dossier.contacts[name])
            for level in policy
            for name in level.contacts
            if name in dossier.contacts
        )
        if policy and not reached:
            what = f"no level of escalation {priority.value} reaches anybody: none of its contacts has what its channel needs"
            fix = "give one of them `email` or `phone`, or use a channel that they have"
            yield RuleFinding(("escalation", priority.value), what, fix)


@gap("unattended-escalation", Undertaking.INCIDENT)
def policies_are_attended(dossier: Dossier) -> Iterator[RuleFinding]:
    """If service runs round the clock, a level without hours calls a contact who can always be reached."""
    for priority, level in dossier.agreement.service_levels.items():
        policy = dossier.escalation.get(priority, [])
        hours = dossier.agreement.service_hours
        if not policy or hours.get(level.respond.hours) != "24x7":
            continue
        levels = [level for level in policy if level.hours is None or hours.get(level.hours) == "24x7"]
        if not any(_attended(dossier, name) for level in levels for name in level.contacts):
            what = f"{priority.value} must be responded to round the clock, but at some times its policy reaches nobody"
            fix = "add a level without hours whose contact, or whose deputy, has none either"
            yield RuleFinding(("escalation", priority.value), what, fix)


def _attended(dossier: Dossier, name: str) -> bool:
    """Return whether a contact, or a deputy of theirs, can be reached at any hour; deputies may form a circle."""
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


@gap("absent-without-deputy", Undertaking.INCIDENT)
def absences_leave_somebody(dossier: Dossier) -> Iterator[RuleFinding]:
    """On every day on which somebody on an escalation policy is away, a deputy is there."""
    on_policies = {name for policy in dossier.escalation.values() for level in policy for name in level.contacts}
    for name, contact in dossier.contacts.items():
        if name not in on_policies:
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
