"""The frame of a chart over time: margins, grid, both axes, shaded spans, and the limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from activities.documents.charts.axes import number_axis, time_ticks
from activities.documents.charts.canvas import LEGEND_LINE, Anchor, Canvas, LegendEntry, legend_lines, text_width
from activities.documents.charts.palette import BAD, INK, LINE, SOFT, Fill, painted
from activities.documents.charts.texts import chart_words
from activities.documents.translation import Translation

WIDTH: Final = 720
_HEIGHT: Final = 156
_RIGHT, _BELOW = 16, 40


@dataclass(frozen=True)
class Shade:
    """A span of time that is shaded: maintenance, or no data."""

    since: float
    until: float
    fill: Fill
    said: str = ""


@dataclass(frozen=True)
class Limit:
    """The agreed limit of a value."""

    value: float
    name: str = ""
    """Its name in the legend; without one, the legend says `limit` with the value."""


class Plot:
    """The frame of a chart over time. Times are seconds since 1970, UTC."""

    def __init__(
        self,
        say: Translation,
        title: str,
        desc: str,
        *,
        times: tuple[float, float],
        values: tuple[float, float],
        unit: str,
        legend: Sequence[LegendEntry] = (),
        empty: bool = False,
    ) -> None:
        """`times` and `values` are the ranges to show; an `empty` chart shows a sentence instead."""
        self.say, self.words, self.unit = say, chart_words(say), unit
        self.since, self.until = times[0], max(times[1], times[0] + 1)
        self.axis = number_axis(*values)
        labels = [say.number(tick, self.axis.decimals) for tick in self.axis.ticks]
        self.left = 14 + max(text_width(label, 11) for label in [*labels, unit])
        self.columns = int(WIDTH - _RIGHT - self.left)
        """The number of pixels from the left to the right."""
        self.top = 18.0 + LEGEND_LINE * legend_lines(legend, WIDTH - self.left)
        self.bottom = self.top + (0 if empty else _HEIGHT)
        self.canvas = Canvas(WIDTH, self.bottom + _BELOW, title, desc)
        self.canvas.legend(self.left, 12, legend)
        if empty:
            self.canvas.text(self.left, self.top, self.words("none"), ink=SOFT)
            return
        for tick, label in zip(self.axis.ticks, labels, strict=True):
            self.canvas.line(self.left, self.y(tick), WIDTH - _RIGHT, self.y(tick), LINE)
            self.canvas.text(self.left - 6, self.y(tick) + 4, label, anchor="end", size=11, ink=SOFT)
        self.canvas.text(self.left - 6, self.top - 10, unit, anchor="end", size=11, ink=SOFT)
        self._time_axis()

    def x(self, at: float) -> float:
        """Return the place of a moment."""
        return self.left + self.columns * (at - self.since) / (self.until - self.since)

    def y(self, value: float) -> float:
        """Return the place of a value."""
        return self.bottom - _HEIGHT * (value - self.axis.low) / (self.axis.high - self.axis.low)

    def shade(self, shades: Sequence[Shade]) -> None:
        """Shade spans of time, behind everything that is drawn later."""
        for shade in shades:
            since, until = max(shade.since, self.since), min(shade.until, self.until)
            if since < until:
                x = self.x(since)
                self.canvas.area(x, self.top, max(self.x(until) - x, 1), _HEIGHT, shade.fill, shade.said)

    def limit(self, limit: Limit | None) -> None:
        """Draw the limit across the chart."""
        if limit is not None:
            self.canvas.line(self.left, self.y(limit.value), WIDTH - _RIGHT, self.y(limit.value), BAD, 1.6, "7 4")

    def _time_axis(self) -> None:
        self.canvas.line(self.left, self.bottom, WIDTH - _RIGHT, self.bottom, SOFT)
        for tick in time_ticks(self.since, self.until, ZoneInfo(self.say.zone), self.say.language, 10):
            x = self.x(tick.at)
            self.canvas.line(x, self.bottom, x, self.bottom + 4, SOFT)
            for y, label in ((16, tick.label), (30, tick.below)):
                if label:
                    anchor, at = _kept_inside(x, label)
                    self.canvas.text(at, self.bottom + y, label, anchor=anchor, size=11, ink=INK if y == 16 else SOFT)


def limit_in_legend(limit: Limit | None, unit: str, say: Translation) -> list[LegendEntry]:
    """Return the line of the legend for a limit."""
    if limit is None:
        return []
    name = limit.name or chart_words(say)("limit", say.number(limit.value, decimals_of(limit.value), unit))
    return [("dash", BAD, name)]


def shades_in_legend(shades: Sequence[Shade], say: Translation) -> list[LegendEntry]:
    """Return a line of the legend for each meaning among the shades."""
    words = chart_words(say)
    return [("area", painted(fill), words(fill.value)) for fill in dict.fromkeys(shade.fill for shade in shades)]


def _kept_inside(x: float, label: str) -> tuple[Anchor, float]:
    """Return how a label stands so that the edge of the chart does not cut it."""
    half = text_width(label, 11) / 2
    if x + half > WIDTH:
        return "end", WIDTH
    return ("start", 0) if x - half < 0 else ("middle", x)


def decimals_of(value: float) -> int:
    """Return how many decimals a value was given with, at most three."""
    return next((n for n in range(3) if round(value, n) == value), 3)
