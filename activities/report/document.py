"""A report as a document: its blocks in the order of the dossier. A pure function of the facts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from pydantic import ValidationError

from activities.calendars.zones import zone
from activities.documents.elements import Cell, Document, DocumentParty, Element, Grid, Said, Section
from activities.documents.translation import Words
from activities.report.blocks import ReportPart, part_of
from activities.report.layout import Layout, ShownFigures
from models.errors import DriftvaktError
from models.report import BlockFacts, ReportFacts, facts_digest
from models.report_block_kinds import REPORT_BLOCKS
from models.report_blocks import EvidenceBlock

_log = logging.getLogger("driftvakt.report")

_CONTENTS_FROM: Final = 5
"""Sections from which on a document has a table of contents."""

_WORDS: Final[Words] = {
    "application": ("Application", "Applikation"),
    "agreement": ("Agreement", "Avtal"),
    "gathered_at": ("As of", "Uppgifter per"),
    "counts_until": ("Counts until", "Räknas till"),
    "not_over": (
        "The period is not over: this report counts until {0}. Later work and targets are neither met nor missed yet.",
        "Perioden är inte slut: rapporten räknar till {0}. Senare arbete och mål är varken uppfyllda eller missade än.",
    ),
    "times": ("Times in", "Tider i"),
    "internal": ("Internal: only for the supplier.", "Intern: endast för leverantören."),
    "incomplete": (
        "This report does not have everything that belongs to the period: {0}",
        "Rapporten har inte allt som hör till perioden: {0}",
    ),
    "corrects": ("Correction of version {0}", "Rättelse av version {0}"),
    "changed": ("What was changed", "Vad som har ändrats"),
    "figure": ("Figure", "Siffra"),
    "old": ("Before", "Tidigare"),
    "new": ("Now", "Nu"),
    "why": ("Why", "Varför"),
    "facts_digest": (
        "The facts of this report have the SHA-256 {0}. Every figure can be computed again from them.",
        "Uppgifterna i rapporten har kontrollsumman (SHA-256) {0}. Varje siffra kan beräknas på nytt av dem.",
    ),
}


class _Frame(NamedTuple):
    title: tuple[str, str] = ("", "")
    words: Words = _WORDS


def report_document(facts: ReportFacts) -> Document:
    """Return the document of a report in its language."""
    shown = ShownFigures()
    layout = Layout(facts, _Frame(), shown)
    say, sections = layout.say, _sections(facts, shown)
    return Document(
        title=facts.title,
        subtitle=facts.application_name,
        language=facts.language.value,
        banner=_banner(facts, layout),
        sections=[*_correction(facts, layout), *(section for section in sections if section.elements)],
        closing=[say("facts_digest", facts_digest(facts))],
        supplier=DocumentParty(facts.supplier) if facts.supplier else None,
        customer=DocumentParty(facts.customer) if facts.customer else None,
        period=_period(facts, layout),
        facts=[
            (say("application"), facts.application),
            (say("agreement"), facts.agreement),
            (say("gathered_at"), say.minute(facts.gathered_at)),
            *([(say("counts_until"), say.minute(facts.counts_until))] if facts.counts_until else []),
            (say("times"), facts.period.time_zone),
        ],
        made_at=facts.gathered_at,
        contents=len(sections) >= _CONTENTS_FROM,
        contents_levels=1,
    )


def _period(facts: ReportFacts, layout: Layout) -> str:
    local = zone(facts.period.time_zone)
    last = facts.period.until - timedelta(seconds=1)
    return layout.say.period(facts.period.since.astimezone(local).date(), last.astimezone(local).date())


def _banner(facts: ReportFacts, layout: Layout) -> str:
    said = [layout.say("internal")] if layout.internal else []
    if facts.correction is not None:
        said.append(f"{layout.say('corrects', facts.correction.version)}.")
    if facts.counts_until is not None:
        said.append(layout.say("not_over", layout.say.minute(facts.counts_until)))
    if missing := layout.gaps:
        said.append(layout.say("incomplete", "; ".join(map(layout.missing, missing))))
    return " ".join(said)


def _correction(facts: ReportFacts, layout: Layout) -> list[Section]:
    if facts.correction is None:
        return []
    say = layout.say
    rows = [[Cell(one.name), Cell(one.old), Cell(one.new), Cell(one.why)] for one in facts.correction.changes]
    head = [say(key) for key in ("figure", "old", "new", "why")]
    turned = [Said(line) for line in facts.correction.turned]
    title = say("corrects", facts.correction.version)
    return [Section(title, [*turned, Grid(say("changed"), head, rows, wide=[0, 3])])]


def _sections(facts: ReportFacts, shown: ShownFigures) -> list[Section]:
    """Lay out all blocks. The evidence comes last, because it lists the figures that the others show."""
    parts = [_part(block) for block in facts.blocks]
    evidence = EvidenceBlock.model_fields["type"].default

    def late(number: int) -> tuple[bool, bool]:
        part = parts[number]
        return facts.blocks[number].type == evidence, part is not None and part.last

    made = {
        number: _section(facts.blocks[number], parts[number], facts, shown)
        for number in sorted(range(len(parts)), key=late)
    }
    return [made[number] for number in range(len(parts))]


def _part(block: BlockFacts) -> ReportPart | None:
    """Return how the block is laid out; None if its package is gone."""
    try:
        kind = REPORT_BLOCKS.find(block.type)
        return part_of(kind) if kind is not None else None
    except DriftvaktError:
        return None


def _section(block: BlockFacts, part: ReportPart | None, facts: ReportFacts, shown: ShownFigures) -> Section:
    layout = Layout(facts, part or _Frame((block.type, block.type)), shown, block.title)
    return Section(layout.say("title"), _elements(block, part, layout), anchor=f"block {block.key}")


def _elements(block: BlockFacts, part: ReportPart | None, layout: Layout) -> Sequence[Element]:
    failed = [Said(layout.say("block_failed", block.type))]
    if part is None:
        return failed
    try:
        return part.elements(part.facts.model_validate(block.facts), layout)
    except ValidationError:  # gathered by another release, or not at all
        return failed
    except Exception:
        if part.facts.__module__.startswith(__name__.rpartition(".")[0]):  # a defect of ours must show
            raise
        _log.exception("the block %s of a package could not be laid out", block.type)
        return failed
