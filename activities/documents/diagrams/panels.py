"""The diagram of a site: a row for each role, with the servers that carry it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from activities.documents.charts.canvas import Canvas, shortened, text_width
from activities.documents.charts.palette import GONE, LINE, ONE, PAPER, SOFT, TINT
from activities.documents.charts.plot import WIDTH
from activities.documents.diagrams.boxes import NOTE_SIZE, TITLE_SIZE, broken, frame

_LABEL, _CHIP_HEIGHT, _SPACE = 196.0, 22.0, 6.0
_EDGE, _PADDING, _ABOVE = 2.0, 10.0, 7.0
_ROOM: Final = WIDTH - 2 * _EDGE - _LABEL - _PADDING
_COLUMNS: Final = 5
_MOST: Final = 20
"""The most servers of a role that are drawn one by one; more are drawn as ranges of names."""
_NUMBERED: Final = re.compile(r"(.*?)(\d+)(\D*)")


@dataclass(frozen=True)
class Panel:
    """A role, or several that share their servers."""

    title: str
    note: str
    """How many servers they are; empty if anybody can count them."""
    servers: Sequence[str]
    other: bool = False
    """Another party operates it."""


def in_parts(found: Sequence[Panel], highest: float = 820.0) -> list[list[Panel]]:
    """Return the roles in parts, each of which is a picture that fits on a page."""
    parts: list[list[Panel]] = [[]]
    left = highest
    for panel in found:
        height = _Row(panel).height
        if parts[-1] and height > left:
            parts.append([])
            left = highest
        parts[-1].append(panel)
        left -= height
    return parts


def panels(title: str, desc: str, found: Sequence[Panel]) -> str:
    """Draw the roles of a site with their servers as SVG."""
    rows = [_Row(panel) for panel in found]
    canvas = Canvas(WIDTH, 2 * _EDGE + sum(row.height for row in rows), title, desc)
    frame(canvas, _EDGE, _EDGE, WIDTH - 2 * _EDGE, canvas.height - 2 * _EDGE, ink=GONE)
    top = _EDGE
    for number, row in enumerate(rows):
        if number:
            canvas.line(_EDGE, top, WIDTH - _EDGE, top, LINE)
        row.draw(canvas, top)
        top += row.height
    return canvas.svg()


class _Row:
    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        room = _LABEL - 2 * _PADDING
        self._title = broken(panel.title, room / 1.07, TITLE_SIZE, 4)
        self._note = broken(panel.note, room, NOTE_SIZE, 2)
        self._chips = chips(panel.servers)
        self._columns = _columns(self._chips)
        lines = -(-len(self._chips) // self._columns)
        text = 15.0 * len(self._title) + 13.5 * len(self._note)
        self.height = 2 * _ABOVE + max(text, lines * (_CHIP_HEIGHT + _SPACE) - _SPACE)

    def draw(self, canvas: Canvas, top: float) -> None:
        y = top + _ABOVE + 2
        for number, line in enumerate(self._title):
            canvas.text(_EDGE + _PADDING, y + 11 + 15 * number, line, bold=True)
        y += 15 * len(self._title)
        for number, line in enumerate(self._note):
            canvas.text(_EDGE + _PADDING, y + 10 + 13.5 * number, line, size=NOTE_SIZE, ink=SOFT)
        width = _chip_width(self._columns)
        for number, name in enumerate(self._chips):
            row, column = divmod(number, self._columns)
            left = _EDGE + _LABEL + column * (width + _SPACE)
            at = top + _ABOVE + row * (_CHIP_HEIGHT + _SPACE)
            ink, paint = (GONE, TINT) if self._panel.other else (ONE, PAPER)
            frame(canvas, left, at, width, _CHIP_HEIGHT, ink=ink, paint=paint, line=1.1, said=name)
            canvas.text(left + width / 2, at + 15, shortened(name, width - 6, 11), anchor="middle", size=11)


def _columns(texts: Sequence[str]) -> int:
    """Return how many names stand side by side. Names often differ at their end only, so none is cut if it fits a line."""
    longest = max((text_width(text, 11) for text in texts), default=0.0) + 8
    return next((n for n in range(_COLUMNS, 1, -1) if _chip_width(n) >= longest), 1)


def _chip_width(columns: int) -> float:
    return (_ROOM + _SPACE) / columns - _SPACE


def chips(servers: Sequence[str]) -> list[str]:
    """Return the names of servers; of many servers, ranges of names that differ only in a running number."""
    if len(servers) <= _MOST:
        return list(servers)
    found: list[list[str]] = []
    for name in servers:
        if found and _follows(found[-1][-1], name):
            found[-1].append(name)
        else:
            found.append([name])
    ranges = [names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}" for names in found]
    left = len(ranges) - _MOST
    return ranges if left <= 0 else [*ranges[: _MOST - 1], f"+ {sum(len(names) for names in found[_MOST - 1 :])}"]


def _follows(before: str, name: str) -> bool:
    one, other = _NUMBERED.fullmatch(before), _NUMBERED.fullmatch(name)
    return (
        one is not None
        and other is not None
        and (one[1], one[3]) == (other[1], other[3])
        and int(other[2]) == int(one[2]) + 1
        and (len(one[2]) == len(other[2]) or not other[2].startswith("0"))
    )
