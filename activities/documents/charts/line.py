"""A line over time: a measured value with its limit, and shaded spans of maintenance and without data."""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise
from typing import Final

from activities.documents.charts.palette import ONE
from activities.documents.charts.plot import Limit, Plot, Shade, decimals_of, limit_in_legend, shades_in_legend
from activities.documents.charts.texts import chart_words, moment_in_words
from activities.documents.translation import Translation

Points = Sequence[tuple[float, float]]
"""Moments in seconds since 1970, UTC, in order, with the value at each."""

_GAP: Final = 3.0
"""A line is interrupted where points are further apart than this many usual distances."""


@dataclass(frozen=True)
class Series:
    """Points as two sequences, with their lowest and highest value; both are 0 if there is no point."""

    times: Sequence[float]
    values: Sequence[float]
    low: float
    high: float

    @classmethod
    def of(cls, points: Points) -> Series:
        """Return the points as a series."""
        times, values = [at for at, _ in points], [value for _, value in points]
        return cls(times, values, min(values, default=0), max(values, default=0))


def line_chart(
    say: Translation,
    title: str,
    points: Points,
    *,
    unit: str = "",
    times: tuple[float, float] | None = None,
    limit: Limit | None = None,
    shades: Sequence[Shade] = (),
    gap: float | None = None,
    desc: str = "",
) -> str:
    """Draw a value over time as SVG. Every lowest and highest value is visible, however many points there are.

    `times`: the span of time to show; otherwise that of the points. `gap`: the number of seconds without a point that
    interrupts the line. `desc`: what the chart shows, for people who do not see it; otherwise its range, limit and shades.
    """
    if times is None:
        times = (points[0][0], points[-1][0]) if points else (0, 1)
    if points and not times[0] <= points[0][0] <= points[-1][0] <= times[1]:
        points = [point for point in points if times[0] <= point[0] <= times[1]]
    series = Series.of(points)
    ends = [series.low, series.high, *([limit.value] if limit else [])]
    plot = Plot(
        say,
        title,
        desc or description(say, series, unit, limit, shades),
        times=times,
        values=(min(ends), max(ends)),
        unit=unit,
        legend=[*limit_in_legend(limit, unit, say), *shades_in_legend(shades, say)],
        empty=not points,
    )
    if points:
        plot.shade(shades)
        plot.limit(limit)
        plot.canvas.path("".join(line(series, plot, gap)), ink=ONE, width=1.4)
    return plot.canvas.svg()


def description(say: Translation, series: Series, unit: str, limit: Limit | None, shades: Sequence[Shade]) -> str:
    """Return in words what a chart of these points shows."""
    words = chart_words(say)
    if not series.times:
        return words("none")
    decimals = max(decimals_of(series.low), decimals_of(series.high))
    since, until = series.times[0], series.times[-1]
    ends = moment_in_words(say, since, until - since), moment_in_words(say, until, until - since)
    lowest, highest = (say.number(value, decimals, unit) for value in (series.low, series.high))
    parts = [words("range", lowest, highest, *ends)]
    if limit is not None:
        parts.append(words("over_limit", say.number(limit.value, decimals_of(limit.value), unit)))
    if kinds := dict.fromkeys(words(shade.fill.value) for shade in shades):
        parts.append(words("shaded", ", ".join(kinds)))
    return " ".join(parts)


def line(series: Series, plot: Plot, gap: float | None) -> Iterator[str]:
    """Return the commands of a path through the points: of each column of pixels the lowest and the highest value.

    `gap`: the number of seconds without a point that interrupts the line; None: three times the usual distance. A month of
    a point has 8,928 values, so the work on each is left to functions that loop in C.
    """
    times = series.times
    distances = list(map(operator.sub, times[1:], times))
    if gap is None:
        gap = _GAP * sorted(distances)[len(distances) // 2] if distances else 1.0
    gap = float(gap)
    breaks = compress(range(1, len(times)), map(gap.__lt__, distances))
    for begin, end in pairwise([0, *breaks, len(times)]):
        yield from _unbroken(times, series.values, begin, end, plot)


def _unbroken(times: Sequence[float], values: Sequence[float], begin: int, end: int, plot: Plot) -> Iterator[str]:
    """Return the part of the line between two interruptions."""
    since, width, left = plot.since, (plot.until - plot.since) / plot.columns, round(plot.left)
    base, rise = plot.y(0), plot.y(0) - plot.y(1)
    command, at, upwards = "M", begin, True
    while at < end:
        column = int((times[at] - since) / width)
        after = bisect_left(times, since + (column + 1) * width, at + 1, end)
        low = min(values[at:after])
        high = max(values[at:after]) if after - at > 1 else low
        if low == high:
            yield f"{command}{left + column} {base - rise * low:.1f}"
        else:
            # In turns up and down, so that the line goes on where it is.
            one, other = (low, high) if upwards else (high, low)
            yield f"{command}{left + column} {base - rise * one:.1f}V{base - rise * other:.1f}"
            upwards = not upwards
        command, at = "L", after
    if end - begin == 1:
        yield "h.1"  # a single point has no length, and its round end is all that readers see
