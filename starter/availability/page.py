"""Availability on the terminal: the verdict of each period first, then the seconds of each class and the outages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from rich.console import Console

from activities.calendars.zones import zone
from models.availability import (
    AvailabilityFigures,
    AvailabilityReading,
    AvailabilityVerdict,
    ClassSeconds,
    PeriodReading,
    SecondClass,
    SubjectSpan,
    TakenOut,
    TargetReading,
)
from models.percentages import NO_BREAK_SPACE, Share, percent_text
from starter.terminal.screen import Listing, terminal, tidy

_STYLES: Final = {
    AvailabilityVerdict.KEPT: "green",
    AvailabilityVerdict.BROKEN: "bold red",
    AvailabilityVerdict.CANNOT_BE_PROVEN: "yellow",
}
_CLASSES: Final = {
    SecondClass.UP: "up",
    SecondClass.DOWN: "down",
    SecondClass.NO_DATA: "no data",
    SecondClass.EXCUSED: "excused",
    SecondClass.MAINTENANCE: "announced maintenance",
    SecondClass.NOT_YET_MEASURED: "not yet measured",
    SecondClass.OUTSIDE_HOURS: "outside service hours",
}
"""In the order of the table: the classes that count come first."""
_COUNTED: Final = {SecondClass.UP, SecondClass.DOWN, SecondClass.NO_DATA}


def show_availability(reading: AvailabilityReading, console: Console | None = None) -> None:
    """Print the availability of an application."""
    out = console or terminal()
    out.print(f"[bold]{reading.application}[/]  {tidy(reading.agreement)}", soft_wrap=True)
    out.print(
        f"[dim]{tidy(reading.calendar)}; dossier {', '.join(one[:12] for one in reading.dossiers)}[/]", soft_wrap=True
    )
    for target in reading.targets:
        for period in target.periods:
            _show_period(target, period, out)


def _show_period(target: TargetReading, period: PeriodReading, out: Console) -> None:
    where = zone(target.time_zone)
    measured = period.measured
    out.print(f"\n[bold]{target.name}, {period.name}[/]: {tidy(target.title)} ({target.of})", soft_wrap=True)
    part = "" if period.complete else f"; a part of the {target.per}, so that the verdict is preliminary"
    span = f"{_at(measured.since, where)} to {_at(measured.until, where)}, {target.time_zone}"
    out.print(f"[dim]{span}, {tidy(_hours(target))}{part}[/]", soft_wrap=True)
    out.print(f"[{_STYLES[period.verdict]}]{verdict_text(period)}[/]", soft_wrap=True)
    out.print(_figures(period))
    out.print(_classes(measured.classes))
    _show_outages(period, where, out)
    _show_taken_out("Maintenance", measured.maintenance, where, out)
    _show_taken_out("Waiting times that are excused", measured.excused, where, out)


def _hours(target: TargetReading) -> str:
    return f"in the service hours {target.hours}" if target.hours else "round the clock"


def verdict_text(period: PeriodReading) -> str:
    """Return the verdict in a sentence."""
    worst, best = (_percent(one, period.decimals) for one in (period.figures.at_worst, period.figures.at_best))
    match period.verdict:
        case AvailabilityVerdict.KEPT:
            return f"Kept: up for at least {worst} of the counted time; {period.target} was agreed."
        case AvailabilityVerdict.BROKEN:
            return f"Broken: up for at most {best} of the counted time; {period.target} was agreed."
    if period.figures.at_worst.whole == 0:
        return f"Cannot be proven: no second of the period counts; {period.target} was agreed."
    return (
        f"Cannot be proven: up for {worst} to {best} of the counted time, because {span_text(period.measured.classes.no_data)} "
        f"have no data; {period.target} was agreed."
    )


def _figures(period: PeriodReading) -> Listing:
    table = Listing("availability", "measured", "at worst", "at best")
    for title, figures in (
        ("maintenance taken out", period.figures),
        ("maintenance counted", period.maintenance_counted),
    ):
        table.add_row(title, *_percentages(figures, period.decimals))
    return table


def _percentages(figures: AvailabilityFigures, decimals: int) -> list[str]:
    return [_percent(one, decimals) for one in (figures.measured, figures.at_worst, figures.at_best)]


def _percent(share: Share, decimals: int) -> str:
    return percent_text(share, decimals).replace(NO_BREAK_SPACE, " ")  # no terminal breaks a line there


def _classes(classes: ClassSeconds) -> Listing:
    table = Listing("class", "time", "seconds", "counts")
    for kind, name in _CLASSES.items():
        table.add_row(name, span_text(classes.of(kind)), f"{classes.of(kind)}", "yes" if kind in _COUNTED else "no")
    table.add_row("the whole period", span_text(classes.total), f"{classes.total}", "")
    for column in table.columns[1:3]:
        column.justify = "right"
    return table


def _show_outages(period: PeriodReading, where: tzinfo, out: Console) -> None:
    measured = period.measured
    counted, longest = measured.counted_outages, measured.longest_outage
    if longest is not None:
        noun = "outage" if len(counted) == 1 else "outages"
        down, most = span_text(measured.classes.down), span_text(longest.counted_seconds)
        out.print(f"{len(counted)} {noun}, {down} in all; the longest counts {most}", soft_wrap=True)
    else:
        out.print("no outage that counts")
    if measured.blips:
        out.print(f"{measured.blips} failures were too short to count as faults", soft_wrap=True)
    if measured.outages:
        out.print(_spans("down from", measured.outages, where))
    if measured.gaps:
        out.print(_spans("no data from", measured.gaps, where))


def _spans(title: str, spans: Sequence[SubjectSpan], where: tzinfo) -> Listing:
    table = Listing(title, "until", "lasted", "counted", "measuring points")
    for one in spans:
        lasted = round((one.until - one.since).total_seconds())
        table.add_row(
            _at(one.since, where),
            _at(one.until, where),
            span_text(lasted),
            span_text(one.counted_seconds) if one.counted_seconds else "-",
            ", ".join(one.points) or "a component has none",
        )
    return table


def _show_taken_out(title: str, times: Sequence[TakenOut], where: tzinfo, out: Console) -> None:
    if not times:
        return
    table = Listing("from", "until", "not counted", "of", "announced", title=title, title_justify="left")
    for one in times:
        said = " ".join(filter(None, (one.id, one.title)))
        table.add_row(
            _at(one.since, where), _at(one.until, where), span_text(one.seconds), tidy(said), _announced(one, where)
        )
    out.print(table)


def _announced(one: TakenOut, where: tzinfo) -> str:
    if one.party:
        return ""
    if one.announced_at is None:
        return "never"
    late = "" if one.announced_at < one.since or one.seconds else ", too late"
    until = f", until {_at(one.announced_until, where)}" if one.announced_until else ""
    return f"{_at(one.announced_at, where)}{until}{late}"


def _at(moment: datetime, where: tzinfo) -> str:
    local = moment.astimezone(where)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


def span_text(seconds: int) -> str:
    """Return a time in hours, minutes and seconds, such as `23m` or `4h 05m 10s`."""
    minutes, left = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours}h {minutes:02}m" if hours else f"{minutes}m" if minutes else "", f"{left}s" if left else ""]
    return " ".join(filter(None, parts)) or "0"
