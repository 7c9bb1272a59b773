"""The availability targets: the share of time in which each subject was up, the verdicts, and every outage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Final

from activities.documents.cells import day_cell, span_cell
from activities.documents.charts.days import Day, DaySpan, day_chart
from activities.documents.charts.palette import Fill
from activities.documents.elements import Cell, Element, Grid, Heading, Picture, Said, Tone
from activities.documents.numbers import WEEKDAYS, month, rounded_down
from activities.report.agreed_availability import (
    AvailabilityFacts,
    AvailabilityShares,
    AvailableDay,
    AvailableSubject,
    JudgedPeriod,
    NotCounted,
    OutOfService,
    availability_facts,
)
from activities.report.blocks import ReportPart, reports
from activities.report.layout import TONES, Layout
from models.availability import SecondClass
from models.percentages import decimals_resolved
from models.report import BlockVerdict
from models.report_blocks import AvailabilityBlock

_FILLS: Final = {
    SecondClass.UP: Fill.UP,
    SecondClass.DOWN: Fill.DOWN,
    SecondClass.NO_DATA: Fill.NO_DATA,
    SecondClass.EXCUSED: Fill.EXCUSED,
    SecondClass.MAINTENANCE: Fill.MAINTENANCE,
    SecondClass.NOT_YET_MEASURED: Fill.NOT_YET,
    SecondClass.OUTSIDE_HOURS: Fill.OUTSIDE_HOURS,
}
"""In the order of tables: the classes that count come first."""

_COUNTED: Final = {SecondClass.UP, SecondClass.DOWN, SecondClass.NO_DATA}
_SHARES: Final = ("measured", "at_worst", "at_best")


def verdicts(facts: AvailabilityFacts) -> list[BlockVerdict]:
    """One for each whole agreed period of each target; the verdict on a part is preliminary and judges nothing."""
    return [
        BlockVerdict(
            key=one.key if len(one.periods) == 1 else f"{one.key} {period.key}",
            about="about_target",
            values=[one.title, period.key],
            verdict=period.verdict,
            figures=[period.shares.measured, period.shares.at_worst, period.shares.at_best],
        )
        for one in facts.subjects
        for period in one.periods
        if period.complete
    ]


def lay_out(facts: AvailabilityFacts, layout: Layout) -> list[Element]:
    """All verdicts, the figures with maintenance counted, and then each subject by itself."""
    say = layout.say
    if not facts.subjects:
        return [Said(say("no_targets"))]
    elements: list[Element] = [_targets(facts, layout)]
    if any(not period.complete for one in facts.subjects for period in one.periods):
        elements.append(Said(say("preliminary_means")))
    elements.append(_maintenance_counted(facts, layout))
    for one in facts.subjects:
        elements += _subject(one, facts, layout)
    return elements


def _targets(facts: AvailabilityFacts, layout: Layout) -> Grid:
    say = layout.say
    rows = [
        [
            Cell(one.title),
            Cell(period.key),
            Cell(_agreed(one, period, layout)),
            *_cells(period.shares, layout),
            _verdict(period, layout),
        ]
        for one in facts.subjects
        for period in one.periods
    ]
    head = ["subject", "period", "agreed", *_SHARES, "became"]
    return Grid(say("targets"), [say(key) for key in head], rows, wide=[0])


def _maintenance_counted(facts: AvailabilityFacts, layout: Layout) -> Grid:
    say = layout.say
    rows = [
        [Cell(one.title), Cell(period.key), *_cells(period.maintenance_counted, layout)]
        for one in facts.subjects
        for period in one.periods
    ]
    return Grid(say("with_maintenance"), [say(key) for key in ("subject", "period", *_SHARES)], rows, wide=[0])


def _cells(shares: AvailabilityShares, layout: Layout) -> list[Cell]:
    return [layout.figure(getattr(shares, key)) for key in _SHARES]


def _agreed(one: AvailableSubject, period: JudgedPeriod, layout: Layout) -> str:
    say = layout.say
    number = Decimal(period.target.rstrip(" %"))
    target = say.number(number, max(-int(number.as_tuple().exponent), 0), "%")
    return say("in_hours", target, say.name("hours", one.hours or "always"))


def _verdict(period: JudgedPeriod, layout: Layout) -> Cell:
    if period.complete:
        return layout.verdict(period.verdict)
    return Cell(layout.say("preliminary", layout.verdict(period.verdict).text), TONES[period.verdict])


# --- one subject


def _subject(one: AvailableSubject, facts: AvailabilityFacts, layout: Layout) -> Iterator[Element]:
    say = layout.say
    yield Heading(one.title)
    yield _in_short(one, layout)
    if facts.show_days:
        for _, days in groupby(one.days, key=lambda day: (day.day.year, day.day.month)):
            yield _days(one, list(days), layout)
    tables: tuple[tuple[str, Sequence[OutOfService]], ...] = (("outages", one.down), ("gaps", one.no_data))
    for key, spans in tables:
        if spans:
            yield _spans(key, spans[: facts.most], layout)
            yield from layout.left_out(len(spans) - facts.most)
        elif key == "outages":
            yield Said(say("no_outage"))
    for key, times in (("taken_out", one.maintenance), ("excused_times", one.excused)):
        if times:
            yield _not_counted(key, times[: facts.most], layout)
            yield from layout.left_out(len(times) - facts.most)


def _in_short(one: AvailableSubject, layout: Layout) -> Grid:
    say = layout.say
    figures = [*((key, getattr(one.shares, key)) for key in _SHARES)]
    figures += [(kind.value, one.classes[kind]) for kind in _FILLS if one.classes[kind].value or kind in _COUNTED]
    figures += [("outages_counted", one.outages), ("longest", one.longest), ("blips", one.blips)]
    rows = [[Cell(say(key)), *layout.compared(figure)] for key, figure in figures if key != "blips" or figure.value]
    return Grid(say("in_short"), [say("figure"), *layout.compared_heads(say("value"))], rows, wide=[0])


def _spans(caption: str, spans: Sequence[OutOfService], layout: Layout) -> Grid:
    say = layout.say
    tone = Tone.BAD if caption == "outages" else Tone.WAITING
    rows = [
        [
            layout.evidence(say.minute(one.since), one.id),
            layout.moment(one.until),
            layout.figure(one.counted, tone if one.counted.value else Tone.PLAIN),
            Cell(", ".join(one.points)),
        ]
        for one in spans
    ]
    return Grid(say(caption), [say(key) for key in ("from", "until", "counted", "points")], rows, wide=[3])


def _not_counted(caption: str, times: Sequence[NotCounted], layout: Layout) -> Grid:
    say, maintenance = layout.say, caption == "taken_out"
    rows = [
        [
            layout.evidence(one.title or one.id, one.id),
            layout.moment(one.since),
            layout.moment(one.until),
            layout.figure(one.taken_out),
            *([_announced(one, layout), layout.moment(one.announced_until)] if maintenance else []),
        ]
        for one in times
    ]
    head = ["work" if maintenance else "wait", "from", "until", "not_counted"]
    head += ["announced", "announced_until"] if maintenance else []
    return Grid(say(caption), [say(key) for key in head], rows, wide=[0])


def _announced(one: NotCounted, layout: Layout) -> Cell:
    return Cell(layout.say("never"), Tone.BAD) if one.announced_at is None else layout.moment(one.announced_at)


# --- the days


def _days(one: AvailableSubject, days: Sequence[AvailableDay], layout: Layout) -> Picture:
    """A month of days, with a table of the whole and of each day on which the subject was not up all the time."""
    say = layout.say
    caption = say("days_of", one.title, month(days[0].day, say.language))
    shown = [kind for kind in _FILLS if any(_seconds(day, kind) for day in days) or kind in _COUNTED]
    total = [Cell(say("all_days")), *(_share(one, days, layout),), *(_sum(days, kind, layout) for kind in shown)]
    rows = [
        [day_cell(day.day), _share(one, [day], layout), *(_sum([day], kind, layout) for kind in shown)]
        for day in days
        if any(part.kind not in {SecondClass.UP, SecondClass.OUTSIDE_HOURS} for part in day.parts)
    ]
    head = [say("day"), say("measured"), *(say(kind.value) for kind in shown)]
    table = Grid(say("days_table"), head, [*rows, total], numeric=[1], total=bool(rows))
    return Picture(_drawing(one, days, caption, layout), caption, table)


def _drawing(one: AvailableSubject, days: Sequence[AvailableDay], caption: str, layout: Layout) -> Callable[[], str]:
    say = layout.say
    bars = [
        Day(
            f"{WEEKDAYS[say.language][day.day.weekday()]} {day.day.day}",
            [DaySpan(part.since, part.until, _FILLS[part.kind], say(part.kind.value)) for part in day.parts],
            day.seconds,
            _share(one, [day], layout).text if _seconds(day, SecondClass.DOWN) else "",
        )
        for day in days
    ]
    return lambda: day_chart(say, caption, bars, note_head=say("measured"))


def _seconds(day: AvailableDay, kind: SecondClass) -> int:
    return sum(part.until - part.since for part in day.parts if part.kind is kind)


def _sum(days: Sequence[AvailableDay], kind: SecondClass, layout: Layout) -> Cell:
    seconds = sum(_seconds(day, kind) for day in days)
    cell = span_cell(layout.say, seconds)
    return Cell(layout.span(seconds) if seconds else "–", value=cell.value)


def _share(one: AvailableSubject, days: Sequence[AvailableDay], layout: Layout) -> Cell:
    """Return the measured availability of some days, rounded down to the decimals that the samples resolve."""
    up, down = (sum(_seconds(day, kind) for day in days) for kind in (SecondClass.UP, SecondClass.DOWN))
    if not up + down:
        return Cell("–")
    decimals = decimals_resolved(up + down, one.every_seconds)
    return Cell(layout.say.number(rounded_down(up, up + down, decimals), decimals, "%"))


reports(
    AvailabilityBlock,
    ReportPart(
        title=("Availability", "Tillgänglighet"),
        facts=AvailabilityFacts,
        gather=availability_facts,
        elements=lay_out,
        verdicts=verdicts,
        words={
            "about_target": ("Availability, {1}: {0}", "Tillgänglighet, {1}: {0}"),
            "no_targets": (
                "Nothing is known about the availability in this period.",
                "Det finns inga uppgifter om tillgängligheten under perioden.",
            ),
            "targets": ("Agreed targets", "Avtalade mål"),
            "with_maintenance": (
                "Without taking announced maintenance out",
                "Om aviserat underhåll inte räknas bort",
            ),
            "subject": ("What", "Vad"),
            "period": ("Period", "Period"),
            "agreed": ("Agreed", "Avtalat"),
            "in_hours": ("{0} ({1})", "{0} ({1})"),
            "measured": ("Measured", "Uppmätt"),
            "at_worst": ("At worst", "Som sämst"),
            "at_best": ("At best", "Som bäst"),
            "maintenance_counted_measured": ("Measured, maintenance counted", "Uppmätt, underhåll medräknat"),
            "maintenance_counted_at_worst": ("At worst, maintenance counted", "Som sämst, underhåll medräknat"),
            "maintenance_counted_at_best": ("At best, maintenance counted", "Som bäst, underhåll medräknat"),
            "became": ("Result", "Utfall"),
            "preliminary": ("{0} so far", "{0} hittills"),
            "preliminary_means": (
                "A result with the words so far is about a part of an agreed period, so it is preliminary.",
                "Ett utfall med ordet hittills gäller en del av en avtalad period och är därför preliminärt.",
            ),
            "in_short": ("All of the period", "Hela perioden"),
            "figure": ("Figure", "Siffra"),
            "value": ("Value", "Värde"),
            "up": ("Up", "Uppe"),
            "down": ("Down", "Nere"),
            "no_data": ("No data", "Mätdata saknas"),
            "maintenance": ("Announced maintenance", "Aviserat underhåll"),
            "excused": ("Excused", "Undantaget"),
            "not_yet_measured": ("Not yet measured", "Ännu inte mätt"),
            "outside_hours": ("Outside service hours", "Utanför servicetid"),
            "outages_counted": ("Outages", "Avbrott"),
            "outages": ("Outages", "Avbrott"),
            "longest": ("Longest outage", "Längsta avbrott"),
            "blips": ("Failures too short to count", "Fel som var för korta för att räknas"),
            "no_outage": ("No outage in this period.", "Inget avbrott under perioden."),
            "gaps": ("Times without data", "Tider utan mätdata"),
            "from": ("From", "Från"),
            "until": ("Until", "Till"),
            "counted": ("Counted", "Räknat"),
            "points": ("Measuring points", "Mätpunkter"),
            "taken_out": ("Maintenance", "Underhåll"),
            "excused_times": ("Waiting times that are excused", "Väntetider som undantas"),
            "work": ("Work", "Arbete"),
            "wait": ("Wait", "Väntan"),
            "not_counted": ("Taken out", "Borträknat"),
            "announced": ("Announced", "Aviserat"),
            "announced_until": ("Announced end", "Aviserat slut"),
            "never": ("never", "aldrig"),
            "days_of": ("{0}: the days of {1}", "{0}: dagarna i {1}"),
            "days_table": (
                "Days on which it was not up all the time",
                "Dagar då den inte var uppe hela tiden",
            ),
            "day": ("Day", "Dag"),
            "all_days": ("All days", "Alla dagar"),
        },
        rules={
            "measured": (
                "Up, of the time up and down. Every second has one class; outside service hours, not yet measured, announced "
                "maintenance and excused time do not count. The figure is rounded down to what the samples resolve.",
                "Tiden uppe av tiden uppe och nere. Varje sekund har en klass; tid utanför servicetid, ännu inte mätt tid, "
                "aviserat underhåll och undantagen tid räknas inte. Siffran är avrundad nedåt till vad mätningarna medger.",
            ),
            "at_worst": (
                "Up, of all counted time, as if the time without data was down.",
                "Tiden uppe av all räknad tid, som om tiden utan mätdata var nere.",
            ),
            "at_best": (
                "Up and no data, of all counted time, as if the time without data was up. A target is met if the figure at "
                "worst reaches it, missed if the figure at best does not, and otherwise it cannot be proven.",
                "Tiden uppe och utan mätdata av all räknad tid, som om tiden utan mätdata var uppe. Ett mål är uppfyllt om "
                "siffran som sämst når det, missat om siffran som bäst inte gör det, och annars kan det inte bevisas.",
            ),
            "maintenance_counted_measured": (
                "The measured figure if announced maintenance is not taken out.",
                "Den uppmätta siffran om aviserat underhåll inte räknas bort.",
            ),
            "maintenance_counted_at_worst": (
                "The figure at worst if announced maintenance is not taken out.",
                "Siffran som sämst om aviserat underhåll inte räknas bort.",
            ),
            "maintenance_counted_at_best": (
                "The figure at best if announced maintenance is not taken out.",
                "Siffran som bäst om aviserat underhåll inte räknas bort.",
            ),
            "up": ("The time in which it was known to be up.", "Den tid då den bevisligen var uppe."),
            "down": (
                "The time in which it was known to be down: from the first failed probe of a fault that raised an alarm to the "
                "first good one.",
                "Den tid då den bevisligen var nere: från den första misslyckade mätningen av ett fel som gav larm till den "
                "första lyckade.",
            ),
            "no_data": (
                "The time in which it was neither known to be down nor known to be up.",
                "Den tid då den varken bevisligen var nere eller bevisligen var uppe.",
            ),
            "maintenance": (
                "The time in which work held its lease, if it was announced before it began, until its announced end.",
                "Den tid då ett arbete pågick, om det var aviserat innan det började, till dess aviserade slut.",
            ),
            "excused": (
                "The time in which an incident waited for a party whose waiting times the agreement excuses.",
                "Den tid då en incident väntade på en part vars väntetider undantas enligt avtalet.",
            ),
            "not_yet_measured": (
                "The time before any part of it was measured.",
                "Tiden innan någon del av den mättes.",
            ),
            "outside_hours": ("The time in which no service is agreed.", "Den tid då ingen service är avtalad."),
            "outages": (
                "Times of which at least one second counts as down.",
                "Tider av vilka minst en sekund räknas som nere.",
            ),
            "longest": (
                "The counted time of the outage that counts the most.",
                "Den räknade tiden av det avbrott som räknas mest.",
            ),
            "blips": (
                "Failed probes that did not last long enough to raise an alarm; they are no down time.",
                "Misslyckade mätningar som inte varade länge nog för att ge larm; de räknas inte som tid nere.",
            ),
        },
    ),
)
