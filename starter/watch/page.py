"""Watches on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from models.base import counted
from models.watch import Silence, WatchStatus
from starter.incident.naming import short
from starter.terminal.screen import Listing, age_of, colleagues, terminal, tidy
from starter.watch.service import WatchLine, WatchView
from workflows.watch.page import alarm_state


def show_list(lines: Sequence[WatchLine]) -> None:
    """Print all watches."""
    table = Listing("application", "alarms", "incidents", "")
    for line in lines:
        said = "" if line.answers else "no worker answers: driftvakt doctor"
        if line.since is None:
            said = "no watch runs for it: publish its dossier again"
        counts = ["-" if count is None else str(count) for count in (line.alarms, line.incidents)]
        table.add_row(line.application, *counts, said)
    terminal().print(table)


def show_watch(status: WatchView) -> None:
    """Print the state of one watch: halts, alarms, incidents, operations, silences."""
    console = terminal()
    now = datetime.now(UTC)
    dossier = status.dossier[:12] or "none is published"
    console.print(
        f"[bold]{status.application}[/]  dossier {dossier}, {counted(status.opened, 'incident')} so far", soft_wrap=True
    )
    for halt in status.halts:
        console.print(f"[red]halted[/]: {tidy(halt.text)}", soft_wrap=True)
    if status.incidents:
        table = Listing("open incident", "components", "age")
        for i in status.incidents:
            table.add_row(short(i.id), _of(i.components), age_of(now - i.opened_at))
        console.print(table)
        if status.open > len(status.incidents):
            console.print(
                f"{status.open} incidents are open in all; driftvakt incident list lists them", soft_wrap=True
            )
    if status.alarms:
        table = Listing("alarm", "since (UTC)", "incident", "fingerprint")
        for column in table.columns[1:]:
            column.no_wrap = True
        for open_alarm in status.alarms:
            alarm = open_alarm.alarm
            of = f", {tidy(alarm.component)}" if alarm.component else ""
            said = tidy(alarm_state(open_alarm))
            what = f"{tidy(alarm.title)} ({alarm.severity.value}{of})" + (f"\n[dim]{said}[/]" if said else "")
            since = f"{alarm.since:%m-%d %H:%M:%S}"
            table.add_row(
                what, since, tidy(short(open_alarm.incident)) if open_alarm.incident else "-", tidy(alarm.fingerprint)
            )
        console.print(table)
        if status.firing > len(status.alarms):
            console.print(f"{status.firing} alarms are active in all; the records list each of them", soft_wrap=True)
    _operations(status, now, console)
    if status.silences:
        show_silences(status.silences)
    if not status.incidents and not status.alarms:
        console.print("no alarm is active and no incident is open")
    if status.shortened:
        console.print(f"the watch had to cut its memory: {tidy(status.shortened)}", soft_wrap=True)
    if status.unrecorded:
        console.print(f"not yet in the records: {counted(status.unrecorded, 'alarm message')}", soft_wrap=True)


def _of(components: Sequence[str]) -> str:
    return tidy(", ".join(components)) or "the whole application"


def _operations(status: WatchStatus, now: datetime, console: Console) -> None:
    """Print the operations that hold a lease, wait for one, or suppress alarms."""
    held = [(lease, "holds the lease") for lease in status.leases]
    waiting = [(w.lease, f"waits: {tidy(w.reason)}") for w in status.waiting]
    if held or waiting:
        table = Listing("operation", "what")
        table.columns[0].no_wrap = True
        for lease, state in [*held, *waiting]:
            what = f"{tidy(lease.title)}, on {tidy(str(lease.components))}\n{state}"
            what += f"\n[dim]for {colleagues([lease.by])}, {age_of(now - lease.since)}[/]"
            table.add_row(tidy(lease.holder), what)
        console.print(table)
    for operation in status.operations:
        console.print(
            f"Alarms of {tidy(str(operation.components))} are suppressed until {operation.until:%m-%d %H:%M} UTC: "
            f"{tidy(operation.title)} is in progress"
        )


def show_silences(silences: Sequence[Silence]) -> None:
    """Print silences, each with its person, reason and end."""
    table = Listing("silence", "of", "until (UTC)", "by", "reason")
    for s in silences:
        table.add_row(
            tidy(s.id),
            tidy(s.what),
            f"{s.until:%Y-%m-%d %H:%M}",
            tidy(s.by),
            tidy(s.reason),
        )
    terminal().print(table)
