"""Reports on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from models.base import counted
from models.report_order import SealedReport, VerifiedReport
from starter.operation.page import show_operation
from starter.report.service import ReportLine, ReportView
from starter.terminal.screen import terminal, tidy


def show_reports(lines: Sequence[ReportLine]) -> None:
    """Print a line for each report."""
    console = terminal()
    for one in lines:
        sealed = f"{one.period} v{one.version}, {one.sealed_at:%Y-%m-%d}" if one.sealed_at else "none sealed"
        console.print(
            f"{one.application}  [bold]{tidy(one.name)}[/]  {tidy(one.title)}  {tidy(one.frequency)}  {sealed}",
            soft_wrap=True,
        )
        for id in one.open:
            console.print(f"  in progress: {id}", soft_wrap=True)


def show_report(view: ReportView) -> None:
    """Print the workflow of a report, and the sealed versions of its period."""
    show_operation(view.operation)
    if view.versions:
        console = terminal()
        console.print("\n[bold]Sealed[/]")
        for one in view.versions:
            _sealed(one, console)


def _sealed(one: SealedReport, console: Console) -> None:
    console.print(f"version {one.version}, {one.at:%Y-%m-%d %H:%M} UTC, seal {one.seal}", soft_wrap=True)
    console.print(f"  facts {one.facts}", soft_wrap=True)
    for file in one.files[: one.attached]:
        console.print(f"  {tidy(file.name)} {file.digest}", soft_wrap=True)
    for approval in one.approved_by:
        console.print(f"  approved by {tidy(approval.by)} for the {approval.party.value}", soft_wrap=True)
    for sent in one.sent_to:
        why = f": {sent.detail}" if sent.detail else ""
        console.print(f"  to {tidy(sent.to or sent.contact)}: {sent.state.value}{tidy(why)}", soft_wrap=True)


def show_verified(found: VerifiedReport) -> None:
    """Print whether a file is sound, with every fault."""
    console = terminal()
    if found.sound:
        console.print(
            f"sound: {found.operation}, version {found.version}; {counted(found.figures, 'figure')} computed again",
            soft_wrap=True,
        )
    for fault in found.faults:
        console.print(f"fault: {tidy(fault)}", soft_wrap=True)
    for note in found.notes:
        console.print(f"note: {tidy(note)}", soft_wrap=True)
