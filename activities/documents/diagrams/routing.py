"""Leads the lines of a diagram round its boxes, on right angles, as in the plan of a circuit.

Lines with the same sources, or the same targets, share a trunk: every source of a trunk leads to every target. Between two
rows of boxes lies a channel with tracks for the horizontal parts. Trunks that pass a row do so in the gaps between the columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from activities.documents.diagrams.graph import GridPlace, Line

_LANE: Final = 6.0
"""Between two lines side by side."""
_MARGIN: Final = 9.0
_LOAD: Final = 14.0
"""How far a lane goes for a gap with one lane less."""


@dataclass(frozen=True)
class Trunk:
    """Lines that are drawn as one."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    data: bool
    way: int
    """1: down, -1: up, 0: from a row to the same row."""


@dataclass(frozen=True)
class LineEnd:
    """The place where a trunk meets a box."""

    channel: int
    """Channel n is above row n."""
    box: str
    above: bool
    """Whether the box is above the channel."""
    arrow: bool


def trunks(lines: Sequence[Line], places: Mapping[str, GridPlace]) -> list[Trunk]:
    """Return the trunks of lines: targets with the same sources share one."""
    sources: dict[tuple[str, bool, int], dict[str, None]] = defaultdict(dict)
    for line in lines:
        if line.source != line.target and line.source in places and line.target in places:
            sources[line.target, line.data, _way(places, line)][line.source] = None
    found: dict[tuple[frozenset[str], bool, int, int], tuple[tuple[str, ...], list[str]]] = {}
    for (target, data, way), names in sources.items():
        row = places[target].row if way == 0 else -1
        found.setdefault((frozenset(names), data, way, row), (tuple(names), []))[1].append(target)
    return [Trunk(names, tuple(targets), data, way) for (_, data, way, _), (names, targets) in found.items()]


def _way(places: Mapping[str, GridPlace], line: Line) -> int:
    way = places[line.target].row - places[line.source].row
    return (way > 0) - (way < 0)


class Routes:
    """The trunks of a diagram, with a lane in a gap wherever one passes a row."""

    def __init__(self, trunks: Sequence[Trunk], places: Mapping[str, GridPlace], columns: int) -> None:
        """`columns` is the number of columns of the grid."""
        self.trunks, self._places, self._columns = trunks, places, columns
        self.endings = [_endings(trunk, places) for trunk in trunks]
        self.channels = [_channels(endings) for endings in self.endings]
        self.lanes: dict[tuple[int, int], tuple[int, int]] = {}
        """Gap and slot, by trunk and the row that it passes."""
        self._used: dict[tuple[int, int, int], int] = {}
        """The trunk of a row, gap and slot."""
        for number in sorted(range(len(trunks)), key=lambda n: (-len(self.channels[n]), n)):
            self._pass_rows(number)

    def gap_width(self, gap: int) -> float:
        """Return how wide the gap before a column must be."""
        slots = [slot for found, slot in self.lanes.values() if found == gap]
        edge = gap in {0, self._columns}
        if not slots:
            return 4.0 if edge else 26.0
        return max(2 * _MARGIN + _LANE * max(slots), 4.0 if edge else 26.0)

    def lane_x(self, number: int, row: int, gap_starts: Sequence[float]) -> float:
        """Return where a trunk passes a row."""
        gap, slot = self.lanes[number, row]
        return gap_starts[gap] + _MARGIN + _LANE * slot

    def _pass_rows(self, number: int) -> None:
        wanted = self._wanted(number)
        before: tuple[int, int] | None = None
        for row in list(self.channels[number])[:-1]:
            gap = min(
                range(self._columns + 1), key=lambda g: (abs(g - wanted) * 100 + _LOAD * self._load(row, g, before), g)
            )
            if before is not None and abs(before[0] - wanted) <= abs(gap - wanted) + 1:
                gap = before[0]  # straight on, rather than a bend for little
            slot = self._free(row, gap, number, before[1] if before and before[0] == gap else None)
            self.lanes[number, row] = before = gap, slot
            self._used[row, gap, slot] = number

    def _wanted(self, number: int) -> float:
        """Return the gap, as a number, that is nearest to the boxes of a trunk."""
        trunk = self.trunks[number]
        names = trunk.targets if len(trunk.targets) <= len(trunk.sources) else trunk.sources
        columns = [self._places[name].column for name in names]
        return sum(columns) / len(columns) + 0.5

    def _load(self, row: int, gap: int, before: tuple[int, int] | None) -> int:
        return sum(1 for r, g, _ in self._used if g == gap and abs(r - row) <= 1) - (
            before is not None and before[0] == gap
        )

    def _free(self, row: int, gap: int, number: int, wanted: int | None) -> int:
        """Return a slot that no other trunk has in this row, nor in the rows next to it."""

        def free(slot: int) -> bool:
            return all(self._used.get((r, gap, slot), number) == number for r in (row - 1, row, row + 1))

        if wanted is not None and free(wanted):
            return wanted
        slot = 0
        while not free(slot):
            slot += 1
        return slot


def _endings(trunk: Trunk, places: Mapping[str, GridPlace]) -> list[LineEnd]:
    """Lines down leave a box at its bottom and reach one at its top; lines up the other way; others use the bottom."""
    up, down = trunk.way < 0, trunk.way > 0
    sources = [LineEnd(places[n].row + (not up), n, above=not up, arrow=False) for n in trunk.sources]
    return sources + [LineEnd(places[n].row + (not down), n, above=not down, arrow=True) for n in trunk.targets]


def _channels(endings: Iterable[LineEnd]) -> range:
    found = [ending.channel for ending in endings]
    return range(min(found), max(found) + 1)
