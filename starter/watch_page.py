"""Watches on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.table import Table

from models.watch import Silence, WatchStatus
from starter.incident_page import age_of
from starter.incidents.naming import short
from starter.terminal import terminal, tidy
from starter.watches import WatchLine
from workflows.watch_page import standing


def show_list(lines: Sequence[WatchLine]) -> None:
    """Print all watches."""
    table = Table("application", "alarms", "incidents", "", box=None, pad_edge=False, header_style="dim")
    for line in lines:
        said = "" if line.answers else "no worker answers: driftvakt doctor"
        if line.since is None:
            said = "nobody watches it: publish its dossier again"
        counts = ["-" if count is None else str(count) for count in (line.alarms, line.incidents)]
        table.add_row(line.application, *counts, said)
    terminal().print(table)


def show_watch(status: WatchStatus) -> None:
    """Print what one watch sees."""
    console = terminal()
    now = datetime.now(UTC)
    dossier = status.dossier[:12] or "none is published"
    console.print(f"[bold]{status.application}[/]  dossier {dossier}, {status.opened} incidents so far", soft_wrap=True)
    if status.incidents:
        table = Table("open incident", "components", "age", box=None, pad_edge=False, header_style="dim")
        for i in status.incidents:
            parts = ", ".join(i.components) or "the whole application"
            table.add_row(short(i.id), parts, age_of(now - i.opened_at))
        console.print(table)
    if status.alarms:
        table = Table(
            "alarm",
            "severity",
            "component",
            "since (UTC)",
            "incident",
            "",
            box=None,
            header_style="dim",
            pad_edge=False,
        )
        for held in status.alarms:
            alarm = held.alarm
            incident = short(held.incident) if held.incident else "-"
            since = f"{alarm.since:%m-%d %H:%M:%S}"
            said = tidy(standing(held))
            table.add_row(tidy(alarm.title), alarm.severity.value, alarm.component or "-", since, incident, said)
        console.print(table)
    for operation in status.operations:
        covers = ", ".join(operation.components) or "the whole application"
        console.print(
            f"operation {tidy(operation.title)} ({operation.holder}) on {covers} until {operation.until:%m-%d %H:%M} UTC",
            soft_wrap=True,
        )
    if status.silences:
        show_silences(status.silences)
    if not status.incidents and not status.alarms:
        console.print("no alarm fires and no incident is open")
    if status.unrecorded:
        console.print(f"{status.unrecorded} alarm messages wait for the records database", soft_wrap=True)


def show_silences(silences: Sequence[Silence]) -> None:
    """Print silences, with who, why and until when."""
    table = Table("silence", "of", "until (UTC)", "by", "reason", box=None, pad_edge=False, header_style="dim")
    for s in silences:
        covers = ", ".join([*s.components, *s.measuring_points]) or "the whole application"
        table.add_row(s.id, covers, f"{s.until:%Y-%m-%d %H:%M}", tidy(s.by), tidy(s.reason))
    terminal().print(table)
