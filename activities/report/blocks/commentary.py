"""The texts that people wrote about the period."""

from __future__ import annotations

from activities.documents.elements import Element, Said
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout
from activities.report.sources import ReportSources
from models.base import Model
from models.report_blocks import CommentaryBlock


class CommentaryFacts(Model):
    """The commentary is a part of the report itself, because people write it after the facts were gathered."""


def gather(block: CommentaryBlock, sources: ReportSources) -> CommentaryFacts:
    """`ReportFacts.commentary` has the texts."""
    return CommentaryFacts()


def lay_out(facts: CommentaryFacts, layout: Layout) -> list[Element]:
    """Every paragraph of every text. Only the supplier reads who wrote it."""
    say = layout.say
    if not layout.report.commentary:
        return [Said(say("none_written"))]
    elements: list[Element] = []
    for one in layout.report.commentary:
        elements += [Said(line) for line in one.text.splitlines() if line.strip()]
        if layout.internal:
            elements.append(Said(say("written", one.by, say.local(one.at))))
    return elements


reports(
    CommentaryBlock,
    ReportPart(
        title=("Commentary", "Kommentar"),
        facts=CommentaryFacts,
        gather=gather,
        elements=lay_out,
        words={
            "none_written": ("Nobody wrote a commentary.", "Ingen kommentar har skrivits."),
            "written": ("Written by {0}, {1}.", "Skriven av {0}, {1}."),
        },
    ),
)
