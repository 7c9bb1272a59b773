"""The colours and patterns of charts.

Each colour is a CSS variable of the page, with the colour for paper beside it. Each meaning has a pattern of its own, so
that a chart can be read without colours.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


def _colour(name: str, on_paper: str) -> str:
    return f"var(--chart-{name}, {on_paper})"


INK: Final = _colour("ink", "#1c2430")
SOFT: Final = _colour("soft", "#566070")
LINE: Final = _colour("line", "#d8dee6")
PAPER: Final = _colour("paper", "#ffffff")
TINT: Final = _colour("tint", "#eef1f5")
ONE: Final = _colour("one", "#1f5fa8")
TWO: Final = _colour("two", "#7a3e9d")
GOOD: Final = _colour("good", "#1d7a45")
GOOD_LIGHT: Final = _colour("good-light", "#bfe3cd")
BAD: Final = _colour("bad", "#b3261e")
BAD_LIGHT: Final = _colour("bad-light", "#f4c7c3")
WAITING: Final = _colour("waiting", "#8a5a00")
WAITING_LIGHT: Final = _colour("waiting-light", "#f7dfa5")
PLANNED: Final = _colour("planned", "#4a4fa3")
PLANNED_LIGHT: Final = _colour("planned-light", "#d3d5f0")
GONE: Final = _colour("gone", "#6b7686")
GONE_LIGHT: Final = _colour("gone-light", "#e3e7ec")


class Fill(StrEnum):
    """The meaning of an area of a chart."""

    UP = "up"
    DOWN = "down"
    NO_DATA = "no-data"
    MAINTENANCE = "maintenance"
    EXCUSED = "excused"
    OUTSIDE_HOURS = "outside-hours"
    NOT_YET = "not-yet"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    VALUE = "value"
    OTHER = "other"
    LIKELY = "likely"


def _pattern(size: int, ground: str, shapes: str, turned: int = 0) -> str:
    turn = f' patternTransform="rotate({turned})"' if turned else ""
    area = f'<rect width="{size}" height="{size}" fill="{ground}"/>'
    return f'width="{size}" height="{size}" patternUnits="userSpaceOnUse"{turn}>{area}{shapes}'


PLAIN: Final = {Fill.UP: GOOD, Fill.RUNNING: ONE, Fill.VALUE: ONE}
"""The fills of one colour."""

PATTERNS: Final = {
    Fill.DOWN: _pattern(6, BAD, f'<rect width="1.6" height="6" fill="{BAD_LIGHT}"/>', 45),
    Fill.NO_DATA: _pattern(
        6, PAPER, f'<rect width="1.2" height="6" fill="{GONE}"/><rect width="6" height="1.2" fill="{GONE}"/>', 45
    ),
    Fill.MAINTENANCE: _pattern(6, PLANNED_LIGHT, f'<rect y="2" width="6" height="2" fill="{PLANNED}"/>'),
    Fill.EXCUSED: _pattern(8, WAITING_LIGHT, f'<rect width="2.4" height="8" fill="{WAITING}"/>', 135),
    Fill.OUTSIDE_HOURS: _pattern(6, GONE_LIGHT, f'<circle cx="3" cy="3" r="0.9" fill="{GONE}"/>'),
    Fill.NOT_YET: _pattern(8, PAPER, f'<circle cx="4" cy="4" r="0.8" fill="{GONE}"/>'),
    Fill.PAUSED: _pattern(8, WAITING_LIGHT, f'<rect width="3" height="8" fill="{WAITING}"/>', 45),
    Fill.STOPPED: _pattern(8, GOOD_LIGHT, f'<rect y="5" width="8" height="2" fill="{GOOD}"/>'),
    Fill.LIKELY: _pattern(4, TINT, f'<circle cx="2" cy="2" r="0.7" fill="{TWO}"/>'),
    Fill.OTHER: _pattern(6, PAPER, f'<rect width="2.6" height="6" fill="{TWO}"/>', 135),
}
"""The fills that are patterns: what stands between `<pattern id=... ` and `</pattern>`."""


def painted(fill: Fill) -> str:
    """Return the value of the attribute `fill` for a meaning: a colour, or the pattern with the meaning's name."""
    return PLAIN.get(fill) or f"url(#{fill.value})"
