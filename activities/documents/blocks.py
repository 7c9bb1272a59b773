"""What an account looks like, before it is Markdown or HTML: sections of plain blocks, every text still raw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a cell is to be taken; always beside a text that says the same."""

    PLAIN = ""
    GOOD = "good"
    BAD = "bad"
    WAITING = "waiting"


@dataclass(frozen=True)
class Cell:
    """A cell of a table."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Pairs:
    """Names and their values."""

    rows: Sequence[tuple[str, Cell]]
    kind: str = "pairs"


@dataclass(frozen=True)
class Grid:
    """A table; `wide` names the columns that take what room is left."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    wide: Sequence[int] = ()
    kind: str = "grid"


@dataclass(frozen=True)
class Said:
    """A paragraph."""

    text: str
    kind: str = "said"


@dataclass(frozen=True)
class Item:
    """Something with a title, a few facts and texts that are shown as they are."""

    title: str
    tone: Tone = Tone.PLAIN
    facts: Sequence[str] = ()
    verbatim: Sequence[tuple[str, str, str]] = ()
    """Label, text, and what is said under it."""
    kind: str = "item"


@dataclass(frozen=True)
class Picture:
    """A picture for pages; in Markdown the table beside it says the same."""

    svg: str
    caption: str
    kind: str = "picture"


@dataclass(frozen=True)
class MachineData:
    """JSON for programs; in Markdown only."""

    label: str
    json: str
    kind: str = "machine"


Block = Pairs | Grid | Said | Item | Picture | MachineData


@dataclass(frozen=True)
class Section:
    """A section under a heading of its own."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    """A whole account."""

    title: str
    language: str
    banner: str
    """What has to be known before anything else: preliminary, a copy."""
    sections: Sequence[Section]
    closing: Sequence[str]
    """Paragraphs at the end: what it is worth and how to check it."""
