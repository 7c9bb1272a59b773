"""The ordered routines against the number that the customer is entitled to in a month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from activities.calendars.zones import month_begins, zone
from activities.documents.charts.bars import Bar, bar_chart
from activities.documents.charts.palette import Fill
from activities.documents.elements import Cell, Element, Grid, Picture, Said, Tone
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout
from activities.report.operations import PeriodOperation, operations_of
from activities.report.sources import ReportSources
from models.base import Model
from models.operation_kinds import ROUTINE
from models.report import Figure
from models.report_blocks import EntitlementsBlock
from models.routine import counts


class MonthOfRoutine(Model):
    """The orders of one routine in one month."""

    key: str
    """`campaign 2026-11`."""
    title: str
    month: str
    per_month: int | None
    """The number that the customer is entitled to; None: the agreement sets none."""
    ordered: Figure
    beyond: Figure


class EntitlementsFacts(Model):
    """The orders of the months of a period."""

    months: list[MonthOfRoutine]


def gather(block: EntitlementsBlock, sources: ReportSources) -> EntitlementsFacts:
    """Whole months of the agreement, until the end of the period."""
    routines = sources.at_the_end.routines.extended
    time_zone = sources.at_the_end.agreement.time_zone_of()
    months = list(_months(sources.period.since, sources.period.until, time_zone))
    first = months[0][0]
    orders = operations_of(sources.records, sources.application, ROUTINE.name, sources.period, since=first)
    return EntitlementsFacts(
        months=[
            _month(
                name, routine.title, routine.per_month, f"{begins.astimezone(zone(time_zone)):%Y-%m}", found, sources
            )
            for name, routine in routines.items()
            if not block.routines or name in block.routines
            for begins, ends in months
            for found in [[o for o in orders if o.name == name and begins <= o.opened_at < ends]]
        ]
    )


def _months(since: datetime, until: datetime, time_zone: str) -> Iterator[tuple[datetime, datetime]]:
    """Yield the months that the period touches; the last one ends with the period."""
    begins = month_begins(since, time_zone)
    while begins < until:
        following = month_begins(begins + timedelta(days=32), time_zone)
        yield begins, min(following, until)
        begins = following


def _month(
    name: str, title: str, per_month: int | None, month: str, orders: list[PeriodOperation], sources: ReportSources
) -> MonthOfRoutine:
    counted = [sources.cite_operation(o) for o in orders if counts(o.outcome or None, o.data)]
    beyond = counted[per_month:] if per_month is not None else []
    return MonthOfRoutine(
        key=f"{name} {month}",
        title=sources.text(title),
        month=month,
        per_month=per_month,
        ordered=sources.count("entitlements.ordered", counted),
        beyond=sources.count("entitlements.beyond", beyond),
    )


def lay_out(facts: EntitlementsFacts, layout: Layout) -> list[Element]:
    """A picture with its table."""
    say = layout.say
    if not facts.months:
        return [Said(say("no_routines"))]
    bars = [
        Bar(f"{one.title}, {one.month}", [(int(one.ordered.value or 0), Fill.VALUE)], one.per_month)
        for one in facts.months
    ]
    rows = [
        [
            Cell(one.title),
            Cell(one.month),
            layout.figure(one.ordered),
            Cell(say("no_limit") if one.per_month is None else say.number(one.per_month)),
            layout.figure(one.beyond, Tone.WAITING if one.beyond.value else Tone.PLAIN),
        ]
        for one in facts.months
    ]
    head = [say(key) for key in ("routine", "month", "ordered", "per_month", "beyond")]
    table = Grid(say("number"), head, rows, wide=[0])
    return [Picture(lambda: bar_chart(say, say("number"), bars), say("number"), table)]


reports(
    EntitlementsBlock,
    ReportPart(
        title=("Routines on order", "Beställda rutiner"),
        facts=EntitlementsFacts,
        gather=gather,
        elements=lay_out,
        words={
            "no_routines": ("No routine may be ordered.", "Ingen rutin kan beställas."),
            "number": ("Number of orders in each month", "Antal beställningar per månad"),
            "routine": ("Routine", "Rutin"),
            "month": ("Month", "Månad"),
            "ordered": ("Ordered", "Beställda"),
            "per_month": ("Included", "Ingår"),
            "beyond": ("Beyond", "Utöver"),
            "no_limit": ("no limit", "ingen gräns"),
        },
        rules={
            "ordered": (
                "Orders of the month until the end of the period. Orders that were refused, cancelled or faulty do not count.",
                "Månadens beställningar till periodens slut. Avslagna, avbrutna och felaktiga beställningar räknas inte.",
            ),
            "beyond": (
                "Orders above the number that the agreement includes in a month.",
                "Beställningar utöver det antal som avtalet omfattar per månad.",
            ),
        },
    ),
)
