"""Watches on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from models.watch import Silence, WatchStatus
from starter.incident.naming import short
from starter.incident.page import age_of
from starter.terminal.screen import Listing, colleagues, terminal, tidy
from starter.watch.service import WatchLine, WatchView
from workflows.watch.page import standing


def show_list(lines: Sequence[WatchLine]) -> None:
    """Print all watches."""
    table = Listing("application", "alarms", "incidents", "")
    for line in lines:
        said = "" if line.answers else "no worker answers: driftvakt doctor"
        if line.since is None:
            said = "nobody watches it: publish its dossier again"
        counts = ["-" if count is None else str(count) for count in (line.alarms, line.incidents)]
        table.add_row(line.application, *counts, said)
    terminal().print(table)


def show_watch(status: WatchView) -> None:
    """Print what one watch sees."""
    console = terminal()
    now = datetime.now(UTC)
    dossier = status.dossier[:12] or "none is published"
    console.print(f"[bold]{status.application}[/]  dossier {dossier}, {status.opened} incidents so far", soft_wrap=True)
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
        for held in status.alarms:
            alarm = held.alarm
            of = f", {tidy(alarm.component)}" if alarm.component else ""
            said = tidy(standing(held))
            what = f"{tidy(alarm.title)} ({alarm.severity.value}{of})" + (f"\n[dim]{said}[/]" if said else "")
            since = f"{alarm.since:%m-%d %H:%M:%S}"
            table.add_row(what, since, tidy(short(held.incident)) if held.incident else "-", tidy(alarm.fingerprint))
        console.print(table)
        if status.firing > len(status.alarms):
            console.print(f"{status.firing} alarms fire in all; the records list each of them", soft_wrap=True)
    _operations(status, now, console)
    if status.silences:
        show_silences(status.silences)
    if not status.incidents and not status.alarms:
        console.print("no alarm fires and no incident is open")
    if status.shortened:
        console.print(f"the watch had to cut its memory: {tidy(status.shortened)}", soft_wrap=True)
    if status.unrecorded:
        console.print(f"{status.unrecorded} alarm messages wait for the records database", soft_wrap=True)


def _of(components: Sequence[str]) -> str:
    return tidy(", ".join(components)) or "the whole application"


def _operations(status: WatchStatus, now: datetime, console: Console) -> None:
    """Who may operate on what, and who waits for whom."""
    held = [(lease, "holds the lease") for lease in status.leases]
    waiting = [(w.lease, f"waits: {tidy(w.reason)}") for w in status.waiting]
    if held or waiting:
        table = Listing("operation", "what")
        table.columns[0].no_wrap = True
        for lease, stands in [*held, *waiting]:
            what = f"{tidy(lease.title)}, on {_of(lease.components)}\n{stands}"
            what += f"\n[dim]for {colleagues([lease.by])}, {age_of(now - lease.since)}[/]"
            table.add_row(tidy(lease.holder), what)
        console.print(table)
    for operation in status.operations:
        console.print(
            f"Alarms of {_of(operation.components)} are suppressed until {operation.until:%m-%d %H:%M} UTC: "
            f"{tidy(operation.title)} is in progress"
        )


def show_silences(silences: Sequence[Silence]) -> None:
    """Print silences, with who, why and until when."""
    table = Listing("silence", "of", "until (UTC)", "by", "reason")
    for s in silences:
        table.add_row(
            tidy(s.id),
            _of([*s.components, *s.measuring_points]),
            f"{s.until:%Y-%m-%d %H:%M}",
            tidy(s.by),
            tidy(s.reason),
        )
    terminal().print(table)
