"""The diagram of a flow: its parts in order, from left to right and line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from activities.documents.charts.canvas import Canvas
from activities.documents.charts.palette import ONE
from activities.documents.charts.plot import WIDTH
from activities.documents.diagrams.boxes import draw_box, text_of
from activities.documents.diagrams.graph import Box

_MOST: Final = 4
_GAP: Final = 32.0
_BETWEEN: Final = 30.0
"""Between two lines of boxes."""
_EDGE: Final = 14.0
"""The room at both sides for the way to the next line."""


def chain(title: str, desc: str, boxes: Sequence[Box]) -> str:
    """Draw the parts of a flow as SVG, with an arrow from each to the next."""
    columns = min(_MOST, max(len(boxes), 1))
    edge = _EDGE if len(boxes) > columns else 2.0
    width = min((WIDTH - 2 * edge - _GAP * (columns - 1)) / columns, 190.0)
    texts = [text_of(box, width) for box in boxes]
    height = max((text.height for text in texts), default=40.0)
    rows = -(-len(boxes) // columns)
    across = 2 * edge + width * columns + _GAP * (columns - 1)
    canvas = Canvas(across, 4 + rows * height + (rows - 1) * _BETWEEN, title, desc)
    for number, (box, text) in enumerate(zip(boxes, texts, strict=True)):
        row, column = divmod(number, columns)
        left, top = edge + column * (width + _GAP), 2 + row * (height + _BETWEEN)
        middle = top + height / 2
        if column:
            canvas.line(left - _GAP, middle, left - 6, middle, ONE, 1.6)
        elif row:
            above, between = middle - height - _BETWEEN, top - _BETWEEN / 2
            right = across - edge
            canvas.path(
                f"M{right:.1f} {above:.1f}H{across - 4:.1f}V{between:.1f}H4V{middle:.1f}H{left - 6:.1f}",
                ink=ONE,
                width=1.6,
            )
        if number:
            canvas.path(f"M{left:.1f} {middle:.1f}l-7 -4.5v9z", paint=ONE)
        draw_box(canvas, box, text, left, top, width, height)
    return canvas.svg()
