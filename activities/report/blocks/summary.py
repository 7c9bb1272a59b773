"""The verdicts of all other blocks of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from activities.documents.elements import (
    NO_VALUE,
    BulletList,
    Cell,
    Element,
    Grid,
    KeyFigure,
    KeyFigures,
    Number,
    Said,
    Tone,
)
from activities.report.blocks import ReportPart, part_of, reports
from activities.report.layout import TONES, Layout
from activities.report.sources import ReportSources
from models.base import Model
from models.clock import TargetKind
from models.errors import DriftvaktError
from models.report import BlockFacts, BlockVerdict, ReportVerdict
from models.report_block_kinds import REPORT_BLOCKS
from models.report_blocks import SummaryBlock


class SummaryFacts(Model):
    """The verdicts are with their blocks."""


def gather(block: SummaryBlock, sources: ReportSources) -> SummaryFacts:
    """`BlockFacts.verdicts` has them."""
    return SummaryFacts()


def lay_out(facts: SummaryFacts, layout: Layout) -> list[Element]:
    """How many verdicts there are of each kind, a row for each with the figures that decided it, and what is missing."""
    say = layout.say
    verdicts = [one for block in layout.report.blocks for one in block.verdicts]
    rows = [
        [
            Cell(_about(one, own, layout)),
            layout.verdict(one.verdict),
            *([_before(one, layout)] if layout.earlier else []),
            _figures(one, own or layout),
        ]
        for block in layout.report.blocks
        for own in [_texts(block, layout)]
        for one in block.verdicts
    ]
    elements: list[Element] = [Said(say("no_verdicts"))]
    if rows:
        head = [say("about"), *layout.compared_heads(say("verdict")), say("figures")]
        elements = [KeyFigures(say("counted"), _counts(verdicts, layout)), Grid(say("title"), head, rows, wide=[0])]
    if layout.gaps:
        elements.append(Said(say("missing")))
        elements.append(BulletList([Cell(layout.missing(part)) for part in layout.gaps]))
    return elements


def _counts(verdicts: Sequence[BlockVerdict], layout: Layout) -> list[KeyFigure]:
    """The number of verdicts of each kind, with that of the period before."""
    say, now, before = layout.say, Counter(v.verdict for v in verdicts), Counter(v.before for v in verdicts)
    compared = any(v.before is not None for v in verdicts)
    return [
        KeyFigure(
            say(f"counted.{verdict.value}"),
            Cell(say.number(now[verdict]), TONES[verdict] if now[verdict] else Tone.PLAIN, Number(now[verdict])),
            note=say("earlier", layout.earlier, say.number(before[verdict])) if compared else "",
        )
        for verdict in ReportVerdict
        if verdict is not ReportVerdict.NOTHING
    ]


def _before(one: BlockVerdict, layout: Layout) -> Cell:
    return Cell(NO_VALUE) if one.before is None else Cell(layout.say(f"verdict.{one.before.value}"))


def _texts(block: BlockFacts, layout: Layout) -> Layout | None:
    """Return the texts of a block; None if its package is gone."""
    try:
        kind = REPORT_BLOCKS.find(block.type)
        return layout.of(part_of(kind)) if kind is not None else None
    except DriftvaktError:
        return None


def _about(one: BlockVerdict, own: Layout | None, layout: Layout) -> str:
    if own is None or not own.has(one.about):
        return one.key
    return own.say(one.about, *(_value(value, layout) for value in one.values))


def _value(value: str, layout: Layout) -> str:
    """Return a value of a verdict for readers; all but the names of targets are texts already."""
    return layout.say.name("target", value) if value in set(TargetKind) else value


def _figures(one: BlockVerdict, texts: Layout) -> Cell:
    """The figures that decided a verdict; those that counted nothing say nothing beside others."""
    given = [figure for figure in one.figures if figure.value is not None]
    return Cell("", links=[texts.link(figure) for figure in ([f for f in given if f.value != 0] or given[:1])])


reports(
    SummaryBlock,
    ReportPart(
        title=("Summary", "Sammanfattning"),
        facts=SummaryFacts,
        gather=gather,
        elements=lay_out,
        last=True,
        words={
            "counted": ("Number of results", "Antal utfall"),
            "counted.met": ("Met", "Uppfyllda"),
            "counted.missed": ("Missed", "Missade"),
            "counted.cannot-be-proven": ("Cannot be proven", "Kan inte bevisas"),
            "about": ("About", "Om"),
            "verdict": ("Result", "Utfall"),
            "figures": ("Figures", "Siffror"),
            "no_verdicts": ("This report judges nothing.", "Rapporten bedömer ingenting."),
            "missing": ("The report does not have everything:", "Rapporten har inte allt underlag:"),
        },
    ),
)
