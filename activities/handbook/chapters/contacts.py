"""Contacts: people, their deputies and hours, and the escalation policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from activities.documents.elements import NO_VALUE, Cell, Element, Grid, Heading
from activities.handbook.chapters.calling import CALLING, calling_order
from activities.handbook.layout import Chapter, HandbookLayout
from models.dossier.agreement import Priority
from models.dossier.parties import Contact, EscalationLevel


def elements(layout: HandbookLayout) -> Sequence[Element]:
    """The contacts, absences, parties and escalation policies."""
    return [*_people(layout), *_absences(layout), *_parties(layout), *_policies(layout)]


def _people(layout: HandbookLayout) -> Iterator[Element]:
    say = layout.say
    head = [say(key) for key in ("who", "function", "address", "hours_and_deputy", "decides")]
    rows = [_person(layout, contact) for contact in layout.dossier.contacts.values()]
    yield Heading(say("people"))
    yield Grid(say("people"), head, rows, wide=[0, 2])


def _person(layout: HandbookLayout, contact: Contact) -> list[Cell]:
    return [
        Cell(f"{contact.name}\n{layout.party(contact.party)}"),
        Cell(layout.text(contact.function)),
        Cell(layout.address(contact) or NO_VALUE),
        Cell("\n".join([layout.hours(contact.hours), *_deputy(layout, contact)])),
        Cell("\n".join(contact.roles) or NO_VALUE),
    ]


def _deputy(layout: HandbookLayout, contact: Contact) -> list[str]:
    return [layout.say("deputy_is", layout.contact(contact.deputy))] if contact.deputy else []


def _absences(layout: HandbookLayout) -> Iterator[Element]:
    say = layout.say
    day = layout.source.as_of.date()
    rows = [
        [
            Cell(contact.name),
            Cell(f"{away.since} – {away.until}"),
            Cell(layout.contact(deputy) if (deputy := away.deputy or contact.deputy) else NO_VALUE),
        ]
        for contact in layout.dossier.contacts.values()
        for away in contact.away
        if away.until >= day
    ]
    if rows:
        yield Grid(say("absences"), [say("who"), say("away"), say("deputy")], rows, wide=[0])


def _parties(layout: HandbookLayout) -> Iterator[Element]:
    say = layout.say
    rows = [
        [
            Cell(party.name),
            Cell(layout.one_of("kind", party.kind.value)),
            Cell(layout.text(party.support) or NO_VALUE),
            Cell(_answers(layout, name)),
        ]
        for name, party in layout.dossier.parties.items()
    ]
    yield Heading(say("parties"))
    yield Grid(say("parties"), [say("party"), say("part"), say("support_how"), say("must_answer")], rows, wide=[2])


def _answers(layout: HandbookLayout, name: str) -> str:
    target = layout.dossier.parties[name].answers_within
    return NO_VALUE if target is None else f"{layout.within(target)} ({layout.hours(target.hours)})"


def _policies(layout: HandbookLayout) -> Iterator[Element]:
    say = layout.say
    if layout.dossier.escalation:
        yield Heading(say("policies"))
    for priorities, policy in _alike(layout):
        names = ", ".join(priority.value for priority in priorities)
        yield calling_order(layout, say("policy", names), policy)


def _alike(layout: HandbookLayout) -> list[tuple[list[Priority], list[EscalationLevel]]]:
    """Return the policies with the priorities that share each."""
    found: list[tuple[list[Priority], list[EscalationLevel]]] = []
    for priority, policy in sorted(layout.dossier.escalation.items()):
        same = next((names for names, other in found if other == policy), None)
        if same is None:
            found.append(([priority], policy))
        else:
            same.append(priority)
    return found


CHAPTER = Chapter(
    "contacts",
    ("Contacts and escalation", "Kontakter och eskalering"),
    elements,
    {
        **CALLING,
        "people": ("People", "Personer"),
        "function": ("Function", "Funktion"),
        "hours_and_deputy": ("Hours, and deputy", "Tider, och ersättare"),
        "deputy_is": ("deputy: {0}", "ersättare: {0}"),
        "deputy": ("Deputy", "Ersättare"),
        "decides": ("May decide as", "Får besluta som"),
        "absences": ("Absences", "Frånvaro"),
        "away": ("Away", "Borta"),
        "parties": ("Parties", "Parter"),
        "part": ("Part", "Roll"),
        "must_answer": ("Must answer within", "Ska svara inom"),
        "policies": ("Escalation policies", "Eskalering"),
        "policy": ("{0}: the levels, in order", "{0}: nivåerna i ordning"),
    },
    new_page=True,
)
