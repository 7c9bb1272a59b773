"""A plan of schedules on the terminal."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from rich.console import Console

from models.base import counted
from models.schedules import PlannedSchedule, ScheduleChange, SchedulePlan
from starter.terminal.screen import terminal, tidy

_SIGNS = {
    ScheduleChange.ADD: "[green]+[/]",
    ScheduleChange.CHANGE: "[yellow]~[/]",
    ScheduleChange.REMOVE: "[red]-[/]",
    ScheduleChange.KEEP: " ",
}
_DONE = {ScheduleChange.ADD: "added", ScheduleChange.CHANGE: "changed", ScheduleChange.REMOVE: "removed"}


def show_plan(plan: SchedulePlan, *, applied: bool, unpaused: bool = False, console: Console | None = None) -> None:
    """Print the planned or applied changes, the edits by hand, and the next run of each schedule."""
    out = console or terminal()
    for one in plan.schedules:
        _show(out, one, unpaused)
    for sentence in plan.unreadable:
        out.print(f"[red]![/] {tidy(sentence)}; its schedules are left as they are", soft_wrap=True)
    out.print(verdict(plan, applied=applied), soft_wrap=True)


def verdict(plan: SchedulePlan, *, applied: bool) -> str:
    """Return one sentence about the whole plan."""
    counts = Counter(one.change for one in plan.changes)
    kept = f"{len(plan.schedules) - len(plan.changes)} up to date"
    if not counts:
        return f"Nothing to do: {kept}."
    done = ", ".join(f"{counts[change]} {word}" for change, word in _DONE.items() if counts[change])
    return f"{done}, {kept}." if applied else f"To do: {done}; {kept}. `driftvakt apply` writes them."


def _show(out: Console, one: PlannedSchedule, unpaused: bool) -> None:
    out.print(f"{_SIGNS[one.change]} [bold]{tidy(one.id)}[/]  {tidy(one.title)}", soft_wrap=True)
    if one.change is not ScheduleChange.REMOVE:
        runs = ", ".join(moment(at) for at in one.next_runs) or "no further run"
        out.print(f"    {tidy(one.when)}; next {runs}", soft_wrap=True)
    for line in one.differences:
        out.print(f"    {tidy(line)}", soft_wrap=True)
    for line in one.drift:
        out.print(f"    [yellow]{tidy(line)}[/]", soft_wrap=True)
    if one.paused is not None:
        stays = "runs again" if unpaused else "stays paused until `driftvakt apply --unpause`"
        out.print(f"    {stays}", soft_wrap=True)
    if one.lost:
        out.print(
            f"    [red]never started: {counted(one.lost, 'run')}; the server was down for more than 30 days[/]",
            soft_wrap=True,
        )


def moment(at: datetime) -> str:
    """Return a moment in its own time zone, such as `Sun 2026-12-06 03:00`."""
    return f"{at:%a %Y-%m-%d %H:%M}"
