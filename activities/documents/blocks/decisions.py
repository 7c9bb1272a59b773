"""Questions with their answers."""

from __future__ import annotations

from typing import Final

from activities.documents.blocks import Block
from activities.documents.cutting import excerpt, lines_left_out
from activities.documents.elements import Cell, Element, Grid
from activities.documents.translation import Translation
from models.post_incident_report import PostIncidentReport, ReportDecision

_WORDS: Final = {
    "question": ("Question and answer", "Fråga och svar"),
    "decided": ("Decided", "Beslut"),
}


def _elements(report: PostIncidentReport, say: Translation) -> list[Element]:
    if not report.decisions:
        return []
    head = [*say.both_heads(), say("question"), say("decided"), say("by")]
    rows = [
        [
            *map(Cell, say.both(d.at)),
            Cell(excerpt(d.text, say)),
            Cell(say.name("option", d.option or (d.answers[-1].option if d.answers else ""))),
            Cell(_answers(d, say)),
        ]
        for d in report.decisions
    ]
    return [Grid(say("title"), head, rows, wide=[-3, -1]), *lines_left_out(report.left_out, "decisions", say)]


def _answers(decision: ReportDecision, say: Translation) -> str:
    answers = []
    for answer in decision.answers:
        of = ", ".join(
            part for part in (say.name("turn", answer.party), answer.via.value if answer.via else "") if part
        )
        note = f": {answer.note}" if answer.note else ""
        answers.append(f"{answer.by}{f' ({of})' if of else ''}{note}")
    return "; ".join(answers)


BLOCK: Final = Block(
    name="decisions",
    title=("Decisions", "Beslut"),
    needs=frozenset({"decisions", "left_out"}),
    elements=_elements,
    words=_WORDS,
)
