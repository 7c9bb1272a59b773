"""The rules of all figures in words, with the calendars and versions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from activities.documents.elements import BulletList, Cell, Element, Grid, Heading, Pairs, Said
from activities.report.blocks import ReportPart, reports
from activities.report.layout import Layout, rule_anchor
from activities.report.rules import rule_name, rule_text, rules_used
from activities.report.sources import ReportSources
from models.base import Model
from models.dossier.agreement import ServiceHours
from models.dossier.parties import Language
from models.dossier.routines import Weekday
from models.report_blocks import DefinitionsBlock

_WEEK: Final = [day.value for day in Weekday]


class HoursUsed(Model):
    """Service hours of the agreement at the end of the period."""

    name: str
    time_zone: str
    """Empty: round the clock."""
    weekly: dict[str, list[str]]
    """The hours of each weekday that has any."""
    holidays: str
    """The country; empty: holidays are no exception."""


class DefinitionsFacts(Model):
    """The calendars; the rules are with the figures."""

    hours: list[HoursUsed]


def gather(block: DefinitionsBlock, sources: ReportSources) -> DefinitionsFacts:
    """The service hours of the agreement at the end of the period."""
    agreed = sources.at_the_end.agreement.service_hours
    return DefinitionsFacts(
        hours=[
            HoursUsed(name=name, time_zone="", weekly={}, holidays="")
            if not isinstance(hours, ServiceHours)
            else HoursUsed(
                name=name,
                time_zone=hours.time_zone,
                weekly={day: spans for day, spans in hours.weekdays.items() if spans},
                holidays=terms.country if (terms := hours.holiday_terms()) else "",
            )
            for name, hours in agreed.items()
        ]
    )


def lay_out(facts: DefinitionsFacts, layout: Layout) -> list[Element]:
    """The rules, the service hours, and the period with its versions."""
    say, report = layout.say, layout.report
    swedish = report.language is Language.SWEDISH
    rows = [
        [Cell(rule_name(key)[swedish], anchor=rule_anchor(key)), Cell(rule_text(key)[swedish])]
        for key in rules_used(report)
    ]
    elements: list[Element] = []
    if rows:
        elements.append(Grid(say("rules"), [say("rule"), say("meaning")], rows, wide=[1]))
    if layout.earlier:
        elements.append(Said(say("earlier_figures", layout.earlier)))
    if report.counts_until is not None:
        elements.append(Said(say("not_over", say.minute(report.counts_until))))
    elements.append(Heading(say("hours")))
    hours = [
        [Cell(say.name("hours", one.name)), Cell(_weekly(one, layout)), Cell(one.holidays), Cell(one.time_zone)]
        for one in facts.hours
    ]
    elements.append(Grid(say("hours"), [say(k) for k in ("name", "weekly", "holidays", "zone")], hours, wide=[1]))
    elements.append(Heading(say("based_on")))
    period = report.period
    pairs = [
        (say("period"), Cell(f"{say.minute(period.since)} – {say.minute(period.until)}")),
        (say("zone"), Cell(period.time_zone)),
        (say("gathered_at"), layout.moment(report.gathered_at)),
        (say("agreement"), Cell(report.agreement)),
        *(
            (say("source", layout.source(name)), layout.moment(at))
            for name, at in sorted(report.complete_until.items())
        ),
        *((name, Cell(version)) for name, version in sorted(report.versions.items())),
    ]
    dossiers = [
        [Cell(layout.digest(one.digest)), Cell(one.agreement), layout.moment(one.since), layout.moment(one.until)]
        for one in report.dossiers
    ]
    elements.append(Pairs(pairs))
    head = [say(key) for key in ("dossier", "agreement", "from", "until")]
    elements += [Grid(say("dossiers"), head, dossiers)] if dossiers else []
    if layout.gaps:
        elements += [Heading(say("missing")), BulletList([Cell(layout.missing(part)) for part in layout.gaps])]
    return elements


def _weekly(hours: HoursUsed, layout: Layout) -> str:
    if not hours.time_zone:
        return layout.say("always")
    return "; ".join(f"{_days(days, layout)} {', '.join(spans)}" for days, spans in _runs(hours.weekly))


def _runs(weekly: dict[str, list[str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the days that follow each other and have the same hours, with these."""
    for hours, run in groupby(_WEEK, key=weekly.get):
        if hours:
            yield list(run), hours


def _days(days: list[str], layout: Layout) -> str:
    return layout.say(days[0]) if len(days) == 1 else f"{layout.say(days[0])}–{layout.say(days[-1])}"


reports(
    DefinitionsBlock,
    ReportPart(
        title=("Definitions", "Definitioner"),
        facts=DefinitionsFacts,
        gather=gather,
        elements=lay_out,
        last=True,
        words={
            "rules": ("How the figures are computed", "Så beräknas siffrorna"),
            "rule": ("Rule", "Regel"),
            "meaning": ("Meaning", "Betydelse"),
            "hours": ("Service hours", "Servicetider"),
            "name": ("Name", "Namn"),
            "weekly": ("Hours", "Tider"),
            "holidays": ("Holidays", "Helgdagar"),
            "zone": ("Time zone", "Tidszon"),
            "earlier_figures": (
                "Figures of {0} stand beside those of this period for comparison. They follow the same rules, and were "
                "computed from the records at the same time.",
                "Siffror för {0} står bredvid periodens siffror för jämförelse. De följer samma regler och är beräknade ur "
                "posterna vid samma tillfälle.",
            ),
            "not_over": (
                "The period is not over. Where a rule names the end of the period, this report takes {0} instead.",
                "Perioden är inte slut. Där en regel nämner periodens slut gäller i rapporten i stället {0}.",
            ),
            "always": ("round the clock, every day", "dygnet runt, alla dagar"),
            "monday": ("Mon", "mån"),
            "tuesday": ("Tue", "tis"),
            "wednesday": ("Wed", "ons"),
            "thursday": ("Thu", "tors"),
            "friday": ("Fri", "fre"),
            "saturday": ("Sat", "lör"),
            "sunday": ("Sun", "sön"),
            "based_on": ("What the report rests on", "Vad rapporten bygger på"),
            "period": ("Period", "Period"),
            "gathered_at": ("Facts gathered", "Uppgifter hämtade"),
            "agreement": ("Agreement", "Avtal"),
            "source": ("Complete until: {0}", "Komplett till: {0}"),
            "missing": ("What is missing", "Vad som saknas"),
            "dossiers": ("Dossiers in force", "Gällande dossier"),
            "dossier": ("Dossier (SHA-256)", "Dossier (SHA-256)"),
        },
    ),
)
