"""Handbooks for the tests: of the examples, and of changed ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from activities.documents.elements import Cell, Document, Element, Grid, KeyFigures, Pairs, Picture, Procedure
from activities.handbook.document import handbook
from activities.handbook.source import HandbookSource
from models.dossier import Dossier
from models.dossier.parties import Language
from tests.dossier.written import EXAMPLES, plain_data

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
SHOP = EXAMPLES / "acme" / "shop.yaml"


def example(change: Callable[[dict[str, Any]], None] = lambda data: None) -> Dossier:
    """The dossier of the shop, changed."""
    data = plain_data(SHOP)
    change(data)
    return Dossier.model_validate(data)


def made(dossier: Dossier, language: Language = Language.ENGLISH, **given: Any) -> Document:
    """The handbook of a dossier as of 1 December 2026."""
    return handbook(HandbookSource(dossier, NOW, language, **given))


def chapter(document: Document, title: str) -> list[Element]:
    """The elements of a chapter."""
    return list(next(section.elements for section in document.sections if section.title == title))


def grid(document: Document, caption: str) -> Grid:
    """The table with a caption, also one beside a picture."""
    return next(table for table in grids(document) if table.caption == caption)


def grids(document: Document) -> Iterator[Grid]:
    """Every table, also those beside pictures."""
    for section in document.sections:
        for element in section.elements:
            match element:
                case Grid():
                    yield element
                case Picture(table=Grid() as table):
                    yield table


def rows(table: Grid) -> list[list[str]]:
    """The texts of a table; a cell that only leads elsewhere has the texts of its links."""
    return [[cell.text or ", ".join(link.text for link in cell.links) for cell in row] for row in table.rows]


def particulars(document: Document, title: str, key: str) -> Cell:
    """A fact of the instruction whose heading ends with a title."""
    return dict(next(e for e in _after(document, title) if isinstance(e, Pairs)).rows)[key]


def figures(document: Document, title: str) -> dict[str, tuple[str, str]]:
    """The key figures below a heading: values and verdicts."""
    found = next(e for e in _after(document, title) if isinstance(e, KeyFigures))
    return {figure.label: (figure.value.text, figure.verdict) for figure in found.figures}


def steps(document: Document, title: str) -> Procedure:
    """The first procedure below a heading."""
    return next(e for e in _after(document, title) if isinstance(e, Procedure))


def _after(document: Document, title: str) -> list[Element]:
    every = [element for section in document.sections for element in section.elements]
    at = next(n for n, e in enumerate(every) if str(getattr(e, "title", "")).endswith(title))
    return every[at:]
