"""A trend: measured values with the forecast, whose likely range opens like a fan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from activities.documents.charts.canvas import LegendEntry
from activities.documents.charts.line import Points, Series, description, line
from activities.documents.charts.palette import ONE, TWO, Fill, painted
from activities.documents.charts.plot import Limit, Plot, decimals_of, limit_in_legend
from activities.documents.charts.texts import chart_words, moment_in_words
from activities.documents.translation import Translation


@dataclass(frozen=True)
class Forecast:
    """The expected value at a moment (seconds since 1970, UTC): its middle, and the range in which it likely is."""

    at: float
    low: float
    middle: float
    high: float


def trend_chart(
    say: Translation,
    title: str,
    points: Points,
    forecast: Sequence[Forecast],
    *,
    unit: str = "",
    limit: Limit | None = None,
    desc: str = "",
) -> str:
    """Draw measured values and their forecast as SVG. The forecast begins at the last measured value.

    `desc`: what the chart shows, for people who do not see it; otherwise ranges, limit and the end of the forecast.
    """
    words = chart_words(say)
    series = Series.of(points)
    times = [*series.times[:1], *series.times[-1:], *(f.at for f in forecast)]
    values = [value for f in forecast for value in (f.low, f.high)] + ([limit.value] if limit else [])
    values += [series.low, series.high] if points else []
    said = description(say, series, unit, limit, ())
    if forecast:
        end = forecast[-1]
        decimals = max(decimals_of(value) for value in (end.low, end.middle, end.high))
        numbers = [say.number(value, decimals, unit) for value in (end.middle, end.low, end.high)]
        said += " " + words("last", moment_in_words(say, end.at, times[-1] - times[0]), *numbers)
    plot = Plot(
        say,
        title,
        desc or said,
        times=(min(times, default=0), max(times, default=1)),
        values=(min(values, default=0), max(values, default=0)),
        unit=unit,
        legend=[
            ("line", ONE, words("measured")),
            *limit_in_legend(limit, unit, say),
            *(_forecast_in_legend(words) if forecast else []),
        ],
        empty=not points,
    )
    if points:
        plot.limit(limit)
        _fan(plot, points[-1], forecast)
        plot.canvas.path("".join(line(series, plot, float("inf"))), ink=ONE, width=1.8)
    return plot.canvas.svg()


def _forecast_in_legend(words: Translation) -> list[LegendEntry]:
    return [("dash", TWO, words("forecast")), ("area", painted(Fill.LIKELY), words("likely"))]


def _fan(plot: Plot, last: tuple[float, float], forecast: Sequence[Forecast]) -> None:
    every = [Forecast(last[0], last[1], last[1], last[1]), *forecast]
    above = [f"{plot.x(f.at):.1f} {plot.y(f.high):.1f}" for f in every]
    below = [f"{plot.x(f.at):.1f} {plot.y(f.low):.1f}" for f in reversed(every)]
    middle = [f"{plot.x(f.at):.1f} {plot.y(f.middle):.1f}" for f in every]
    plot.canvas.path(f"M{'L'.join([*above, *below])}z", paint=painted(Fill.LIKELY))
    plot.canvas.path(f"M{'L'.join(middle)}", ink=TWO, width=1.8, dash="6 4")
