"""The texts of boxes, broken into lines that fit, and their frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from activities.documents.charts.canvas import Canvas, shortened, text_width
from activities.documents.charts.palette import GONE, INK, ONE, PAPER, SOFT, TINT
from activities.documents.diagrams.graph import Box, Owner
from activities.documents.sanitize import visible

TITLE_SIZE: Final = 12.0
NOTE_SIZE: Final = 10.5
_TITLE_LINE, _NOTE_LINE = 15.0, 13.5
_PADDING: Final = 9.0
_BOLD: Final = 1.07
"""How much wider bold text is."""
_MOST_TITLE, _MOST_NOTE = 3, 3
"""The most lines of a title, and of each note."""

_FRAMES: Final = {Owner.SUPPLIER: (ONE, PAPER, ""), Owner.OTHER: (GONE, TINT, ""), Owner.OUTSIDE: (GONE, PAPER, "4 3")}


@dataclass(frozen=True)
class BoxText:
    """The texts of a box in lines."""

    title: list[str]
    notes: list[str]

    @property
    def height(self) -> float:
        """The height of a box that has room for them."""
        return 2 * _PADDING + _TITLE_LINE * len(self.title) + _NOTE_LINE * len(self.notes) - 1


def text_of(box: Box, width: float) -> BoxText:
    """Return the texts of a box as lines of at most this width."""
    room = width - 2 * _PADDING
    notes = [line for note in box.notes for line in broken(note, room, NOTE_SIZE, _MOST_NOTE)]
    return BoxText(broken(box.title, room / _BOLD, TITLE_SIZE, _MOST_TITLE), notes)


def draw_box(canvas: Canvas, box: Box, text: BoxText, x: float, y: float, width: float, height: float) -> None:
    """Draw a box with its texts."""
    ink, paper, dash = _FRAMES[box.owner]
    frame(canvas, x, y, width, height, ink=ink, paint=paper, dash=dash, said=box.title)
    top = y + (height - text.height) / 2 + _PADDING
    for number, line in enumerate(text.title):
        canvas.text(x + width / 2, top + 11 + _TITLE_LINE * number, line, anchor="middle", bold=True, ink=INK)
    top += _TITLE_LINE * len(text.title)
    for number, line in enumerate(text.notes):
        canvas.text(x + width / 2, top + 10 + _NOTE_LINE * number, line, anchor="middle", size=NOTE_SIZE, ink=SOFT)


def frame(
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    ink: str,
    paint: str = PAPER,
    dash: str = "",
    line: float = 1.4,
    said: str = "",
) -> None:
    """Draw a rectangle with round corners."""
    r = 5.0
    across, down = width - 2 * r, height - 2 * r
    d = f"M{x + r:.1f} {y:.1f}h{across:.1f}q{r:g} 0 {r:g} {r:g}v{down:.1f}q0 {r:g} {-r:g} {r:g}h{-across:.1f}"
    d += f"q{-r:g} 0 {-r:g} {-r:g}v{-down:.1f}q0 {-r:g} {r:g} {-r:g}z"
    canvas.path(d, ink=ink, paint=paint, width=line, dash=dash, said=said)


def broken(text: str, width: float, size: float, most: int) -> list[str]:
    """Return a text in at most so many lines, broken at spaces; the last one is cut with an ellipsis if there is more."""
    lines: list[str] = []
    for word in visible(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [shortened(line, width, size) for line in lines]
