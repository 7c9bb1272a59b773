"""The pages of forecasts on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from models.capacity import CapacityForecast, CapacityOutlook, ForecastDay, ResourceOutlook
from starter.terminal.screen import Listing, terminal, tidy

_EVERY = 7
"""Days between two lines of the table."""


def show_forecast(found: CapacityForecast, *, falls: bool) -> None:
    """Show the dates, what the reader must know, and a line for each week."""
    console = terminal()
    if found.level is not None and found.peak is not None:
        extreme = "lowest" if falls else "highest"
        console.print(f"Level {found.level:g} (last 7 days with data), {extreme} {found.peak:g} (last 90 days)")
    if found.refused is not None:
        console.print(f"No forecast. {tidy(found.refused)}")
        return
    if found.limit is not None:
        console.print(_dates(found, "falls to" if falls else "reaches"))
    for step in found.lifted:
        console.print(
            f"The change of {step.day} moved the level by {step.by:+g}; the forecast does not count that as growth."
        )
    for day in found.unexplained:
        console.print(f"Something moved the level on {day}, and no change is given for that day. What happened?")
    for note in found.notes:
        console.print(tidy(note))
    console.print()
    table = Listing("day", "median", "80 % low", "80 % high", "95 % low", "95 % high", "limit reached by then")
    for number, expected in enumerate(found.days, 1):
        if number % _EVERY == 0 or number == len(found.days):
            table.add_row(*_row(expected))
    console.print(table)


def _dates(found: CapacityForecast, verb: str) -> str:
    if all(day.p_limit is None for day in found.days):
        return f"There are no dates for the limit of {found.limit:g}: the history is too short."
    reached = [(10, found.reached.p10), (50, found.reached.p50), (90, found.reached.p90)]
    known = [f"by {day} with a probability of {percent} %" for percent, day in reached if day is not None]
    if known:
        return f"The use {verb} {found.limit:g} {', '.join(known)}."
    last = found.days[-1]
    return f"The use {verb} {found.limit:g} by {last.day} with a probability of {last.p_limit or 0:.0%}, so there is no date."


def _row(day: ForecastDay) -> list[str]:
    figures = [f"{value:g}" for value in (day.median, day.low80, day.high80, day.low95, day.high95)]
    return [str(day.day), *figures, "" if day.p_limit is None else f"{day.p_limit:.0%}"]


def show_outlook(outlook: CapacityOutlook) -> None:
    """Show a line for each resource, then why some have no forecast, and the questions that the history raises."""
    console = terminal()
    console.print(f"Capacity of {tidy(outlook.application)} on {outlook.today}")
    table = Listing("resource", "level", "limit", "limit reached (10 / 50 / 90 %)", "decide by")
    for one in outlook.resources:
        limit = f"{one.limit:g}" + (f" less {one.headroom:g} %" if one.headroom else "")
        unit = f" {tidy(one.unit)}" if one.unit else ""
        level = "no data" if one.forecast.level is None else f"{one.forecast.level:g}{unit}"
        table.add_row(tidy(one.key), level, f"{limit}{unit}", _reached(one), _decide(one, outlook.today))
    console.print(table)
    for one in outlook.resources:
        for line in _remarks(one):
            console.print(f"{tidy(one.title)} ({tidy(one.key)}): {line}")


def _reached(one: ResourceOutlook) -> str:
    if one.forecast.refused is not None:
        return "no forecast"
    dates = (one.forecast.reached.p10, one.forecast.reached.p50, one.forecast.reached.p90)
    return " / ".join(str(day) if day else "-" for day in dates)


def _decide(one: ResourceOutlook, today: date) -> str:
    if one.at_limit:
        return "now: at the limit"
    if one.decide_by is None:
        return "-"
    return f"now: {one.decide_by} is past" if one.decide_by < today else str(one.decide_by)


def _remarks(one: ResourceOutlook) -> Iterator[str]:
    found = one.forecast
    if found.refused is not None:
        yield tidy(found.refused)
        return
    for step in found.lifted:
        yield f"the change of {step.day} moved the level by {step.by:+g}; the forecast does not count that as growth."
    for day in found.unexplained:
        yield f"something moved the level on {day}, and no change or restore was recorded on that day. What happened?"
    for note in found.notes:
        yield tidy(note)
