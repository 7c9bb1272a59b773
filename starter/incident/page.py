"""Incidents on the terminal, for a person on call at night: the state, the open questions, the commands to type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from models.clock import ClockedTarget, TargetState
from models.dossier.service_time import in_hours
from models.records import EntryKind, TimelineEntry
from starter.gate.page import show_gate
from starter.incident.naming import short
from starter.incident.views import IncidentLine, IncidentView
from starter.terminal.screen import Listing, age_of, colleagues, terminal, tidy

_SHOWN_LINES = 12
"""The limit for lines of a command's output or of a plan; `--json` has all of them."""


def show_lines(lines: Sequence[IncidentLine], now: datetime | None = None) -> None:
    """Print a list of incidents: the narrow columns first, and the details of each under its title."""
    now = now or datetime.now(UTC)
    table = Listing("incident", "prio", "due", "what")
    for column in table.columns[:-1]:
        column.no_wrap = True
    for line in lines:
        state = tidy(line.outcome or line.state)
        waits = f"; waits for {colleagues(line.waits_for)}" if line.waits_for else ""
        lead = f"led by {colleagues([line.lead])}" if line.lead else "unassigned"
        age = f"open for {age_of(now - line.opened_at)}"
        if line.closed_at:
            lead, age = f"was led by {colleagues([line.lead])}" if line.lead else "", ""
            state += f", closed {age_of(now - line.closed_at)} ago"
        more = ", ".join(part for part in (lead, age) if part)
        what = "\n".join(part for part in (tidy(line.title), f"{state}{waits}", more and f"[dim]{more}[/]") if part)
        table.add_row(short(line.id), tidy(line.priority or "-"), _due(line.deadline, now), what)
    terminal().print(table)


def show_incident(view: IncidentView, now: datetime | None = None) -> None:
    """Print one incident: head, open questions, alarms, timeline."""
    now = now or datetime.now(UTC)
    console = terminal()
    head = f"[bold]{short(view.id)}[/]  {tidy(view.priority or '-')}  {tidy(view.outcome or view.state)}  {tidy(view.title)}"
    console.print(head, soft_wrap=True)
    opened = f"{view.opened_at:%Y-%m-%d %H:%M:%S} UTC"
    if view.closed_at is None:
        console.print(f"open since {opened} ({age_of(now - view.opened_at)})")
        console.print(tidy(view.doing), soft_wrap=True)
    else:
        took = age_of(view.closed_at - view.opened_at)
        console.print(f"opened {opened}, closed {view.closed_at:%Y-%m-%d %H:%M:%S} UTC, after {took}")
        console.print(tidy(view.summary), soft_wrap=True)
    _led(view, now, console)
    for gate in view.gates:
        show_gate(gate, console)
        console.print(f"  answer:  {tidy(gate.command)}", soft_wrap=True)
    if view.draft and view.closed_at is None:
        console.print("\n[bold]Draft of the next customer update[/] (driftvakt incident update)")
        for line in view.draft.splitlines():
            console.print(f"  {tidy(line)}", soft_wrap=True)
    if view.alarms:
        console.print("\n[bold]Active alarms[/]")
        for alarm in view.alarms:
            where = f" ({tidy(alarm.component)})" if alarm.component else ""
            console.print(
                f"  {alarm.severity.value}{where} since {alarm.since:%m-%d %H:%M:%S}: {tidy(alarm.title)}",
                soft_wrap=True,
            )
    if view.further_alarms:
        console.print(f"  and {view.further_alarms} more, which the records list", soft_wrap=True)
    _timeline(view.timeline, console)
    console.print(f"\n[dim]{tidy(view.url)}[/]", soft_wrap=True)


def _led(view: IncidentView, now: datetime, console: Console) -> None:
    """Print the lead, the cause, the party that the incident waits for, and the time left for each target."""
    if view.closed_at is None:
        nobody = f"unassigned: driftvakt incident ack {short(view.id)}"
        if view.source != "workflow":
            nobody = "lead unknown"
        lead = f"led by {tidy(view.lead)}" if view.lead else nobody
        major = f", under {tidy(view.major)}" if view.major else ""
        console.print(f"{lead}{major}", soft_wrap=True)
    elif view.lead:
        console.print(f"led by {tidy(view.lead)}", soft_wrap=True)
    if view.cause:
        console.print(f"cause: {tidy(view.cause)}")
    if view.waiting:
        console.print(f"[yellow]waiting for {tidy(view.waiting)}[/]", soft_wrap=True)
    for target in view.clock.targets if view.clock else []:
        console.print(f"  {target.kind.value:<8} {_state(target, now)}", soft_wrap=True)


def _due(deadline: datetime | None, now: datetime) -> str:
    if deadline is None:
        return "-"
    return f"in {age_of(deadline - now)}" if deadline > now else f"[bold red]{age_of(now - deadline)} ago[/]"


def _state(target: ClockedTarget, now: datetime) -> str:
    within = in_hours(timedelta(seconds=target.within_seconds))
    if "working" in target.within:
        within += f", {target.within}"
    at = f"{target.deadline:%Y-%m-%d %H:%M} UTC" if target.deadline else ""
    match target.state:
        case TargetState.MET | TargetState.MISSED:
            return f"{target.state.value}, within {within}"
        case TargetState.OVERDUE:
            return f"[bold red]overdue since {at}[/] ({within})"
        case TargetState.PAUSED:
            rest = max(0.0, target.within_seconds - target.elapsed_seconds)
            return f"paused with {age_of(timedelta(seconds=rest))} of {within} left"
    if target.deadline is None:
        return f"{target.state.value.replace('-', ' ')} ({within})"
    until = f"until {at} ({within})"
    outside = ", outside hours now" if target.state is TargetState.OUTSIDE_HOURS else ""
    left = f", {age_of(target.deadline - now)} from now" if target.deadline > now else ", due now"
    return until + left + outside + (", missed before" if target.breached_at else "")


def _timeline(entries: Sequence[TimelineEntry], console: Console) -> None:
    if not entries:
        return
    console.print("\n[bold]Timeline[/] (UTC)")
    days = len({entry.at.date() for entry in entries}) > 1
    for entry in entries:
        text = tidy(entry.text)
        style = "bold" if entry.kind in {EntryKind.DECISION, EntryKind.STATE} else ""
        at = f"{entry.at:%m-%d %H:%M:%S}" if days else f"{entry.at:%H:%M:%S}"
        line = f"  {at} {entry.kind.value:<8} {text}"
        console.print(f"[{style}]{line}[/]" if style else line, soft_wrap=True)
        _what_ran(entry.data, console)


def _what_ran(data: dict[str, Any], console: Console) -> None:
    """Print the command of a step, and its output without the first line, which is above."""
    if command := data.get("command"):
        console.print(f"[dim]{' ' * 20}$ {tidy(str(command))}[/]", soft_wrap=True)
    lines = str(data.get("detail") or "").splitlines()[1:]
    if len(lines) > _SHOWN_LINES:
        console.print(f"[dim]{' ' * 20}... {len(lines) - _SHOWN_LINES} earlier lines with --json[/]", soft_wrap=True)
    for line in lines[-_SHOWN_LINES:]:
        console.print(f"[dim]{' ' * 20}{tidy(line)}[/]", soft_wrap=True)
