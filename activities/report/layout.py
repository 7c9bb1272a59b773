"""Lays out the facts of one block: texts in the language of the report, and figures that lead to their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

from activities.documents.cells import minute_cell
from activities.documents.elements import Cell, Element, KeyFigure, Link, Number, Said, Tone
from activities.documents.translation import Translation, Words, service_time, span
from models.base import parse_duration
from models.dossier.service_time import working_days
from models.report import Figure, GapReason, MissingPart, ReportFacts, ReportVerdict

TONES: Final = {
    ReportVerdict.MET: Tone.GOOD,
    ReportVerdict.MISSED: Tone.BAD,
    ReportVerdict.UNPROVEN: Tone.WAITING,
    ReportVerdict.NOTHING: Tone.PLAIN,
}

VERDICT_WORDS: Final[Words] = {
    "verdict.met": ("met", "uppfyllt"),
    "verdict.missed": ("missed", "missat"),
    "verdict.cannot-be-proven": ("cannot be proven", "kan inte bevisas"),
    "verdict.nothing": ("nothing to judge", "inget att bedöma"),
}

_SHARED: Final[Words] = {
    **VERDICT_WORDS,
    "none_in_period": ("None in this period.", "Inget under perioden."),
    "more_lines": (
        "{0} more lines are left out here; the evidence lists all records.",
        "Ytterligare {0} rader är utelämnade här; underlaget räknar upp alla poster.",
    ),
    "count": ("Number", "Antal"),
    "application": ("Application", "Applikation"),
    "in_working_days": ("{0} working days", "{0} arbetsdagar"),
    "in_a_working_day": ("1 working day", "1 arbetsdag"),
    "earlier": ("{0}: {1}", "{0}: {1}"),
}


_GAPS: Final[Words] = {
    "gap.no-dossier": ("no readable dossier was in force", "ingen läsbar dossier gällde"),
    "gap.late": ("the data is not complete yet", "uppgifterna är inte kompletta än"),
    "gap.no-history": ("there is no history", "det finns ingen historik"),
    "gap.unreadable": ("this release cannot read the records", "den här versionen kan inte läsa posterna"),
    "gap.broken": ("the block failed", "blocket misslyckades"),
    "source.records": ("the records", "posterna"),
    "source.incidents": ("incidents", "incidenter"),
    "source.history": ("the history of the measuring points", "mätpunkternas historik"),
    "source.dossier": ("the dossier", "dossiern"),
    "source_monitor": ("the monitor of {0}", "mätningen i {0}"),
    "source.availability": ("availability", "tillgänglighet"),
    "gap_since": ("from {0}", "från {0}"),
    "gap_until": ("until {0}", "till {0}"),
    "gap_count": ("{0} ({1})", "{0} ({1})"),
}


@dataclass
class ShownFigures:
    """The figures that a document shows, in the order in which they were shown; each has one row in the evidence."""

    numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)

    def number(self, figure: Figure) -> int:
        """Return the number of a figure; the same figure has one number wherever it is shown."""
        key = figure.rule, figure.value, figure.unit, tuple(figure.evidence)
        if key not in self.numbers:
            self.figures.append(figure)
            self.numbers[key] = len(self.figures)
        return self.numbers[key]


def figure_anchor(number: int) -> str:
    """Return the anchor of a figure's row in the evidence."""
    return f"figure {number}"


def rule_anchor(key: str) -> str:
    """Return the anchor of a rule in the definitions."""
    return f"rule {key}"


def evidence_anchor(id: str) -> str:
    """Return the anchor of a record in the evidence."""
    return f"evidence {id}"


class BlockTexts(Protocol):
    """The texts of a block."""

    @property
    def title(self) -> tuple[str, str]:
        """The heading in English and Swedish."""

    @property
    def words(self) -> Words:
        """All other texts."""


