"""The elements of a document before it becomes Markdown, HTML, PDF, CSV or XLSX: sections of plain elements, with raw text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from activities.documents.logo import Logo


class Tone(StrEnum):
    """The colour of a cell. A text beside it always says the same."""

    PLAIN = ""
    GOOD = "good"
    BAD = "bad"
    WAITING = "waiting"


@dataclass(frozen=True)
class Number:
    """A number for spreadsheets; the text of its cell shows the same number to readers."""

    value: int | Decimal
    decimals: int = 0
    unit: str = ""
    """The unit, such as `ms`; `%` for a percentage, whose value is 99.83 and not 0.9983."""


NO_VALUE: Final = "–"
"""The text of a cell without a value."""

Value = Number | datetime | date | timedelta
"""The meaning of a cell for programs. Moments have a zone."""


@dataclass(frozen=True)
class Link:
    """A text that leads to another place of the same document."""

    text: str
    to: str
    """The anchor of that place. Without such a place, the text stands there alone."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table. `text` is for readers, `value` for CSV and XLSX."""

    text: str
    tone: Tone = Tone.PLAIN
    value: Value | None = None
    link: str = ""
    """The anchor to which the whole text leads."""
    anchor: str = ""
    """The name of this cell, for links of the same document."""
    links: Sequence[Link] = ()
    """Links after the text: the evidence of a figure."""


@dataclass(frozen=True)
class Pairs:
    """Names with values."""

    rows: Sequence[tuple[str, Cell]]
    kind: str = "pairs"


@dataclass(frozen=True)
class Grid:
    """A table. `wide` names the columns that take the remaining room."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    wide: Sequence[int] = ()
    numeric: Sequence[int] = ()
    """Columns that are aligned like numbers, in addition to those whose values are numbers or spans of time."""
    total: bool = False
    """The last row is the sum of the others."""
    repeats: bool = False
    """The caption repeats the heading above it, so pages do not show it twice; `outlined` sets it."""
    kind: str = "grid"


@dataclass(frozen=True)
class Said:
    """A paragraph."""

    text: str
    links: Sequence[Link] = ()
    kind: str = "said"


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    title: str
    level: int = 1
    """1 is below the section, 2 below a heading of level 1."""
    anchor: str = ""
    kind: str = "heading"


@dataclass(frozen=True)
class BulletList:
    """A list of points; `ordered` ones are numbered."""

    items: Sequence[Cell]
    ordered: bool = False
    kind: str = "list"


@dataclass(frozen=True)
class KeyFigure:
    """A figure with its verdict. The tone belongs to the verdict."""

    label: str
    value: Cell
    verdict: str = ""
    tone: Tone = Tone.PLAIN
    note: str = ""


@dataclass(frozen=True)
class KeyFigures:
    """The most important figures, side by side."""

    caption: str
    figures: Sequence[KeyFigure]
    kind: str = "figures"


@dataclass(frozen=True)
class Item:
    """A title with facts, and texts that are shown as they are."""

    title: str
    tone: Tone = Tone.PLAIN
    facts: Sequence[str] = ()
    verbatim: Sequence[tuple[str, str, str]] = ()
    """Label, text, and a note below it."""
    anchor: str = ""
    level: int = 1
    """Its depth in the section; `outline` sets it from the headings before the item."""
    kind: str = "item"


@dataclass(frozen=True)
class ProcedureStep:
    """A step of a procedure, with the texts that are shown as they are: its command, its check, its undo."""

    text: str
    facts: str = ""
    """Conditions of the step: where it runs, how long, who approves."""
    verbatim: Sequence[tuple[str, str]] = ()
    """Label and text."""


@dataclass(frozen=True)
class Procedure:
    """Steps in order, numbered."""

    steps: Sequence[ProcedureStep]
    kind: str = "procedure"


@dataclass(frozen=True)
class Picture:
    """A picture for pages. In Markdown, the table beside it says the same."""

    draw: Callable[[], str]
    """Returns the picture as SVG with `<title>` and `<desc>`; called for a page, not for Markdown."""
    caption: str
    table: Grid | None = None
    """The same facts as a table. None: the next element of the section is that table."""
    repeats: bool = False
    """The caption repeats the heading above it; `outlined` sets it."""
    kind: str = "picture"


@dataclass(frozen=True)
class MachineData:
    """JSON for programs; in Markdown only."""

    label: str
    json: str
    kind: str = "machine"


Element = Pairs | Grid | Said | Heading | BulletList | KeyFigures | Item | Procedure | Picture | MachineData


@dataclass(frozen=True)
class Section:
    """A section under a heading of its own."""

    title: str
    elements: Sequence[Element]
    anchor: str = ""
    new_page: bool = False
    """On paper, the section begins on a new page."""


@dataclass(frozen=True)
class DocumentParty:
    """The supplier or the customer of a document, as its head shows them."""

    name: str
    logo: Logo | None = None


@dataclass(frozen=True)
class Document:
    """A whole document."""

    title: str
    language: str
    banner: str
    """The first thing to know about the document: preliminary, or a copy."""
    sections: Sequence[Section]
    closing: Sequence[str]
    """Paragraphs at the end: how to verify the document."""
    subtitle: str = ""
    supplier: DocumentParty | None = None
    customer: DocumentParty | None = None
    period: str = ""
    """The time that the document is about, or its date, in words."""
    facts: Sequence[tuple[str, str]] = ()
    """Names and values below the title: version, application, who approved it."""
    made_at: datetime | None = None
    """The moment of the document, with a zone. PDF and XLSX carry it; the clock of the machine plays no part."""
    contents: bool = False
    """Whether the document has a table of contents."""
    contents_after: int = 0
    """The number of sections before the table of contents, which then begins a page."""
    contents_levels: int = 2
    """The levels of the table of contents: 1 has sections only, 2 also the headings within them."""
