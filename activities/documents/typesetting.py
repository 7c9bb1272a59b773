"""A document as plain data for the template of PDFs: texts in runs, widths of columns, pictures, and nothing that is markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from activities.documents.charts.plot import WIDTH
from activities.documents.drawing import plain_colours, safe_drawing, said_by, size_of
from activities.documents.elements import (
    BulletList,
    Cell,
    Document,
    DocumentParty,
    Element,
    Grid,
    Heading,
    Item,
    KeyFigures,
    Link,
    MachineData,
    Pairs,
    Picture,
    Procedure,
    Said,
)
from activities.documents.frame import frame, particulars
from activities.documents.glyphs import printable, printable_in_drawing
from activities.documents.logo import Logo
from activities.documents.outline import outlined
from activities.documents.sanitize import visible
from activities.documents.table_widths import is_kept, widths
from activities.documents.tables import numeric_columns

Runs = str | list[str | list[str]]
"""A text, or its parts in order. A part that is a list may break between its pieces, without a hyphen."""

_CANDIDATE: Final = re.compile(r"\S{11,}")
_NAME: Final = re.compile(r"\w[._/@:\\=&?+%]+\w|\d\S*-|-\S*\d|\S{40}")
"""Names, paths, addresses and digests. A hyphen in one would read as a part of it, and it may be wider than its column."""
_PIECE: Final = re.compile(r"[^._/@:\\=&?,;%-]{1,8}[._/@:\\=&?,;%-]*|[._/@:\\=&?,;%-]+")
_SHORT: Final = 12
"""Tables of at most this many rows stay on one page, with their picture."""
_LARGE, _LANDSCAPE = 1100.0, 1080.0
"""The width of pictures, in pixels, from which on they lie on the long side, and the width of that side."""
_HEIGHT, _LANDSCAPE_HEIGHT = 930.0, 620.0
_LINE, _ROW = 493.0, 16.0
"""The length of a line, and about the height of a row of a table, in points."""
_TOGETHER: Final = 320.0
"""The height, in points, up to which a picture and its table stay on one page: less than half of it."""
_RUNNING: Final = 56
"""The most characters of a text in the head of each page."""


def typeset(document: Document) -> dict[str, Any]:
    """Return the data of a document for the template; all texts are printable."""
    document = outlined(document)
    say = frame(document)
    parties = [party for party in (document.supplier, document.customer) if party is not None]
    return {
        "title": printable(_line(document.title)),
        "shown_title": runs(_line(document.title)),
        "running": [_running(document.title), _running(" · ".join(p.name for p in parties))],
        "language": document.language,
        "subtitle": runs(document.subtitle),
        "banner": runs(document.banner),
        "parties": [_party(party) for party in parties],
        "particulars": [[runs(name), runs(value)] for name, value in particulars(document)],
        "contents": say("contents") if document.contents else "",
        "contents_after": document.contents_after,
        "depth": document.contents_levels,
        "page": say("page", "|", "|").split("|")[1:2],
        "sections": [
            {
                "title": runs(_line(section.title)),
                "id": section.anchor,
                "new_page": section.new_page,
                "elements": [made for element in section.elements if (made := _element(element))],
            }
            for section in document.sections
        ],
        "closing": [runs(text) for text in document.closing],
    }


def runs(text: str) -> Runs:
    """Return a text as runs: plain where it has no long name, path or digest."""
    shown = printable(text)
    parts: list[str | list[str]] = []
    done = 0
    for found in _CANDIDATE.finditer(shown):
        if _NAME.search(found[0]):
            parts += [shown[done : found.start()], _PIECE.findall(found[0])]
            done = found.end()
    return [part for part in (*parts, shown[done:]) if part] if parts else shown


def _running(text: str) -> str:
    """Return a text for the head of each page, which has little room."""
    line = printable(_line(text))
    return line if len(line) <= _RUNNING else f"{line[: _RUNNING - 1]}…"


def _line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(visible(text).split())


def _party(party: DocumentParty) -> dict[str, Any]:
    return {"name": printable(party.name), "logo": None if party.logo is None else _logo(party.logo)}


def _logo(logo: Logo) -> dict[str, Any]:
    if logo.format == "png":
        return {"format": "png", "data": list(logo.content)}
    return {"format": "svg", "data": printable_in_drawing(logo.content.decode())}


def _element(element: Element) -> dict[str, Any] | None:
    kind = {"kind": element.kind}
    match element:
        case Pairs(rows=rows):
            return kind | {"rows": [[runs(name), _cell(cell)] for name, cell in rows]}
        case Grid():
            return _grid(element)
        case Said(text=text, links=links):
            return kind | {"text": runs(text), "links": _links(links)}
        case Heading(title=title, level=level, anchor=anchor):
            return kind | {"title": runs(_line(title)), "level": level, "id": anchor}
        case BulletList(items=items, ordered=ordered):
            return kind | {"items": [_cell(cell) for cell in items], "ordered": ordered}
        case KeyFigures(figures=figures):
            return kind | {
                "figures": [
                    {
                        "label": runs(f.label),
                        "value": _cell(f.value),
                        "verdict": runs(f.verdict),
                        "tone": f.tone.value,
                        "note": runs(f.note),
                    }
                    for f in figures
                ]
            }
        case Item():
            return _item(element)
        case Procedure():
            return _procedure(element)
        case Picture():
            return _picture(element)
        case MachineData():
            return None


def _item(item: Item) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "title": runs(_line(item.title)),
        "level": item.level,
        "id": item.anchor,
        "facts": [runs(fact) for fact in item.facts],
        "verbatim": [
            {"label": runs(label), "lines": [runs(line) for line in _lines(text)], "note": runs(note)}
            for label, text, note in item.verbatim
        ],
    }


def _procedure(procedure: Procedure) -> dict[str, Any]:
    return {
        "kind": procedure.kind,
        "steps": [
            {
                "text": runs(_line(step.text)),
                "facts": runs(_line(step.facts)),
                "verbatim": [
                    {"label": runs(label), "lines": [runs(line) for line in _lines(text)], "note": ""}
                    for label, text in step.verbatim
                ],
            }
            for step in procedure.steps
        ],
    }


def _lines(text: str) -> list[str]:
    return printable(text).replace("\t", "    ").rstrip("\n").split("\n")


def _picture(picture: Picture) -> dict[str, Any] | None:
    drawing = safe_drawing(picture.draw())
    table = None if picture.table is None else _grid(picture.table)
    if not drawing:
        return table
    title, desc = said_by(drawing)
    share, landscape = _share_of_page(*size_of(drawing))
    said = ". ".join(part.rstrip(".") for part in (title or picture.caption, desc) if part)
    return {
        "kind": picture.kind,
        "svg": printable_in_drawing(plain_colours(drawing)),
        "alt": printable(said) or "–",
        "caption": "" if picture.repeats else runs(picture.caption),
        "width": share,
        "landscape": landscape,
        "table": table,
        "together": table is not None and table["short"] and _height(drawing, share, table) <= _TOGETHER,
    }


def _height(drawing: str, share: float, table: dict[str, Any]) -> float:
    """Return about how many points high a picture and its table are."""
    width, height = size_of(drawing)
    return height * share * _LINE / width + _ROW * (len(table["rows"]) + 1)


def _share_of_page(width: float, height: float) -> tuple[float, bool]:
    """Return which part of the line a picture takes, and whether it needs the long side of the page.

    A chart fills the line, a smaller picture keeps the same scale, and none is higher than a page. The texts of a large one
    would be too small across the short side.
    """
    landscape = width > _LARGE and width > height
    line, highest = (_LANDSCAPE, _LANDSCAPE_HEIGHT) if landscape else (WIDTH, _HEIGHT)
    return round(min(1.0, width / line, highest / line * width / height), 3), landscape


def _grid(grid: Grid) -> dict[str, Any]:
    numeric = numeric_columns(grid)
    columns, size, landscape = widths(grid)
    return {
        "kind": grid.kind,
        "caption": "" if grid.repeats else runs(grid.caption),
        "summary": printable(grid.caption),
        "head": [runs(name) for name in grid.head],
        "numeric": sorted(numeric),
        "columns": columns,
        "size": size,
        "landscape": landscape,
        "total": grid.total,
        "short": len(grid.rows) <= _SHORT and not landscape,
        "rows": [[_cell(cell) for cell in row] for row in grid.rows],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    made: dict[str, Any] = {"text": printable(cell.text) if is_kept(cell) else runs(cell.text)}
    if is_kept(cell):
        made["kept"] = True
    if cell.tone:
        made["tone"] = cell.tone.value
    if cell.link:
        made["link"] = cell.link
    if cell.anchor:
        made["id"] = cell.anchor
    if cell.links:
        made["links"] = _links(cell.links)
    return made


def _links(links: Sequence[Link]) -> list[dict[str, Any]]:
    return [{"text": runs(link.text), "to": link.to} for link in links]
