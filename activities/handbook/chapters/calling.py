"""The tables of people to call, which two chapters show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from activities.documents.elements import Cell, Grid
from activities.documents.translation import Words
from activities.handbook.layout import HandbookLayout
from models.dossier.parties import EscalationLevel, PartyKind

CALLING: Final[Words] = {
    "level": ("Level", "Nivå"),
    "who": ("Who", "Vem"),
    "how": ("How", "Hur"),
    "address": ("Number or address", "Nummer eller adress"),
    "answers_within": ("Answers within", "Svarar inom"),
    "called_in": ("Called", "Rings"),
    "party": ("Party", "Part"),
    "support": ("Support of third parties", "Tredje parters support"),
    "support_how": ("How to reach it, and what to say", "Hur du når den, och vad du säger"),
}


def calling_order(layout: HandbookLayout, caption: str, policy: Sequence[EscalationLevel]) -> Grid:
    """Return the levels of an escalation policy as a table with a row for each person."""
    head = [layout.say(key) for key in ("level", "who", "how", "address", "answers_within", "called_in")]
    return Grid(caption, head, list(_levels(layout, policy)), wide=[1])


def _levels(layout: HandbookLayout, policy: Sequence[EscalationLevel]) -> Iterator[list[Cell]]:
    for number, level in enumerate(policy, 1):
        for name in level.contacts:
            contact = layout.dossier.contacts[name]
            yield [
                Cell(str(number)),
                Cell(f"{contact.name}\n{layout.party(contact.party)}"),
                Cell(layout.one_of("channel", level.channel)),
                Cell(layout.address(contact, level.channel)),
                Cell(layout.span(level.acknowledge_within)),
                Cell(layout.hours(level.hours)),
            ]


def third_parties(layout: HandbookLayout) -> list[list[Cell]]:
    """Return the third parties with their support."""
    found = layout.dossier.parties.values()
    return [
        [Cell(party.name), Cell(layout.text(party.support))]
        for party in found
        if party.kind is PartyKind.THIRD_PARTY and party.support
    ]
