"""Operations on the terminal: what they do, what they wait for, what to type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.operation import OperationOutcome
from models.runbooks import StepReport
from starter.incident_page import age_of, show_gate
from starter.operations.views import OperationLine, OperationView
from starter.terminal import tidy

_COLOUR = {"ok": "green", "failed": "red", "unknown": "yellow"}


def show_lines(lines: Sequence[OperationLine], now: datetime | None = None) -> None:
    """Print a list of operations."""
    now = now or datetime.now(UTC)
    table = Table("operation", "state", "title", "waits for", "by", "age", box=None, pad_edge=False, header_style="dim")
    table.columns[0].overflow = "fold"
    for line in lines:
        age = f"closed {age_of(now - line.closed_at)} ago" if line.closed_at else age_of(now - line.opened_at)
        waits = tidy(", ".join(line.waits_for)) or "-"
        table.add_row(line.id, line.outcome or line.state, tidy(line.title), waits, tidy(line.opened_by), age)
    Console().print(table)


def show_operation(view: OperationView, now: datetime | None = None) -> None:
    """Print one operation: head, open questions, steps, timeline."""
    now = now or datetime.now(UTC)
    console = Console(highlight=False)
    rehearsal = "  (rehearsal)" if view.rehearsed else ""
    console.print(f"[bold]{view.id}[/]  {view.outcome or view.state}  {tidy(view.title)}{rehearsal}", soft_wrap=True)
    if view.closed_at is None:
        console.print(f"since {view.opened_at:%Y-%m-%d %H:%M:%S} UTC, asked for by {tidy(view.opened_by)}")
        console.print(tidy(view.doing), soft_wrap=True)
        if view.progress:
            console.print(tidy(view.progress), soft_wrap=True)
        if view.lease:
            console.print(f"lease: {tidy(view.lease)}", soft_wrap=True)
    else:
        took = age_of(view.closed_at - view.opened_at)
        console.print(f"from {view.opened_at:%Y-%m-%d %H:%M:%S} UTC, {took}, asked for by {tidy(view.opened_by)}")
        console.print(tidy(view.summary), soft_wrap=True)
    for gate in view.gates:
        show_gate(gate, console)
        console.print(f"  answer:  {tidy(gate.command)}", soft_wrap=True)
    show_steps(view.steps, console)
    if view.timeline:
        console.print("\n[bold]What happened[/] (UTC)")
        for entry in view.timeline:
            console.print(f"  {entry.at:%m-%d %H:%M:%S}  {tidy(entry.text)}", soft_wrap=True)
    console.print(f"\n[dim]{escape(view.url)}[/]", soft_wrap=True)


def show_steps(steps: Sequence[StepReport], console: Console) -> None:
    """Print what came of each step."""
    if not steps:
        return
    table = Table("step", "host", "outcome", "what came of it", box=None, pad_edge=False, header_style="dim")
    for step in steps:
        said = step.detail.splitlines()[0] if step.detail else ""
        command = f"\n$ {step.command}" if step.command else ""
        colour = _COLOUR[step.outcome.value]
        table.add_row(
            tidy(step.title), tidy(step.host or "-"), f"[{colour}]{step.outcome.value}[/]",
            tidy(said) + (f"\n[dim]{tidy(command.strip())}[/]" if command else ""),
        )  # fmt: skip
    console.print("\n[bold]Steps[/]")
    console.print(table)


def show_outcome(outcome: OperationOutcome) -> None:
    """Print how an operation that was followed has ended."""
    console = Console(highlight=False)
    show_steps(outcome.steps, console)
    console.print(f"\n[bold]{outcome.end.value.replace('-', ' ')}[/]: {tidy(outcome.summary)}", soft_wrap=True)
