"""The tables of a document for programs: one sheet a table, with typed values, in the order of the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from activities.documents.elements import (
    NO_VALUE,
    Cell,
    Document,
    Element,
    Grid,
    Heading,
    KeyFigures,
    Number,
    Pairs,
    Picture,
    Value,
)
from activities.documents.frame import frame, particulars
from activities.documents.sanitize import visible
from activities.documents.translation import Translation

SPAN: Final = "span"
"""Stands for the unit of a column of spans: seconds in CSV, hours and minutes in XLSX."""


@dataclass(frozen=True)
class Sheet:
    """A table by itself."""

    section: str
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    total: bool = False

    def unit(self, column: int) -> str | None:
        """Return the unit of a column whose cells are all of one kind: of numbers theirs, of moments `UTC`, of spans `SPAN`.

        None if the kinds or the units differ, or if the column holds texts.
        """
        cells = [row[column] for row in self.rows if column < len(row) and not is_missing(row[column])]
        units = {_unit(cell.value) for cell in cells}
        return units.pop() if len(units) == 1 else None

    def heading(self, column: int, unit: str | None) -> str:
        """Return the heading of a column with its unit, unless it already has it."""
        name = visible(self.head[column])
        known = name.replace("(", " ").replace(")", " ").split()
        return f"{name} ({visible(unit)})" if unit and unit not in known else name


def is_missing(cell: Cell) -> bool:
    """Whether a cell shows that there is no value."""
    return cell.value is None and cell.text.strip() in {"", NO_VALUE}


def _unit(value: Value | None) -> str | None:
    match value:
        case None:
            return None
        case Number(unit=unit):
            return unit
        case datetime():
            return "UTC"
        case timedelta():
            return SPAN
        case _:
            return ""


def sheets(document: Document) -> list[Sheet]:
    """Return every table of a document, and its names with values and key figures as tables."""
    say = frame(document)
    found: list[Sheet] = []
    for section in document.sections:
        heading = section.title
        for element in section.elements:
            heading = element.title if isinstance(element, Heading) else heading
            found += _sheets(element, section.title, heading, say)
    return found


def about(document: Document) -> list[tuple[str, str]]:
    """Return the names and values that say what the document is."""
    say = frame(document)
    made = [] if document.made_at is None else [(say("made_at"), f"{say.utc(document.made_at)} UTC")]
    first = [(say("title"), document.title), (say("subtitle"), document.subtitle), (say("banner"), document.banner)]
    return [(name, text) for name, text in [*first, *particulars(document), *made] if text]


def shown_text(cell: Cell) -> str:
    """Return the text of a cell with the texts of its links."""
    links = ", ".join(link.text for link in cell.links)
    return visible(f"{cell.text} ({links})" if cell.text and links else cell.text or links)


def _sheets(element: Element, section: str, heading: str, say: Translation) -> Iterator[Sheet]:
    match element:
        case Grid(caption=caption, head=head, rows=rows, total=total):
            yield Sheet(section, caption or heading, head, rows, total)
        case Picture(table=Grid() as table):
            yield from _sheets(table, section, heading, say)
        case Pairs(rows=pairs) if pairs:
            yield Sheet(section, heading, [say("name"), say("value")], [[Cell(name), cell] for name, cell in pairs])
        case KeyFigures(caption=caption, figures=figures) if figures:
            rows = [[Cell(f.label), f.value, Cell(f.verdict, f.tone), Cell(f.note)] for f in figures]
            yield Sheet(section, caption, [say("figure"), say("value"), say("verdict"), say("note")], rows)
