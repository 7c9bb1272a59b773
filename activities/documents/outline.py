"""The outline of a document: depths of its headings, the places that links lead to, and its table of contents.

Every page and PDF begins with `outlined`. Thereafter each anchor is a short id that is unique, and each link leads to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from activities.documents.elements import (
    BulletList,
    Cell,
    Document,
    Element,
    Grid,
    Heading,
    Item,
    KeyFigures,
    Link,
    Pairs,
    Picture,
    Said,
    Section,
)


@dataclass(frozen=True)
class ContentsEntry:
    """A line of the table of contents."""

    title: str
    to: str
    level: int
    """1 for a section, 2 for a heading within it."""


def outlined(document: Document) -> Document:
    """Return the document with ids as anchors. A link without a place becomes plain text: no reader can follow it.

    If two places have the same anchor, links lead to the first.
    """
    ids = _Ids(document)
    sections = [
        replace(section, anchor=f"s{number}", elements=list(_elements(section, ids, f"s{number}")))
        for number, section in enumerate(document.sections, 1)
    ]
    return replace(document, sections=sections)


def contents(document: Document) -> list[ContentsEntry]:
    """Return the table of contents of an outlined document: its sections, and the first level of headings if it
    has two levels.
    """
    entries = []
    for section in document.sections:
        entries.append(ContentsEntry(section.title, section.anchor, 1))
        if document.contents_levels > 1:
            entries += [
                ContentsEntry(e.title, e.anchor, 2) for e in section.elements if isinstance(e, Heading) and e.level == 1
            ]
    return entries


class _Ids:
    """The id of each anchor. Names of people and hosts may be part of an anchor, so an id is a number."""

    def __init__(self, document: Document) -> None:
        self._ids: dict[str, str] = {}
        self._cells: dict[str, str] = {}
        """Those of cells that have not been placed yet."""
        for number, section in enumerate(document.sections, 1):
            self._name(section.anchor, f"s{number}")
            headings = 0
            for element in section.elements:
                if isinstance(element, Heading | Item):
                    headings += 1
                    self._name(element.anchor, f"s{number}-{headings}")
                for cell in _cells(element):
                    if self._name(cell.anchor, f"a{len(self._cells) + 1}"):
                        self._cells[cell.anchor] = self.of(cell.anchor)

    def _name(self, anchor: str, id: str) -> bool:
        """Name a place; False if it has no anchor, or one that an earlier place has."""
        return bool(anchor) and self._ids.setdefault(anchor, id) == id

    def of(self, anchor: str) -> str:
        """Return the id of a place; empty if there is no such place."""
        return self._ids.get(anchor, "")

    def links(self, links: Iterable[Link]) -> list[Link]:
        """Return the links with ids instead of anchors."""
        return [Link(link.text, self.of(link.to)) for link in links]

    def cell(self, cell: Cell) -> Cell:
        """Return a cell with ids instead of anchors; most cells have none."""
        if not (cell.link or cell.anchor or cell.links):
            return cell
        place = self._cells.pop(cell.anchor, "")
        return replace(cell, link=self.of(cell.link), anchor=place, links=self.links(cell.links))


def _cells(element: Element) -> Iterator[Cell]:
    match element:
        case Pairs(rows=rows):
            yield from (cell for _, cell in rows)
        case Grid(rows=rows):
            yield from (cell for row in rows for cell in row)
        case BulletList(items=items):
            yield from items
        case KeyFigures(figures=figures):
            yield from (figure.value for figure in figures)
        case Picture(table=Grid() as table):
            yield from _cells(table)


def _elements(section: Section, ids: _Ids, id: str) -> Iterator[Element]:
    depth, headings, above = 0, 0, section.title
    for element in section.elements:
        match element:
            case Heading():
                # PDF/UA forbids to leave out a level: people who listen to a page move by its headings.
                depth, headings, above = min(max(element.level, 1), depth + 1, 2), headings + 1, element.title
                yield replace(element, level=depth, anchor=f"{id}-{headings}")
            case Item():
                headings += 1
                yield replace(element, level=depth + 1, anchor=f"{id}-{headings}")
            case _:
                yield _with_ids(element, ids, above)


def _with_ids(element: Element, ids: _Ids, above: str) -> Element:
    match element:
        case Pairs():
            return replace(element, rows=[(name, ids.cell(cell)) for name, cell in element.rows])
        case Grid():
            return _grid(element, ids, {above})
        case BulletList():
            return replace(element, items=[ids.cell(cell) for cell in element.items])
        case KeyFigures():
            return replace(element, figures=[replace(f, value=ids.cell(f.value)) for f in element.figures])
        case Said(links=links) if links:
            return replace(element, links=ids.links(links))
        case Picture(table=table, caption=caption):
            laid = None if table is None else _grid(table, ids, {above, caption})
            return replace(element, table=laid, repeats=caption == above)
        case _:
            return element


def _grid(grid: Grid, ids: _Ids, above: set[str]) -> Grid:
    rows = [[ids.cell(cell) for cell in row] for row in grid.rows]
    return replace(grid, rows=rows, repeats=grid.caption in above)
