"""Whether enough people exist who can give an approval."""

from __future__ import annotations

from collections.abc import Iterator

from models.base import format_duration
from models.dossier.approvals import Approval, OnSilence
from models.dossier.changes import BY_DEFAULT
from models.dossier.dossier import Dossier
from models.dossier.faults import Place, where
from models.dossier.parties import Contact, PartyKind
from models.dossier.reports import ReportApproval
from models.dossier.rules.places import approvals
from models.dossier.rules.registry import RuleFinding, error, gap
from models.gates import APPROVE, GateOption, Question
from models.people import People, people_in, who_is


@error("too-few-approvers")
def enough_people_hold_the_roles(dossier: Dossier) -> Iterator[RuleFinding]:
    """No approval needs more people than hold its roles at the party that is asked."""
    for place, approval, party in _asked(dossier):
        people = _people(_holders(dossier, approval, party), dossier)
        if people and approval.count > len(people):
            what = f"{where(place)} asks for {approval.count} approvals, but only {', '.join(people)} may give one"
            yield RuleFinding((*place, "count"), what, "lower `count`, or give the role to more contacts")
        elif (
            party is not None
            and not people
            and any(set(c.roles) & set(approval.roles) for c in dossier.contacts.values())
        ):
            what = f"{where(place)} asks the {party}, none of whose contacts holds {' or '.join(approval.roles)}"
            yield RuleFinding((*place, "roles"), what, f"give the role to a contact of the {party}")


@error("late-emergency")
def emergencies_come_before_silence(dossier: Dossier) -> Iterator[RuleFinding]:
    """Where one person may answer alone after a while, that time ends before the deadline of the question."""
    for place, approval in approvals(dossier):
        asks_again = approval.on_silence is OnSilence.ASK_AGAIN
        if approval.alone_after is not None and not asks_again and approval.alone_after >= approval.within:
            what = (
                f"{where(place)} may be answered alone after {format_duration(approval.alone_after)}, but its deadline is "
                f"after {format_duration(approval.within)}"
            )
            yield RuleFinding((*place, "alone_after"), what, "shorten `alone_after`, or lengthen `within`")


@gap("sole-approver", None)
def somebody_else_may_approve(dossier: Dossier) -> Iterator[RuleFinding]:
    """Requests by the supplier's own people can be approved, although the requester may not approve."""
    for place, approval, party in [*_asked(dossier), *_by_default(dossier)]:
        holders = _holders(dossier, approval, party)
        people = _people(holders, dossier)
        # The customer's own people seldom order what they approve; an incident anybody may have to open.
        ours = all(_kind(dossier, c) == PartyKind.SUPPLIER.value for c in holders.values())
        if (ours or _in_an_incident(place)) and any(
            _nobody(approval, people, who, ordered=not _in_an_incident(place)) for who in people
        ):
            what = f"{where(place)}: nobody else may approve a request by {' or '.join(people)}"
            fix = (
                "give the role to one more contact, write `not_requester: false`, or say `alone_after` for emergencies"
            )
            yield RuleFinding((*place, "roles"), what, fix)


def _nobody(approval: Approval, people: list[str], who: str, *, ordered: bool) -> bool:
    """Return whether too few people remain to approve a request by one of them; the workflow asks in the same way."""
    question = Question(
        text="?",
        options=[GateOption(name=APPROVE, means="")],
        deciders=People.of(people),
        count=approval.count,
        requester=approval.excluded(who, ordered=ordered),
        alone_after_seconds=approval.alone_after.total_seconds() if approval.alone_after else None,
    )
    return len(people) >= approval.count and bool(question.nobody_may())


def _in_an_incident(place: Place) -> bool:
    return place[:2] == ("instructions", "troubleshooting")


def _asked(dossier: Dossier) -> Iterator[tuple[Place, Approval, str | None]]:
    """Yield all approvals, each with the party that is asked; None: everybody who holds a role."""
    for place, approval in approvals(dossier):
        if isinstance(approval, ReportApproval):
            yield from ((place, approval, party.value) for party in approval.by.parties)
        else:
            last = place[-1]
            yield place, approval, last if isinstance(last, str) and last in _PARTIES else None


def _holders(dossier: Dossier, approval: Approval, party: str | None) -> dict[str, Contact]:
    """Return the contacts who hold a role of an approval, at the party that is asked."""
    return {
        name: contact
        for name, contact in dossier.contacts.items()
        if set(contact.roles) & set(approval.roles) and (party is None or _kind(dossier, contact) == party)
    }


def _people(holders: dict[str, Contact], dossier: Dossier) -> list[str]:
    """Return the people behind contacts: several contacts with one address are one person."""
    known = people_in(dossier.contacts)
    return sorted({who_is(contact.email or name, known) or name for name, contact in holders.items()})


def _by_default(dossier: Dossier) -> Iterator[tuple[Place, Approval, str | None]]:
    """Yield the approval of changes by the supplier if the agreement names none."""
    if not dossier.agreement.changes.approvals:
        supplier = PartyKind.SUPPLIER.value
        yield ("agreement", "changes", "approvals", supplier), BY_DEFAULT, supplier


_PARTIES = {PartyKind.SUPPLIER.value, PartyKind.CUSTOMER.value}


def _kind(dossier: Dossier, contact: Contact) -> str | None:
    party = dossier.parties.get(contact.party)
    return party.kind.value if party else None
