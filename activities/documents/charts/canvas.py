"""The canvas of a chart: shapes and texts that become one SVG with a title and a description."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal
from xml.sax.saxutils import escape

from activities.documents.charts.palette import INK, PAPER, PATTERNS, SOFT, Fill, painted
from activities.documents.sanitize import visible

FONT: Final = "Inter, system-ui, sans-serif"
"""The font of PDFs first; a browser that does not have it takes its own."""

_WIDTH_OF_CHARACTER: Final = 0.58
"""The width of an average character, in parts of the size of the font; rather too wide than too narrow."""

_BREAKS: Final = re.compile(r"[ \t\r\n]+")

LEGEND_LINE: Final = 18

Anchor = Literal["start", "middle", "end"]
LegendEntry = tuple[Literal["area", "line", "dash", "mark"], str, str]
"""The mark of a line in the legend, its paint, and its name."""


class Canvas:
    """Collects shapes from the back to the front."""

    def __init__(self, width: float, height: float, title: str, desc: str) -> None:
        """`title` and `desc` are what people hear who do not see the chart."""
        self.width, self.height = width, height
        self._title, self._desc = title, desc
        self._shapes: list[str] = []

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: Anchor = "start",
        size: float = 12,
        bold: bool = False,
        ink: str = INK,
    ) -> None:
        """Write a text on the line `y`; nothing if it is empty."""
        if not text:
            return
        at = "" if anchor == "start" else f' text-anchor="{anchor}"'
        weight = ' font-weight="700"' if bold else ""
        sized = "" if size == 12 else f' font-size="{size:g}"'
        colour = "" if ink == INK else f' fill="{ink}"'
        self._shapes.append(f'<text x="{_n(x)}" y="{_n(y)}"{at}{sized}{weight}{colour}>{safe(text)}</text>')

    def area(self, x: float, y: float, width: float, height: float, fill: Fill, said: str = "") -> None:
        """Fill a rectangle by its meaning. `said` appears when a reader points at it."""
        self.box(x, y, width, height, painted(fill), said)

    def box(self, x: float, y: float, width: float, height: float, paint: str, said: str = "") -> None:
        """Fill a rectangle with a colour."""
        shape = (
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" height="{_n(max(height, 0))}" fill="{paint}"'
        )
        self._shapes.append(_with_title(shape, said, "rect"))

    def path(
        self,
        d: str,
        *,
        ink: str = "none",
        paint: str = "none",
        width: float = 1,
        dash: str = "",
        said: str = "",
        opacity: float = 1,
    ) -> None:
        """Draw a path: a line (`ink`), an area (`paint`), or both."""
        shape = f'<path d="{d}" fill="{paint}"'
        if ink != "none":
            shape += f' stroke="{ink}"' + (f' stroke-width="{width:g}"' if width != 1 else "")
            shape += (
                ' stroke-linejoin="round" stroke-linecap="'
                + ("butt" if dash else "round")
                + '"'
                + (f' stroke-dasharray="{dash}"' if dash else "")
            )
        if opacity < 1:
            shape += f' opacity="{opacity:g}"'
        self._shapes.append(_with_title(shape, said, "path"))

    def line(self, x1: float, y1: float, x2: float, y2: float, ink: str, width: float = 1, dash: str = "") -> None:
        """Draw a straight line."""
        self.path(f"M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}", ink=ink, width=width, dash=dash)

    def svg(self) -> str:
        """Return the whole SVG; it ends with a newline."""
        shapes = "\n".join(self._shapes)
        used = [fill for fill in PATTERNS if f'"url(#{fill.value})"' in shapes]
        patterns = "".join(f'<pattern id="{fill.value}" {PATTERNS[fill]}</pattern>' for fill in used)
        width, height = _n(self.width), _n(self.height)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
                f'role="img" aria-labelledby="title desc" font-family="{FONT}" font-size="12" fill="{INK}">',
                f'<title id="title">{safe(self._title)}</title>',
                f'<desc id="desc">{safe(self._desc)}</desc>',
                *([f"<defs>{patterns}</defs>"] if patterns else []),
                f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
                shapes,
                "</svg>\n",
            ]
        )

    def legend(self, x: float, y: float, entries: Sequence[LegendEntry]) -> None:
        """Write a legend from the place `x`, `y` on, in the lines that `legend_lines` counts."""
        for number, entry in enumerate(_broken(entries, self.width - x)):
            left = x
            for mark, paint, name in entry:
                line = y + number * LEGEND_LINE
                if mark == "area":
                    self.box(left, line - 10, 20, 12, paint)
                elif mark == "mark":
                    self.path(f"M{_n(left + 10)} {_n(line - 9)} l5 9 l-10 0 z", paint=paint)
                else:
                    self.line(left, line - 4, left + 20, line - 4, paint, 2, "5 3" if mark == "dash" else "")
                self.text(left + 26, line, name, size=11, ink=SOFT)
                left += _needed(name)


def legend_lines(entries: Sequence[LegendEntry], width: float) -> int:
    """Return how many lines a legend takes within a width."""
    return len(_broken(entries, width))


def _broken(entries: Sequence[LegendEntry], width: float) -> list[list[LegendEntry]]:
    lines, left = list[list[LegendEntry]](), width
    for entry in entries:
        needed = _needed(entry[2])
        if not lines or left < needed:
            lines.append([])
            left = width
        lines[-1].append(entry)
        left -= needed
    return lines


def _needed(name: str) -> float:
    return 26 + text_width(name, 11) + 18


def text_width(text: str, size: float = 12) -> float:
    """Return about how wide a text is; never less than it is in an ordinary font."""
    return len(text) * size * _WIDTH_OF_CHARACTER


def shortened(text: str, width: float, size: float = 12) -> str:
    """Return the text, cut with an ellipsis if it is wider than there is room."""
    fitting = int(width / (size * _WIDTH_OF_CHARACTER))
    return text if len(text) <= fitting else f"{text[: max(fitting - 1, 1)].rstrip()}…"


def safe(text: str) -> str:
    """Return a text for XML: on one line, with direction marks and controls written out, and escaped."""
    return escape(_BREAKS.sub(" ", visible(text)).strip(), {'"': "&quot;"})


def _n(value: float) -> str:
    """Return a coordinate with at most one decimal, which is exact enough and keeps the file small."""
    return f"{value:.1f}".removesuffix(".0")


def _with_title(shape: str, said: str, name: str) -> str:
    return f"{shape}><title>{safe(said)}</title></{name}>" if said else f"{shape}/>"
