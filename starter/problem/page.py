"""The pages of a ranking, and of what came back, on the terminal."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from models.base import counted
from models.cause_ranking import CauseRanking
from models.recurrence import ProblemCandidate, RecurrenceReading
from starter.terminal.screen import Listing, age_of, terminal, tidy

_SHOWN = 5
"""Components with their evidence; the others only have a line."""


def show_ranking(ranking: CauseRanking) -> None:
    """Show the verdict, the first components with their evidence, and the order of all."""
    console = terminal()
    console.print(tidy(ranking.verdict))
    for one in ranking.ranking[:_SHOWN]:
        console.print()
        console.print(f"[bold]{tidy(one.component)}[/bold]  {one.status.value}, score {one.score:.2f}")
        for reason in one.reasons:
            console.print(f"  for      {tidy(reason)}")
        for reason in one.against:
            console.print(f"  against  {tidy(reason)}")
    if ranking.ranking[_SHOWN:]:
        console.print()
        table = Listing("component", "status", "score")
        for one in ranking.ranking[_SHOWN:]:
            table.add_row(tidy(one.component), one.status.value, f"{one.score:.2f}")
        console.print(table)


def show_recurrence(reading: RecurrenceReading) -> None:
    """Show the faults whose cause has to be found, with their reasons, and those that came back less often."""
    console = terminal()
    zone = ZoneInfo(reading.time_zone)
    since, until = (moment.astimezone(zone) for moment in (reading.since, reading.until))
    console.print(
        f"{counted(reading.incidents, 'incident')} of {reading.application}, {since:%Y-%m-%d} to {until:%Y-%m-%d}"
    )
    for one in reading.candidates:
        console.print()
        console.print(f"[bold]{tidy(_fault(one))}[/bold]  {one.fingerprint}")
        for reason in one.reasons:
            console.print(f"  why      {tidy(reason.text)}")
        days = ", ".join(str(day) for day in one.days[-_SHOWN:])
        console.print(f"  days     {days}{' and earlier ones' if len(one.days) > _SHOWN else ''}")
        console.print(f"  open     {age_of(timedelta(seconds=one.open_seconds))} in all")
        console.print(f"  exact    {_listed([incident.id for incident in one.incidents])}")
        for similar in one.similar[:_SHOWN]:
            console.print(f"  similar  {_listed([similar.incident])}: {tidy(similar.why)}")
    if not reading.candidates:
        console.print("By the agreement, no cause has to be found.")
    if reading.below:
        console.print()
        console.print("Came back, but less often than agreed:")
        for one in reading.below:
            also = f", {counted(len(one.similar), 'similar incident')}" if one.similar else ""
            found = f"{counted(len(one.incidents), 'incident')} on {counted(len(one.days), 'day')}{also}"
            console.print(f"  {tidy(_fault(one))}: {found}")


def _fault(candidate: ProblemCandidate) -> str:
    return f"{candidate.component or 'the whole application'}: {candidate.title}"


def _listed(ids: list[str]) -> str:
    shown = ", ".join(tidy(id.removeprefix("inc.")) for id in ids[-_SHOWN:])
    return f"{shown} and {counted(len(ids) - _SHOWN, 'earlier one')}" if len(ids) > _SHOWN else shown
