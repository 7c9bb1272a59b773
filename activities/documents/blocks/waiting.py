"""Whose turn it was, in all and each time."""

from __future__ import annotations

from typing import Final

from activities.documents.blocks import Block
from activities.documents.elements import Cell, Element, Grid, Said, Tone
from activities.documents.translation import Translation, span
from models.dossier.parties import PartyKind
from models.post_incident_report import PostIncidentReport

_WORDS: Final = {
    "whose_turn": ("Party", "Part"),
    "time": ("Time", "Tid"),
    "waited_for": ("Waited for", "Väntade på"),
    "what_for": ("Reason", "Anledning"),
    "still": ("still", "pågår"),
    "no_waits": ("The incident did not wait for another party.", "Incidenten väntade inte på någon annan part."),
}


_MOST_STRETCHES: Final = 400
"""The number of waits that are listed one by one."""


def _elements(report: PostIncidentReport, say: Translation) -> list[Element]:
    """The time of each party, in total and for each wait."""
    elements: list[Element] = []
    if report.clock is not None and report.clock.waited_seconds:
        turns = sorted(report.clock.waited_seconds.items(), key=lambda t: [k.value for k in PartyKind].index(t[0]))
        rows = [[Cell(_turn(report, turn, say)), Cell(span(seconds))] for turn, seconds in turns]
        elements.append(Grid(say("whose_turn"), [say("whose_turn"), say("time")], rows, wide=[0]))
    if report.waits:
        notes = not report.for_customer
        head = [say("from"), say("until"), say("waited_for"), *([say("what_for")] if notes else []), say("time")]
        rows = [
            [
                Cell(say.stacked(w.since)),
                Cell(say.stacked(w.until) if w.ended else say("still"), Tone.PLAIN if w.ended else Tone.WAITING),
                Cell(w.party),
                *([Cell(w.note)] if notes else []),
                Cell(span(w.seconds)),
            ]
            for w in report.waits[:_MOST_STRETCHES]
        ]
        elements.append(Grid(say("title"), head, rows, wide=[3] if notes else [2]))
        if len(report.waits) > _MOST_STRETCHES:
            elements.append(Said(say("lines_left_out", len(report.waits) - _MOST_STRETCHES)))
    else:
        elements.append(Said(say("no_waits")))
    return elements


def _turn(report: PostIncidentReport, turn: str, say: Translation) -> str:
    names = sorted({w.party for w in report.waits if w.kind is not None and w.kind.value == turn and w.party})
    if not names:
        names = [p.name for p in report.parties if p.kind.value == turn and turn == PartyKind.SUPPLIER.value]
    of = f" ({', '.join(names)})" if names else ""
    return say.name("turn", turn) + of


BLOCK: Final = Block(
    name="waiting",
    title=("Waiting time", "Väntetid"),
    needs=frozenset({"clock", "waits", "parties", "for_customer"}),
    elements=_elements,
    words=_WORDS,
)
