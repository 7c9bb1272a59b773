"""Major incidents on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from models.base import counted
from models.major import IncidentSnapshot
from starter.major.service import MajorLine, MajorView
from starter.terminal.screen import Listing, age_of, colleagues, terminal, tidy

_SHOWN_LINES = 30


def show_list(lines: Sequence[MajorLine], now: datetime | None = None) -> None:
    """Print a list of major incidents."""
    now = now or datetime.now(UTC)
    table = Listing("major", "prio", "what")
    table.columns[0].no_wrap = True
    for line in lines:
        age = f"closed {age_of(now - line.closed_at)} ago" if line.closed_at else f"for {age_of(now - line.opened_at)}"
        count = "" if line.incidents is None else f", {counted(line.incidents, 'incident')} open"
        lead = f" by {colleagues([line.lead])}" if line.lead else ""
        what = f"{tidy(line.title)}\n{tidy(line.state)}{lead}{count}, {age}"
        table.add_row(tidy(line.id.removeprefix("major.")), tidy(line.priority or "-"), what)
    terminal().print(table)


def show_major(view: MajorView, now: datetime | None = None) -> None:
    """Print a major incident: head, incidents, timeline."""
    now = now or datetime.now(UTC)
    status = view.status
    console = terminal()
    console.print(
        f"[bold]{tidy(status.id)}[/]  {status.priority.value if status.priority else '-'}  {status.state.value}  "
        f"{tidy(status.title)}",
        soft_wrap=True,
    )
    since = f"since {status.opened_at:%Y-%m-%d %H:%M} UTC"
    if view.closed_at is None:
        console.print(f"led by {tidy(status.lead)}, {since} ({age_of(now - status.opened_at)})", soft_wrap=True)
    else:
        closed = f"{view.closed_at:%Y-%m-%d %H:%M} UTC by {tidy(view.reason)}"
        console.print(f"led by {tidy(status.lead)}, {since}, closed {closed}", soft_wrap=True)
    if status.members:
        console.print(_members(status.members, now))
    else:
        console.print("no incident belongs to it: driftvakt major add")
    console.print("\n[bold]Timeline[/] (UTC)")
    for entry in status.timeline[-_SHOWN_LINES:]:
        console.print(f"  {entry.at:%m-%d %H:%M:%S} {entry.kind.value:<8} {tidy(entry.text)}", soft_wrap=True)
    console.print(f"\n[dim]{tidy(view.url)}[/]", soft_wrap=True)


def _members(members: Sequence[IncidentSnapshot], now: datetime) -> Listing:
    table = Listing("incident", "prio", "open for", "what")
    for column in table.columns[:-1]:
        column.no_wrap = True
    for seen in sorted(members, key=lambda s: (not s.runs, s.priority or "P9", s.id)):
        state = seen.state or "open" if seen.runs else seen.outcome or "lost"
        age = age_of((seen.closed_at or now) - seen.opened_at) if seen.opened_at else "-"
        priority = seen.priority.value if seen.priority else "-"
        lead = f", led by {colleagues([seen.lead])}" if seen.lead else ""
        said = tidy(state) if seen.answers else f"{tidy(state)}, no worker answers"
        table.add_row(tidy(seen.id.removeprefix("inc.")), priority, age, f"{tidy(seen.title)}\n{said}{lead}")
    return table
