"""The requirements of incident management."""

from __future__ import annotations

from collections.abc import Iterator

from models.channels import channel_named
from models.dossier.agreement import Level, Target, Undertaking
from models.dossier.dossier import Dossier
from models.dossier.parties import OPERATOR
from models.dossier.rules.registry import RuleFinding, error, gap
from models.dossier.service_time import comparable


@error("respond-after-restore")
def responding_comes_first(dossier: Dossier) -> Iterator[RuleFinding]:
    """A service level does not allow more time to respond than to restore, if both clocks run in the same hours."""
    for priority, level in dossier.agreement.service_levels.items():
        if level.respond.hours == level.restore.hours and _longer(level.respond, level.restore):
            place = ("agreement", "service_levels", priority.value, "respond")
            yield RuleFinding(
                place, f"{priority.value} allows more time to respond than to restore", "exchange the two times"
            )


@gap("no-service-level", Undertaking.INCIDENT)
def priorities_have_levels(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every priority that the matrix can give has a service level."""
    matrix = dossier.agreement.priorities
    given = {matrix.priority(impact, urgency) for impact in Level for urgency in Level}
    for priority in sorted(given - set(dossier.agreement.service_levels)):
        what = f"the priorities can give {priority.value}, which has no service level"
        fix = f"add agreement.service_levels.{priority.value} with respond and restore, or change agreement.priorities"
        yield RuleFinding(("agreement", "service_levels"), what, fix)


@gap("no-escalation", Undertaking.INCIDENT)
def service_levels_have_escalation(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every service level has an escalation policy."""
    for priority in sorted(dossier.agreement.service_levels):
        if not dossier.escalation.get(priority):
            what = f"{priority.value} has a service level but no escalation policy"
            fix = f"add escalation.{priority.value} with contacts, channel and acknowledge_within"
            yield RuleFinding(("escalation",), what, fix)


@gap("unreachable-level", Undertaking.INCIDENT)
def levels_reach_people(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every contact on an escalation policy has the number or address that the level's channel needs."""
    for priority, policy in dossier.escalation.items():
        for number, level in enumerate(policy):
            channel = channel_named(level.channel)
            field = channel.address_field
            for name in level.contacts:
                contact = dossier.contacts.get(name)
                if contact is not None and channel.lacks_address(contact):
                    what = f"escalation {priority.value} reaches {name} by {level.channel}, and {name} has no {field}"
                    yield RuleFinding(
                        ("escalation", priority.value, number),
                        what,
                        f"add `{field}` to the contact, or use another channel",
                    )


@gap("no-troubleshooting", Undertaking.INCIDENT)
def components_have_troubleshooting(dossier: Dossier) -> Iterator[RuleFinding]:
    """Every component has a matching troubleshooting instruction."""
    symptoms = [t.symptom for t in dossier.instructions.troubleshooting.values()]
    if any(not s.components and not s.measuring_points for s in symptoms):
        return
    points = dossier.monitoring.measuring_points
    matched = {name for s in symptoms for name in s.components}
    matched |= {points[p].component for s in symptoms if not s.components for p in s.measuring_points if p in points}
    for name in dossier.architecture.components:
        if name not in matched:
            what = f"no troubleshooting instruction matches the component {name}"
            fix = f"add one under instructions.troubleshooting with `symptom: {{components: [{name}]}}`"
            yield RuleFinding(("architecture", "components", name), what, fix)


@gap("no-operator", Undertaking.INCIDENT)
def somebody_takes_over(dossier: Dossier) -> Iterator[RuleFinding]:
    """Somebody holds the role `operator`, who decides if no remedy helped and the instruction has no `handover`."""
    held = any(OPERATOR in contact.roles for contact in dossier.contacts.values())
    if not held and not all(t.handover for t in dossier.instructions.troubleshooting.values()):
        what = "nobody holds the role operator, so all of the supplier's people decide if no remedy helps"
        yield RuleFinding(
            ("contacts",), what, "give a contact `roles: [operator]`, or write a `handover` for each instruction"
        )


def _longer(one: Target, other: Target) -> bool:
    in_days, length = comparable(one.within)
    other_in_days, other_length = comparable(other.within)
    return in_days == other_in_days and length > other_length
