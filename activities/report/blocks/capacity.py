"""The use of each planned resource against its limit. It contains no forecast."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from activities.documents.charts.bars import Bar, bar_chart
from activities.documents.charts.palette import Fill
from activities.documents.elements import Cell, Element, Grid, Number, Picture, Said, Tone
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout
from activities.report.measured import cite_point, decimal_text, measured_days
from activities.report.sources import ReportSources
from models.base import Model
from models.dossier.routines import CapacityResource
from models.history import DayValues
from models.report import Figure
from models.report_blocks import CapacityBlock


class UsedResource(Model):
    """The use of one resource."""

    key: str
    title: str
    unit: str
    limit: str
    highest: Figure
    last: Figure
    share: Figure
    """The highest value in percent of the limit; without a value if the limit is not above 0."""
    days_at_limit: Figure


class CapacityFacts(Model):
    """The resources of the capacity plan."""

    resources: list[UsedResource]


def gather(block: CapacityBlock, sources: ReportSources) -> CapacityFacts:
    """By the capacity plan at the end of the period."""
    planned = sources.at_the_end.capacity.resources
    names = [name for name in planned if not block.resources or name in block.resources]
    days = measured_days(sources, list(dict.fromkeys(planned[name].measuring_point for name in names)), ["max", "last"])
    return CapacityFacts(
        resources=[_used(name, planned[name], days[planned[name].measuring_point], sources) for name in names]
    )


def _used(name: str, resource: CapacityResource, days: Sequence[DayValues], sources: ReportSources) -> UsedResource:
    point = sources.at_the_end.monitoring.measuring_points.get(resource.measuring_point)
    unit = (point.unit or "") if point else ""
    highs = [high for day in days if (high := day.values[0]) is not None]
    lasts = [last for day in days if (last := day.values[1]) is not None]
    evidence = [cite_point(sources, resource.measuring_point, days)] if highs else []
    highest = decimal_text(max(highs)) if highs else None
    at_limit = sum(high >= resource.limit for high in highs)

    def figure(rule: str, value: int | str | None, unit: str = unit) -> Figure:
        return Figure(value=value, unit=unit, rule=f"capacity.{rule}", evidence=evidence)

    return UsedResource(
        key=name,
        title=sources.text(resource.title),
        unit=unit,
        limit=decimal_text(resource.limit) or "",
        highest=figure("highest", highest),
        last=figure("last", decimal_text(lasts[-1]) if lasts else None),
        share=figure("share", _percent(highest, resource.limit), "%"),
        days_at_limit=figure("days_at_limit", at_limit if highs else None, ""),
    )


def _percent(value: str | None, limit: float) -> str | None:
    if value is None or limit <= 0:
        return None
    share = Decimal(value) * 100 / Decimal(repr(limit))
    return f"{share.quantize(Decimal('0.1'), ROUND_HALF_UP):f}"


def lay_out(facts: CapacityFacts, layout: Layout) -> list[Element]:
    """A bar for each resource, with its table."""
    say = layout.say
    if not facts.resources:
        return [Said(say("no_resources"))]
    bars = [Bar(one.title, [(float(one.share.value), Fill.VALUE)], 100) for one in facts.resources if one.share.value]
    rows = [
        [
            Cell(one.title),
            _limit(one, layout),
            layout.figure(one.last),
            *layout.compared(one.highest),
            layout.figure(one.share, Tone.BAD if one.days_at_limit.value else Tone.PLAIN),
            layout.figure(one.days_at_limit, Tone.BAD if one.days_at_limit.value else Tone.PLAIN),
        ]
        for one in facts.resources
    ]
    head = [say("resource"), say("limit"), say("last"), *layout.compared_heads(say("highest"))]
    table = Grid(say("title"), [*head, say("share_of_limit"), say("days_at_limit")], rows, wide=[0])
    return [Picture(lambda: bar_chart(say, say("share"), bars, unit="%"), say("share"), table)]


def _limit(one: UsedResource, layout: Layout) -> Cell:
    exact = Decimal(one.limit)
    decimals = max(-int(exact.as_tuple().exponent), 0)
    return Cell(layout.say.number(exact, decimals, one.unit), value=Number(exact, decimals, one.unit))


reports(
    CapacityBlock,
    ReportPart(
        title=("Capacity", "Kapacitet"),
        facts=CapacityFacts,
        gather=gather,
        elements=lay_out,
        words={
            "no_resources": ("The agreement plans no resources.", "Avtalet planerar inga resurser."),
            "resource": ("Resource", "Resurs"),
            "limit": ("Limit", "Gräns"),
            "last": ("At the end", "Vid slutet"),
            "highest": ("Highest", "Högst"),
            "share": ("Highest value, in percent of the limit", "Högsta värdet, i procent av gränsen"),
            "share_of_limit": ("Of the limit", "Av gränsen"),
            "days_at_limit": ("Days at the limit", "Dagar vid gränsen"),
        },
        rules={
            "highest": (
                "The highest value that was measured on the days (UTC) of the period.",
                "Det högsta värde som mättes under periodens dagar (UTC).",
            ),
            "last": (
                "The last value that was measured on the days (UTC) of the period.",
                "Det senaste värde som mättes under periodens dagar (UTC).",
            ),
            "share": (
                "The highest value, of the limit of the capacity plan. It says nothing about the future.",
                "Det högsta värdet av kapacitetsplanens gräns. Det säger ingenting om framtiden.",
            ),
            "days_at_limit": (
                "Days (UTC) on which a value reached the limit of the capacity plan.",
                "Dagar (UTC) då ett värde nådde kapacitetsplanens gräns.",
            ),
        },
    ),
)
