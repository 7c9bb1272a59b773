"""The picture of the clocks, and every stretch of each as a table."""

from __future__ import annotations

from typing import Final

from activities.documents.blocks import Block
from activities.documents.clock_picture import svg
from activities.documents.elements import Cell, Element, Grid, Picture, Said
from activities.documents.translation import Translation, service_time
from models.clock import Stretch
from models.post_incident_report import PostIncidentReport

_WORDS: Final = {
    "picture_says": (
        "The clocks over the incident's time; the tables say the same.",
        "Klockorna under incidentens tid; tabellerna säger detsamma.",
    ),
    "clock_did": ("Clock", "Klocka"),
    "why": ("Why", "Varför"),
    "counted": ("Counted", "Räknat"),
}


_MOST_STRETCHES: Final = 400
"""The number of spans that are listed for one target."""


def _elements(report: PostIncidentReport, say: Translation) -> list[Element]:
    """The picture of the clocks, and every stretch of each as a table."""
    reading = report.clock
    if reading is None or not any(p.stretches for p in reading.targets):
        return []
    elements: list[Element] = [Picture(lambda: svg(reading, report.zone, report.language), say("picture_says"))]
    head = [say("from"), say("until"), say("clock_did"), say("why"), say("counted")]
    for target in reading.targets:
        if target.stretches:
            shown = target.stretches[:_MOST_STRETCHES]
            rows = [_stretch(s, say) for s in shown]
            elements.append(Grid(say.name("target", target.kind.value), head, rows, wide=[3]))
            if len(target.stretches) > len(shown):
                elements.append(Said(say("lines_left_out", len(target.stretches) - len(shown))))
    return elements


def _stretch(stretch: Stretch, say: Translation) -> list[Cell]:
    at = say.local if say.zone != "UTC" else say.utc
    return [
        Cell(at(stretch.since)),
        Cell(at(stretch.until)),
        Cell(say.name("stretch", stretch.kind.value)),
        Cell(stretch.why),
        Cell(service_time(stretch.seconds) if stretch.seconds else ""),
    ]


BLOCK: Final = Block(
    name="clocks",
    title=("The clocks, minute by minute", "Klockorna, minut för minut"),
    needs=frozenset({"clock", "zone"}),
    elements=_elements,
    words=_WORDS,
)
