"""The diagram of the parts of an application: who needs whom, and where data goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from activities.documents.charts.canvas import LEGEND_LINE, Canvas, LegendEntry, legend_lines
from activities.documents.charts.palette import INK, ONE, PLANNED, SOFT, TWO, WAITING
from activities.documents.charts.plot import WIDTH
from activities.documents.diagrams.boxes import BoxText, draw_box, text_of
from activities.documents.diagrams.graph import Box, Line
from activities.documents.diagrams.layers import MOST_COLUMNS, place
from activities.documents.diagrams.routing import LineEnd, Routes, Trunk, trunks

_WIDEST: Final = 190.0
_NARROWEST: Final = 108.0
_TRACK: Final = 6.0
_ABOVE, _BELOW = 9.0, 13.0
"""The room in a channel above its first track and below its last, where arrows are."""
_SAME: Final = 0.1
"""Places that are not farther apart are one."""
_INKS: Final = (ONE, TWO, WAITING, PLANNED, INK)
"""Neighbouring lines have different colours, so that an eye can follow one. A colour has no meaning."""


@dataclass
class DrawnTrunk:
    """A trunk as it is drawn: straight parts, arrows and dots."""

    trunk: Trunk
    parts: list[tuple[float, float, float, float]] = field(default_factory=list)
    """From one point to another."""
    arrows: list[tuple[float, float, bool]] = field(default_factory=list)
    """The point of each arrow, and whether it points up."""
    dots: list[tuple[float, float]] = field(default_factory=list)
    """The places where parts meet."""


@dataclass(frozen=True)
class DrawnBox:
    """A box as it is drawn."""

    box: Box
    text: BoxText
    left: float
    top: float
    width: float
    height: float


def schematic(
    title: str, desc: str, boxes: Sequence[Box], lines: Sequence[Line], legend: Sequence[LegendEntry] = ()
) -> str:
    """Draw boxes and lines as SVG. A part is above the parts that it needs. Lines that meet at a dot belong together.

    `legend` explains the kinds of lines and boxes.
    """
    plan = SchematicPlan(boxes, lines)
    below = LEGEND_LINE * legend_lines(legend, plan.width - 4) + 8 if legend else 0
    canvas = Canvas(max(plan.width, 200), plan.height + below, title, desc)
    for number, trunk in enumerate(plan.trunks()):
        _draw_trunk(canvas, trunk, SOFT if trunk.trunk.data else _INKS[number % len(_INKS)])
    for one in plan.boxes():
        draw_box(canvas, one.box, one.text, one.left, one.top, one.width, one.height)
    canvas.legend(4, plan.height + 14, legend)
    return canvas.svg()


def _draw_trunk(canvas: Canvas, trunk: DrawnTrunk, ink: str) -> None:
    for x1, y1, x2, y2 in trunk.parts:
        canvas.line(x1, y1, x2, y2, ink, 1.4, "5 3" if trunk.trunk.data else "")
    for x, y, up in trunk.arrows:
        canvas.path(f"M{x:.1f} {y:.1f}l-4 {6 if up else -6}h8z", paint=ink)
    for x, y in trunk.dots:
        canvas.path(f"M{x - 2.2:.1f} {y:.1f}a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0 -4.4 0z", paint=ink)


class SchematicPlan:
    """The places of all boxes and lines of a schematic."""

    def __init__(self, boxes: Sequence[Box], lines: Sequence[Line]) -> None:
        places = place(boxes, lines, min(MOST_COLUMNS, max(len(boxes), 1)))
        self._boxes = {box.name: box for box in boxes}
        self._places = places
        self._rows = 1 + max((p.row for p in places.values()), default=0)
        self._columns = 1 + max((p.column for p in places.values()), default=0)
        self._routes = Routes(trunks(lines, places), places, self._columns)
        gaps = [self._routes.gap_width(gap) for gap in range(self._columns + 1)]
        self._width = min(max((WIDTH - sum(gaps)) / self._columns, _NARROWEST), _WIDEST)
        self._gaps = [sum(gaps[:gap]) + self._width * gap for gap in range(self._columns + 1)]
        self._lefts = [self._gaps[column] + gaps[column] for column in range(self._columns)]
        self.width = self._lefts[-1] + self._width + gaps[-1]
        self._texts = {name: text_of(box, self._width) for name, box in self._boxes.items()}
        self._ports: dict[tuple[int, LineEnd], float] = {}
        for channel in range(self._rows + 1):
            self._place_ports(channel)
        self._tracks = [self._tracks_of(channel) for channel in range(self._rows + 1)]
        self._heights = [
            max((self._texts[n].height for n, p in places.items() if p.row == row), default=0.0)
            for row in range(self._rows)
        ]
        channels = [self._channel_height(number) for number in range(self._rows + 1)]
        self._tops = [sum(self._heights[:row]) + sum(channels[: row + 1]) for row in range(self._rows)]
        self.height = sum(self._heights) + sum(channels)
        self._starts = [top - channel for top, channel in zip([*self._tops, self.height], channels, strict=True)]

    def boxes(self) -> list[DrawnBox]:
        """Return the boxes with their places."""
        found = []
        for name, box in self._boxes.items():
            spot = self._places[name]
            left, top, height = self._lefts[spot.column], self._tops[spot.row], self._heights[spot.row]
            found.append(DrawnBox(box, self._texts[name], left, top, self._width, height))
        return found

    def trunks(self) -> list[DrawnTrunk]:
        """Return the trunks with their places."""
        return [self._drawn(number, trunk) for number, trunk in enumerate(self._routes.trunks)]

    def _drawn(self, number: int, trunk: Trunk) -> DrawnTrunk:
        drawn = DrawnTrunk(trunk)
        levels = {
            channel: self._starts[channel] + _ABOVE + _TRACK * self._tracks[channel].get(number, 0)
            for channel in self._routes.channels[number]
        }
        for channel, y in levels.items():
            crossings = self._crossings(number, channel)
            first, last = min(crossings), max(crossings)
            if last - first > _SAME:
                drawn.parts.append((first, y, last, y))
                ways = {x: crossings.count(x) + (1 if x in {first, last} else 2) for x in crossings}
                drawn.dots += [(x, y) for x, count in ways.items() if count > 2]
        for row in list(levels)[:-1]:
            x = self._routes.lane_x(number, row, self._gaps)
            drawn.parts.append((x, levels[row], x, levels[row + 1]))
        for ending in self._routes.endings[number]:
            row, x = self._places[ending.box].row, self._ports[number, ending]
            y = self._tops[row] + (self._heights[row] if ending.above else 0)
            drawn.parts.append((x, levels[ending.channel], x, y))
            if ending.arrow:
                drawn.arrows.append((x, y, ending.above))
        return drawn

    def _place_ports(self, channel: int) -> None:
        """Give each trunk a place of its own at every box of a channel, so that no two verticals lie on each other."""
        wanted: dict[int, dict[int, list[LineEnd]]] = defaultdict(lambda: defaultdict(list))
        for number, endings in enumerate(self._routes.endings):
            for ending in endings:
                if ending.channel == channel:
                    wanted[self._places[ending.box].column][number].append(ending)
        for column, found in wanted.items():
            order = sorted(found, key=lambda number: (self._pull(number, channel, column), number))
            step = min(14.0, self._width / (len(order) + 1))
            middle = self._lefts[column] + self._width / 2
            for place_, number in enumerate(order):
                x = middle + (place_ - (len(order) - 1) / 2) * step
                self._ports |= {(number, ending): x for ending in found[number]}

    def _pull(self, number: int, channel: int, column: int) -> float:
        """Return where the rest of a trunk is in a channel: its mean place beside this column."""
        routes = self._routes
        others = [self._middle(e) for e in routes.endings[number] if e.channel == channel]
        others += self._lanes(number, channel)
        away = [x for x in others if abs(x - self._lefts[column] - self._width / 2) > self._width / 2]
        return sum(away) / len(away) if away else self._lefts[column] + self._width / 2

    def _middle(self, ending: LineEnd) -> float:
        return self._lefts[self._places[ending.box].column] + self._width / 2

    def _lanes(self, number: int, channel: int) -> list[float]:
        """Return the lanes of a trunk that begin or end in a channel."""
        rows = [row for row in (channel - 1, channel) if (number, row) in self._routes.lanes]
        return [self._routes.lane_x(number, row, self._gaps) for row in rows]

    def _crossings(self, number: int, channel: int) -> list[float]:
        """Return where a trunk enters or leaves a channel."""
        ports = [self._ports[number, e] for e in self._routes.endings[number] if e.channel == channel]
        return [*ports, *self._lanes(number, channel)]

    def _tracks_of(self, channel: int) -> dict[int, int]:
        """Return the track of each trunk that has a horizontal part in a channel."""
        spans = []
        for number, channels in enumerate(self._routes.channels):
            if channel in channels:
                crossings = self._crossings(number, channel)
                if max(crossings) - min(crossings) > _SAME:
                    spans.append((min(crossings), max(crossings), number))
        ends: list[float] = []
        tracks: dict[int, int] = {}
        for first, last, number in sorted(spans):
            track = next((n for n, end in enumerate(ends) if end + _TRACK < first), len(ends))
            ends[track : track + 1] = [last]
            tracks[number] = track
        return tracks

    def _channel_height(self, channel: int) -> float:
        if not any(channel in channels for channels in self._routes.channels):
            return 4.0 if channel in {0, self._rows} else 14.0
        count = max(self._tracks[channel].values(), default=0)
        return _ABOVE + _TRACK * count + _BELOW
