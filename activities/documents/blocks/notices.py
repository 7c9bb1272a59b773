"""Who was written to, and whether the notice arrived."""

from __future__ import annotations

from typing import Final

from activities.documents.blocks import Block
from activities.documents.cutting import excerpt, lines_left_out
from activities.documents.elements import Cell, Element, Grid, Tone
from activities.documents.translation import Translation
from models.post_incident_report import PostIncidentReport, ReportNotice

_WORDS: Final = {
    "occasion": ("Occasion", "Anledning"),
    "wrote": ("Text", "Text"),
    "no_delivery": ("to nobody", "till ingen"),
    "attempts": ("{0} tries", "{0} försök"),
}


def _elements(report: PostIncidentReport, say: Translation) -> list[Element]:
    if not report.notices:
        return []
    head = [*say.both_heads(), say("occasion"), say("wrote"), say("became")]
    rows = [
        [
            *map(Cell, say.both(n.at)),
            Cell(say.name("occasion", n.occasion.value if n.occasion else "")),
            Cell(f"{n.subject}\n{excerpt(n.text, say)}".strip()),
            _deliveries(n, say),
        ]
        for n in report.notices
    ]
    return [Grid(say("title"), head, rows, wide=[-2, -1]), *lines_left_out(report.left_out, "notices", say)]


def _deliveries(notice: ReportNotice, say: Translation) -> Cell:
    lines = []
    for d in notice.deliveries:
        tries = f", {say('attempts', d.attempts)}" if d.attempts > 1 else ""
        detail = f": {d.detail}" if d.detail else ""
        channel = f" ({d.channel})" if d.channel else ""
        lines.append(f"{d.to}{channel} – {say.name('delivery', d.state)}{tries}{detail}")
    bad = bool(notice.deliveries) and not any(d.state == "sent" for d in notice.deliveries)
    return Cell("\n".join(lines) or say("no_delivery"), Tone.BAD if bad else Tone.PLAIN)


BLOCK: Final = Block(
    name="notices",
    title=("Notices", "Meddelanden"),
    needs=frozenset({"notices", "left_out"}),
    elements=_elements,
    words=_WORDS,
)