class Layout:
    """The texts and the figures of one block."""

    def __init__(self, report: ReportFacts, texts: BlockTexts, shown: ShownFigures, title: str | None = None) -> None:
        """`shown` is shared by all blocks of the document. `title`: the heading in the dossier."""
        self.report = report
        self.shown = shown
        heading = (title, title) if title else texts.title
        self._words = {**_SHARED, **_GAPS, **texts.words, "title": heading}
        self.say = Translation(report.language, report.period.time_zone, self._words)

    def of(self, texts: BlockTexts) -> Layout:
        """Return the layout of another block of the same document."""
        return Layout(self.report, texts, self.shown)

    def has(self, key: str) -> bool:
        """Return whether the block has a text."""
        return key in self._words

    @property
    def internal(self) -> bool:
        """Whether only the supplier reads the report."""
        return self.report.audience.value == "internal"

    def figure(self, figure: Figure, tone: Tone = Tone.PLAIN) -> Cell:
        """Return a figure as a cell that leads to its row in the evidence, or to its rule if it has no records."""
        if figure.value is None:
            return Cell("–", tone)
        return replace(self.plain(figure), tone=tone, link=self._place(figure))

    @property
    def earlier(self) -> str:
        """The name of the period before, with which figures are compared: `2026Q2`; empty: with none."""
        return self.report.compared_with.name if self.report.compared_with is not None else ""

    def compared(self, figure: Figure, tone: Tone = Tone.PLAIN) -> list[Cell]:
        """Return a figure and, beside it, that of the period before if the report compares them."""
        return [self.figure(figure, tone), *([self.before(figure)] if self.earlier else [])]

    def compared_heads(self, head: str) -> list[str]:
        """Return the heads of the cells that `compared` returns."""
        return [head, *([self.earlier] if self.earlier else [])]

    def before(self, figure: Figure) -> Cell:
        """Return the same figure of the period before as a cell."""
        return self.plain(figure.model_copy(update={"value": figure.before}))

    def key_figure(self, label: str, figure: Figure) -> KeyFigure:
        """Return a key figure, with that of the period before as its note."""
        note = self.say("earlier", self.earlier, self.before(figure).text) if figure.before is not None else ""
        return KeyFigure(label, self.figure(figure), note=note)

    def link(self, figure: Figure) -> Link:
        """Return a figure with its name as a link to its row in the evidence."""
        name = figure.rule.partition(".")[2]
        value = self.plain(figure).text
        return Link(f"{self.say(name)}: {value}" if self.has(name) else value, self._place(figure))

    def _place(self, figure: Figure) -> str:
        """Return where a figure leads: to its records, or to its rule if it has none."""
        return figure_anchor(self.shown.number(figure)) if figure.evidence else rule_anchor(figure.rule)

    def plain(self, figure: Figure) -> Cell:
        """Return a figure as a cell that leads nowhere."""
        if figure.value is None:
            return Cell("–")
        if figure.unit == "s":
            seconds = int(figure.value)
            return Cell(self.span(seconds), value=timedelta(seconds=seconds))
        exact = Decimal(figure.value)
        decimals = max(-int(exact.as_tuple().exponent), 0)
        return Cell(self.say.number(exact, decimals, figure.unit), value=Number(exact, decimals, figure.unit))

    def evidence(self, text: str, id: str, tone: Tone = Tone.PLAIN) -> Cell:
        """Return a text that leads to a record of the evidence."""
        return Cell(text, tone, link=evidence_anchor(id))

    def moment(self, moment: datetime | None, tone: Tone = Tone.PLAIN) -> Cell:
        """Return a moment in the zone of the report, which its head names; a dash without one."""
        return minute_cell(self.say, moment, tone)

    def span(self, seconds: float) -> str:
        """Return a span of time in hours and minutes, never in days: those of service hours are shorter."""
        return service_time(seconds) if seconds >= 3600 else span(seconds, self.say.language)

    def within(self, text: str) -> str:
        """Return the time of a target, as the agreement writes it (`4h`, `2 working days`), in the language of the report."""
        days = working_days(text)
        if days is None:
            return self.span(parse_duration(text).total_seconds())
        return self.say("in_working_days", days) if days > 1 else self.say("in_a_working_day")

    def verdict(self, verdict: ReportVerdict) -> Cell:
        """Return a verdict as a cell."""
        return Cell(self.say(f"verdict.{verdict.value}"), TONES[verdict])

    def left_out(self, count: int) -> list[Element]:
        """Return a sentence with the number of lines that a table leaves out; nothing if it leaves out none."""
        return [Said(self.say("more_lines", count))] if count > 0 else []

    def digest(self, digest: str) -> str:
        """Return a digest as a cell shows it: its beginning, which is enough to find it in the facts."""
        return digest[:16]

    def source(self, name: str) -> str:
        """Return the name of a source in the language of the report."""
        if self.has(f"source.{name}"):
            return self.say(f"source.{name}")
        kind, _, site = name.partition(".")
        return self.say("source_monitor", site) if kind == "monitor" and site else name

    @property
    def gaps(self) -> list[MissingPart]:
        """The missing parts, without the time that is still to come: the document says by itself until when it counts."""
        to_come = ("records", GapReason.LATE, self.report.counts_until)
        return [one for one in self.report.missing if (one.source, one.reason, one.since) != to_come]

    def missing(self, part: MissingPart) -> str:
        """Return a missing part as a sentence in the language of the report."""
        times = [
            self.say(key, self.say.minute(at))
            for key, at in (("gap_since", part.since), ("gap_until", part.until))
            if at is not None
        ]
        name = self.source(part.source)
        many = self.say("gap_count", name, part.count) if part.count else name
        return " ".join([f"{many}:", self.say(f"gap.{part.reason.value}"), *times])

    def links(self, ids: Sequence[str], most: int) -> list[Link]:
        """Return links to records of the evidence, by their short names."""
        return [Link(short_name(id), evidence_anchor(id)) for id in ids[:most]]


def short_name(id: str) -> str:
    """Return an id as people read it: `acme.shop.17`."""
    return id.removeprefix("inc.")
