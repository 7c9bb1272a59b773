"""Maintenance on the terminal: the list of routines, and the calendar by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from rich.console import Console

from models.base import counted
from models.schedules import AgendaEntry
from starter.maintenance.service import RoutineLine
from starter.provisioning.page import moment
from starter.terminal.screen import Listing, terminal, tidy

_MOST_DAYS: Final = 6
"""The number of days that the calendar lists for a month. For more days it prints their number, the first and the last."""


def show_routines(lines: Sequence[RoutineLine], console: Console | None = None) -> None:
    """Print routines with their last and next run."""
    columns = ("application", "routine", "title", "when", "next", "last", "schedule")
    table = Listing(*columns)
    for line in lines:
        upcoming = moment(line.next_run) if line.next_run else "no further run"
        last = f"{line.last.state} {line.last.at:%Y-%m-%d}" if line.last else "never"
        cells = (line.application, line.name, line.title, line.when, upcoming, last, line.schedule)
        table.add_row(*map(tidy, cells))
    (console or terminal()).print(table)


def show_calendar(entries: Sequence[AgendaEntry], console: Console | None = None) -> None:
    """Print the calendar by month: a line for each routine, and a line for each run that something prevents."""
    out = console or terminal()
    months: dict[str, dict[str, list[AgendaEntry]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        months[f"{entry.begins:%B %Y}"][entry.id].append(entry)
    for month, routines in months.items():
        out.print(f"[bold]{month}[/]")
        for runs in routines.values():
            first = runs[0]
            out.print(
                f"  {tidy(first.application)} {tidy(first.name)}  {tidy(first.title)}: {_days(runs)}",
                soft_wrap=True,
            )
            for run in runs:
                for conflict in run.conflicts:
                    out.print(f"    [yellow]! {moment(run.begins)} {tidy(conflict)}[/]", soft_wrap=True)
    troubled = sum(bool(entry.conflicts) for entry in entries)
    out.print(f"{counted(len(entries), 'run')}, {troubled} with a conflict.")


def _days(runs: Sequence[AgendaEntry]) -> str:
    if len(runs) > _MOST_DAYS:
        return f"{len(runs)} times, {moment(runs[0].begins)} the first and {moment(runs[-1].begins)} the last"
    clocks = {f"{run.begins:%H:%M}" for run in runs}
    if len(clocks) == 1:
        return f"{', '.join(f'{run.begins:%a} {run.begins.day}' for run in runs)} at {clocks.pop()}"
    return ", ".join(f"{run.begins:%a} {run.begins.day} {run.begins:%H:%M}" for run in runs)
