"""The records from which the figures were computed. Every figure of the report leads here."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from activities.documents.elements import Cell, Element, Grid, Heading, Said
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout, evidence_anchor, figure_anchor, rule_anchor, short_name
from activities.report.rules import rule_name
from activities.report.sources import ReportSources
from models.base import Model
from models.dossier.parties import Language
from models.report import EvidenceRecord
from models.report_blocks import EvidenceBlock

_LINKS: Final = 5
"""Records that a figure names in the table; the facts have all of them."""


class EvidenceFacts(Model):
    """The records are a part of the report itself, because all blocks name them."""

    most: int


def gather(block: EvidenceBlock, sources: ReportSources) -> EvidenceFacts:
    """`ReportFacts.evidence` has the records."""
    return EvidenceFacts(most=block.most)


def lay_out(facts: EvidenceFacts, layout: Layout) -> list[Element]:
    """Every shown figure with its rule and records, then the records of each kind."""
    say, report = layout.say, layout.report
    swedish = report.language is Language.SWEDISH
    elements: list[Element] = [Said(say("about"))]
    shown = layout.shown.figures
    if shown:
        rows = [
            [
                Cell(str(number), anchor=figure_anchor(number)),
                layout.plain(figure),
                Cell(rule_name(figure.rule)[swedish], link=rule_anchor(figure.rule)),
                Cell(_more(len(figure.evidence), layout), links=layout.links(figure.evidence, _LINKS)),
            ]
            for number, figure in enumerate(shown[: facts.most], 1)
        ]
        head = [say(key) for key in ("number", "figure", "rule", "records")]
        elements += [Heading(say("figures")), Grid(say("figures"), head, rows, wide=[3])]
        elements += layout.left_out(len(shown) - facts.most)
    kinds: dict[str, list[tuple[str, EvidenceRecord]]] = defaultdict(list)
    for id, record in sorted(report.evidence.items(), key=_in_order):
        kinds[record.kind].append((id, record))
    for kind in sorted(kinds):
        title = say(f"kind.{kind}") if layout.has(f"kind.{kind}") else kind
        elements += [Heading(title), _records(title, kinds[kind][: facts.most], layout)]
        elements += layout.left_out(len(kinds[kind]) - facts.most)
    return elements


def _in_order(entry: tuple[str, EvidenceRecord]) -> tuple[bool, str, str]:
    id, record = entry
    return record.since is None, record.since.isoformat() if record.since else "", id


def _more(count: int, layout: Layout) -> str:
    return layout.say("more_records", count) if count > _LINKS else ""


def _records(title: str, records: list[tuple[str, EvidenceRecord]], layout: Layout) -> Grid:
    say = layout.say
    with_digest = any(record.digest for _, record in records)
    rows = [
        [
            Cell(short_name(id), anchor=evidence_anchor(id)),
            Cell(record.title),
            layout.moment(record.since),
            layout.moment(record.until),
            *([Cell(layout.digest(record.digest))] if with_digest else []),
        ]
        for id, record in records
    ]
    head = [say(key) for key in ("id", "what", "from", "until", *(["digest"] if with_digest else []))]
    return Grid(title, head, rows, wide=[1])


reports(
    EvidenceBlock,
    ReportPart(
        title=("Evidence", "Underlag"),
        facts=EvidenceFacts,
        gather=gather,
        elements=lay_out,
        last=True,
        words={
            "about": (
                "Each figure of this report that counts or measures records has a row here, with its rule and those records. "
                "The facts that belong to the report list all records.",
                "Varje siffra i rapporten som räknar eller mäter poster har en rad här, med sin regel och dessa poster. De "
                "uppgifter som hör till rapporten räknar upp alla poster.",
            ),
            "figures": ("The figures", "Siffrorna"),
            "number": ("No.", "Nr"),
            "figure": ("Figure", "Siffra"),
            "rule": ("Rule", "Regel"),
            "records": ("Records", "Poster"),
            "more_records": ("{0} records, the first are:", "{0} poster, de första är:"),
            "id": ("Record", "Post"),
            "what": ("What", "Vad"),
            "digest": ("SHA-256", "SHA-256"),
            "kind.incident": ("Incidents", "Incidenter"),
            "kind.change": ("Changes", "Ändringar"),
            "kind.maintenance": ("Maintenance runs", "Underhållskörningar"),
            "kind.drill": ("Drills", "Återläsningsprov"),
            "kind.restore": ("Restores", "Återläsningar"),
            "kind.routine": ("Orders", "Beställningar"),
            "kind.instruction": ("Instructions", "Instruktioner"),
            "kind.point": ("Measuring points", "Mätpunkter"),
            "kind.span": ("Spans of measuring points", "Mätpunkternas perioder"),
        },
    ),
)
