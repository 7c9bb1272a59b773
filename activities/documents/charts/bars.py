"""Horizontal bars: a value for each name, in parts if there are several, with the limit of each; and spans of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from activities.documents.charts.axes import Tick, number_axis, span_ticks
from activities.documents.charts.canvas import LEGEND_LINE, Canvas, LegendEntry, legend_lines, shortened, text_width
from activities.documents.charts.palette import BAD, LINE, SOFT, Fill, painted
from activities.documents.charts.plot import WIDTH, decimals_of
from activities.documents.charts.texts import chart_words
from activities.documents.translation import Translation, span

_ROW, _BAR = 24, 14
_WIDEST: Final = 0.36
"""The part of the width that names take at most."""


@dataclass(frozen=True)
class Bar:
    """A row of the chart."""

    label: str
    parts: Sequence[tuple[float, Fill]]
    """The values one after the other, none below 0."""
    limit: float | None = None
    """The agreed limit of this row."""

    @property
    def value(self) -> float:
        """The sum of its parts."""
        return sum(value for value, _ in self.parts)


def bar_chart(
    say: Translation,
    title: str,
    bars: Sequence[Bar],
    *,
    unit: str = "",
    legend: Sequence[tuple[Fill, str]] = (),
    desc: str = "",
) -> str:
    """Draw a bar for each name as SVG, from 0. `legend` names the fills if there are several.

    `desc`: what the chart shows, for people who do not see it; otherwise each name with its value.
    """
    decimals = max((decimals_of(bar.value) for bar in bars), default=0)
    axis = number_axis(0, _longest(bars) or 1, 6, whole=decimals == 0)
    ticks = [Tick(at, say.number(at, axis.decimals)) for at in axis.ticks]
    return _drawn(say, title, bars, ticks, lambda value: say.number(value, decimals, unit), legend, desc)


def duration_chart(
    say: Translation,
    title: str,
    bars: Sequence[Bar],
    *,
    shown: Callable[[float], str] | None = None,
    desc: str = "",
) -> str:
    """Draw a span of time for each name as SVG, in seconds, with the agreed limit of each: the times of restores.

    `shown` returns the text of a span; by default with days.
    """
    return _drawn(
        say, title, bars, span_ticks(_longest(bars)), shown or (lambda value: span(value, say.language)), (), desc
    )


def _drawn(
    say: Translation,
    title: str,
    bars: Sequence[Bar],
    ticks: Sequence[Tick],
    shown: Callable[[float], str],
    legend: Sequence[tuple[Fill, str]],
    desc: str,
) -> str:
    words = chart_words(say)
    said = " ".join(words("each", bar.label, _said(bar, shown, words)) for bar in bars)
    entries = _legend(bars, legend, words)
    top = 10.0 + LEGEND_LINE * legend_lines(entries, WIDTH)
    canvas = Canvas(WIDTH, top + _ROW * max(len(bars), 1) + 24, title, desc or said or words("none"))
    left = min(max((text_width(bar.label) for bar in bars), default=0) + 10, WIDTH * _WIDEST)
    right = max((text_width(shown(bar.value)) for bar in bars), default=0) + 10
    width, bottom = WIDTH - left - right, canvas.height - 24
    scale = width / ticks[-1].at
    canvas.legend(0, 12, entries)
    for tick in ticks if bars else ():
        x = left + tick.at * scale
        canvas.line(x, top - 4, x, bottom, LINE)
        canvas.text(x, bottom + 16, tick.label, anchor="middle", size=11, ink=SOFT)
    for number, bar in enumerate(bars):
        _row(canvas, bar, top + number * _ROW, left, scale, shown)
    if not bars:
        canvas.text(left, top + 14, words("none"), ink=SOFT)
    return canvas.svg()


def _row(canvas: Canvas, bar: Bar, y: float, left: float, scale: float, shown: Callable[[float], str]) -> None:
    canvas.text(left - 8, y + 13, shortened(bar.label, left - 8), anchor="end")
    x = left
    for value, fill in bar.parts:
        canvas.area(x, y + 2, value * scale, _BAR, fill)
        x += value * scale
    text = shown(bar.value)
    if bar.limit is not None:
        at = left + bar.limit * scale
        canvas.line(at, y - 1, at, y + _BAR + 5, BAD, 2.4)
        if x < at < x + 10 + text_width(text):  # the mark would run through the text
            x = at
    canvas.text(x + 6, y + 13, text)


def _legend(bars: Sequence[Bar], named: Sequence[tuple[Fill, str]], words: Translation) -> list[LegendEntry]:
    if not named and all(bar.limit is None for bar in bars):
        return []
    fills = named or [(Fill.VALUE, words("measured"))]
    entries: list[LegendEntry] = [("area", painted(fill), name) for fill, name in fills]
    return entries if all(bar.limit is None for bar in bars) else [*entries, ("line", BAD, words("agreed"))]


def _said(bar: Bar, shown: Callable[[float], str], words: Translation) -> str:
    limit = "" if bar.limit is None else f" ({words('agreed')} {shown(bar.limit)})"
    return shown(bar.value) + limit


def _longest(bars: Sequence[Bar]) -> float:
    return max([0.0, *(bar.value for bar in bars), *(bar.limit for bar in bars if bar.limit is not None)])
