"""The widths of the columns of a printed table: text gets the room that numbers and moments leave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from activities.documents.elements import Cell, Grid
from activities.documents.tables import numeric_columns, wide_columns

_SIZE: Final = 8.5
_READABLE: Final = 7.0
_LEAST_SIZE: Final = 5.5
_PORTRAIT, _LANDSCAPE = 493.0, 740.0
"""The widths between the margins of A4, in points."""
_CHARACTER: Final = 0.56
"""The width of an average character, in parts of the size of the font."""
_GAP: Final = 10.0
_LONGEST: Final = 90
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:")


def is_kept(cell: Cell) -> bool:
    """Whether the text of a cell must stay on its line: a number, a span of time, or a moment."""
    return cell.value is not None or _MOMENT.match(cell.text) is not None


def widths(grid: Grid) -> tuple[list[str | float], float, bool]:
    """Return the width of each column, the size of the font in points, and whether the table needs the page's long side.

    `auto` is the width of the text; a number is a share of the remaining room.
    """
    natural = [_natural(grid, column) for column in range(len(grid.head))]
    least = [_least(grid, column, width) for column, width in enumerate(natural)]
    size, landscape = _size(least, _PORTRAIT), False
    if size < _READABLE:
        size, landscape = _size(least, _LANDSCAPE), True
    room = _room(len(natural), size, _LANDSCAPE if landscape else _PORTRAIT)
    if sum(natural) <= room:
        wide = wide_columns(grid)
        return [min(width, _LONGEST) if n in wide else "auto" for n, width in enumerate(natural)], size, landscape
    more = [min(width, _LONGEST) - low for width, low in zip(natural, least, strict=True)]
    extra = _shared(more, max(room - sum(least), 0))
    return (
        ["auto" if not m else round(low + e, 1) for low, m, e in zip(least, more, extra, strict=True)],
        size,
        landscape,
    )


def _shared(wanted: Sequence[int], room: float) -> list[float]:
    """Share the room so that no column gets more than it wants, and what short texts leave goes to the longer ones."""
    given = [0.0] * len(wanted)
    for left, column in enumerate(sorted(range(len(wanted)), key=lambda n: wanted[n])):
        given[column] = min(wanted[column], room / (len(wanted) - left))
        room -= given[column]
    return given


def _size(least: Sequence[int], page: float) -> float:
    """Return the size of the font at which every column has the least room that it needs."""
    fitting = _SIZE * _room(len(least), _SIZE, page) / max(sum(least), 1)
    return round(min(_SIZE, max(_LEAST_SIZE, fitting)), 1)


def _room(columns: int, size: float, page: float) -> float:
    """Return how many characters a row has room for."""
    return (page - _GAP * columns) / (size * _CHARACTER)


def _natural(grid: Grid, column: int) -> int:
    """Return the number of characters of the longest line."""
    return max(len(line) for cell in _column(grid, column) for line in [*cell.text.split("\n"), _links(cell)])


def _least(grid: Grid, column: int, natural: int) -> int:
    """Return the number of characters below which the column cannot go."""
    if column in numeric_columns(grid):
        return natural
    kept = max((len(line) for c in _column(grid, column) if is_kept(c) for line in c.text.split("\n")), default=0)
    return max(kept, min(natural, 10))


def _column(grid: Grid, column: int) -> list[Cell]:
    return [Cell(grid.head[column]), *(row[column] for row in grid.rows if column < len(row))]


def _links(cell: Cell) -> str:
    return ", ".join(link.text for link in cell.links)
