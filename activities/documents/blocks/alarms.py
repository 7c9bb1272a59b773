"""The alarm messages of the incident."""

from __future__ import annotations

from typing import Final

from activities.documents.blocks import Block
from activities.documents.cutting import lines_left_out
from activities.documents.elements import Cell, Element, Grid
from activities.documents.translation import Translation
from models.post_incident_report import PostIncidentReport

_WORDS: Final = {
    "severity": ("Severity", "Allvar"),
    "alarm": ("Alarm", "Alarm"),
    "source": ("Source", "Källa"),
}


def _elements(report: PostIncidentReport, say: Translation) -> list[Element]:
    if not report.alarms:
        return []
    head = [*say.both_heads(), say("severity"), say("alarm"), say("source"), say("became")]
    rows = [
        [
            *map(Cell, say.both(a.at)),
            Cell(a.severity),
            Cell(f"{a.title} ({', '.join(part for part in (a.component, a.state) if part)})"),
            Cell(a.source),
            Cell(f"{a.disposition}: {a.reason}" if a.reason else a.disposition),
        ]
        for a in report.alarms
    ]
    return [Grid(say("title"), head, rows, wide=[-3, -1]), *lines_left_out(report.left_out, "alarms", say)]


BLOCK: Final = Block(
    name="alarms",
    title=("Alarms", "Alarms"),
    needs=frozenset({"alarms", "left_out"}),
    elements=_elements,
    words=_WORDS,
)
