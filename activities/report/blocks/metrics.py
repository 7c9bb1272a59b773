"""The values of measuring points, one statistic a day, with a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from activities.documents.charts.bars import Bar, bar_chart
from activities.documents.charts.line import line_chart
from activities.documents.charts.palette import Fill
from activities.documents.charts.plot import Limit
from activities.documents.elements import Cell, Element, Grid, Heading, Number, Picture, Said, Tone
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout
from activities.report.measured import cite_point, decimal_text, measured_days, point_title
from activities.report.sources import ReportSources
from models.base import Model
from models.dossier.monitoring import MeasuringPoint, Severity
from models.history import DayValues
from models.report import Figure
from models.report_blocks import MetricChart, MetricsBlock, ReportStatistic

_MONTH: Final = 31
"""Days up to which a table has one row a day; beyond, one row a month."""


class PointLimit(Model):
    """The limit of a threshold on the value of a point."""

    name: str
    value: str
    above: bool
    """Whether values above it raise an alarm; otherwise those below it."""


class MeasuredValues(Model):
    """The values of one measuring point."""

    key: str
    """The name of the point."""
    title: str
    unit: str
    days: dict[date, str | None]
    """The statistic of each day (UTC); None: the day has no number."""
    highest: Figure
    lowest: Figure
    no_data: Figure
    limits: list[PointLimit]


class MetricsFacts(Model):
    """The values of a period."""

    statistic: ReportStatistic
    chart: MetricChart
    points: list[MeasuredValues]


def gather(block: MetricsBlock, sources: ReportSources) -> MetricsFacts:
    """The history has the statistics of each day; those of the period are the highest and the lowest of its days."""
    days = measured_days(sources, block.points, [block.statistic.value])
    return MetricsFacts(
        statistic=block.statistic,
        chart=block.chart,
        points=[_values(name, days[name], block, sources) for name in block.points],
    )


def _values(name: str, days: Sequence[DayValues], block: MetricsBlock, sources: ReportSources) -> MeasuredValues:
    point = sources.at_the_end.monitoring.measuring_points.get(name)
    unit = (point.unit or "") if point is not None else ""
    values = {one.day: None if (value := one.values[0]) is None else decimal_text(value) for one in days}
    evidence = [cite_point(sources, name, days)] if days else []

    def extreme(rule: str, choose: Callable[[Iterable[Decimal]], Decimal]) -> Figure:
        found = [Decimal(value) for value in values.values() if value is not None]
        value = f"{choose(found):f}" if found else None
        return Figure(value=value, unit=unit, rule=f"metrics.{rule}", evidence=evidence)

    return MeasuredValues(
        key=name,
        title=sources.text(point_title(name, point)),
        unit=unit,
        days=values,
        highest=extreme("highest", max),
        lowest=extreme("lowest", min),
        no_data=Figure(value=sum(d.no_data_s for d in days), unit="s", rule="metrics.no_data", evidence=evidence),
        limits=_limits(point) if block.thresholds and point is not None else [],
    )


def _limits(point: MeasuringPoint) -> list[PointLimit]:
    """Return the limits on the value of a point, the critical ones first."""
    found = []
    for name, threshold in point.thresholds.items():
        quantity, _, rest = threshold.when.partition(" ")
        comparison, _, number = rest.partition(" ")
        if quantity == "value" and number:
            limit = PointLimit(name=name, value=number.strip(), above=comparison.startswith(">"))
            found.append((threshold.severity is not Severity.CRITICAL, limit))
    return [limit for _, limit in sorted(found, key=lambda entry: entry[0])]


def lay_out(facts: MetricsFacts, layout: Layout) -> list[Element]:
    """A picture with its table for each point."""
    say = layout.say
    elements: list[Element] = []
    for point in facts.points:
        if len(facts.points) > 1:
            elements.append(Heading(point.title))
        if point.highest.value is None:
            elements.append(Said(say("no_values", point.title)))
            continue
        statistic = say(f"statistic.{facts.statistic.value}")
        caption = say("caption", statistic, point.unit) if point.unit else statistic
        caption = caption if len(facts.points) > 1 else f"{point.title}: {caption[0].lower()}{caption[1:]}"
        table = _by_day(point, caption, layout) if len(point.days) <= _MONTH else _by_month(point, caption, layout)
        drawn = _drawing(facts, point, caption, layout)
        elements.append(table if drawn is None else Picture(drawn, caption, table))
        elements.append(_in_short(point, layout))
    return elements


def _in_short(point: MeasuredValues, layout: Layout) -> Grid:
    say = layout.say
    rows = [[Cell(say(key)), *layout.compared(getattr(point, key))] for key in ("highest", "lowest", "no_data")]
    nothing = [Cell("")] if layout.earlier else []
    rows += [
        [
            Cell(say("limit_above" if one.above else "limit_below", one.name)),
            _number(one.value, point.unit, layout),
            *nothing,
        ]
        for one in point.limits
    ]
    return Grid(say("in_short"), [say("figure"), *layout.compared_heads(say("value"))], rows)


def _drawing(facts: MetricsFacts, point: MeasuredValues, caption: str, layout: Layout) -> Callable[[], str] | None:
    say, period = layout.say, layout.report.period
    values = [(day, float(value)) for day, value in point.days.items() if value is not None]
    if facts.chart is MetricChart.NONE:
        return None
    if facts.chart is MetricChart.BARS and len(point.days) <= _MONTH:
        bars = [Bar(day.isoformat(), [(max(value, 0.0), Fill.VALUE)], _bound(point)) for day, value in values]
        return lambda: bar_chart(say, caption, bars, unit=point.unit)
    line = [(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp(), value) for day, value in values]
    limit = Limit(float(point.limits[0].value), point.limits[0].name) if point.limits else None
    times = (period.since.timestamp(), layout.report.judged_until.timestamp())
    return lambda: line_chart(say, caption, line, unit=point.unit, times=times, limit=limit)


def _bound(point: MeasuredValues) -> float | None:
    return float(point.limits[0].value) if point.limits and float(point.limits[0].value) >= 0 else None


def _by_day(point: MeasuredValues, caption: str, layout: Layout) -> Grid:
    rows = [
        [Cell(day.isoformat(), value=day), _number(value, point.unit, layout, _tone(value, point))]
        for day, value in point.days.items()
    ]
    return Grid(caption, [layout.say("day"), layout.say("value")], rows, numeric=[1])


def _by_month(point: MeasuredValues, caption: str, layout: Layout) -> Grid:
    months: dict[str, list[Decimal]] = {}
    for day, value in point.days.items():
        found = months.setdefault(f"{day:%Y-%m}", [])
        if value is not None:
            found.append(Decimal(value))
    rows = [
        [Cell(month), *(_number(f"{choose(of):f}" if of else None, point.unit, layout) for choose in (min, max))]
        for month, of in months.items()
    ]
    head = [layout.say(key) for key in ("month", "lowest", "highest")]
    return Grid(caption, head, rows, numeric=[1, 2])


def _tone(value: str | None, point: MeasuredValues) -> Tone:
    over = value is not None and any(
        (Decimal(value) > Decimal(one.value)) if one.above else (Decimal(value) < Decimal(one.value))
        for one in point.limits
    )
    return Tone.BAD if over else Tone.PLAIN


def _number(value: str | None, unit: str, layout: Layout, tone: Tone = Tone.PLAIN) -> Cell:
    if value is None:
        return Cell("–", tone)
    exact = Decimal(value)
    decimals = max(-int(exact.as_tuple().exponent), 0)
    return Cell(layout.say.number(exact, decimals, unit), tone, Number(exact, decimals, unit))


reports(
    MetricsBlock,
    ReportPart(
        title=("Measured values", "Mätvärden"),
        facts=MetricsFacts,
        gather=gather,
        elements=lay_out,
        words={
            "no_values": ("{0}: no numbers were measured in this period.", "{0}: inga värden mättes under perioden."),
            "caption": ("{0} ({1})", "{0} ({1})"),
            "statistic.min": ("Lowest value of each day", "Lägsta värdet varje dag"),
            "statistic.mean": ("Mean of each day", "Medelvärdet varje dag"),
            "statistic.max": ("Highest value of each day", "Högsta värdet varje dag"),
            "statistic.p50": ("Median of each day", "Medianen varje dag"),
            "statistic.p95": ("95th percentile of each day", "95:e percentilen varje dag"),
            "statistic.p99": ("99th percentile of each day", "99:e percentilen varje dag"),
            "in_short": ("The period", "Perioden"),
            "figure": ("Figure", "Siffra"),
            "value": ("Value", "Värde"),
            "day": ("Day (UTC)", "Dag (UTC)"),
            "month": ("Month", "Månad"),
            "highest": ("Highest day", "Högsta dag"),
            "lowest": ("Lowest day", "Lägsta dag"),
            "no_data": ("Without data", "Utan mätdata"),
            "limit_above": ("Limit {0}: an alarm above", "Gräns {0}: larm över"),
            "limit_below": ("Limit {0}: an alarm below", "Gräns {0}: larm under"),
        },
        rules={
            "highest": (
                "The highest of the daily values. A day is one in UTC; its percentiles are values that were measured "
                "(nearest rank), and its mean is that of all measured values.",
                "Det högsta av dagsvärdena. En dag räknas i UTC; dess percentiler är uppmätta värden (närmaste rang) och dess "
                "medelvärde är medelvärdet av alla uppmätta värden.",
            ),
            "lowest": (
                "The lowest of the daily values.",
                "Det lägsta av dagsvärdena.",
            ),
            "no_data": (
                "The time on the days (UTC) of the period in which the point was to be measured and was not.",
                "Den tid under periodens dagar (UTC) då punkten skulle mätas men inte mättes.",
            ),
        },
    ),
)
