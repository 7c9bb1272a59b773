"""Operations on the terminal: what they do, what they wait for, what to type."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from models.jobs import Outcome
from models.operation import OperationEnd, OperationOutcome
from models.runbooks import StepReport
from starter.incident.page import age_of, show_gate
from starter.operation.views import OperationLine, OperationView
from starter.terminal.screen import Listing, colleagues, terminal, tidy
from workflows.restore.backups.commands import is_own_script

_SAID_LINES = 8
"""Of what a host said to a step that did not go well; `--json` has them all."""

_COMMAND_LINES = 6
_TITLE = 80

_COLOUR = {"ok": "green", "failed": "red", "unknown": "yellow"}


def show_lines(lines: Sequence[OperationLine], now: datetime | None = None) -> None:
    """Print a list of operations: the id, to be copied, and what is said of each beside it."""
    now = now or datetime.now(UTC)
    table = Listing("operation", "what")
    table.columns[0].no_wrap = True
    for line in lines:
        waits = f" of {colleagues(line.waits_for)}" if line.waits_for else ""
        age = f"closed {age_of(now - line.closed_at)} ago" if line.closed_at else f"for {age_of(now - line.opened_at)}"
        by = f"[dim]asked for by {colleagues([line.opened_by])}, {age}[/]"
        table.add_row(line.id, f"{tidy(line.title)}\n{tidy(line.outcome or line.state)}{waits}\n{by}")
    terminal().print(table)


def show_operation(view: OperationView, now: datetime | None = None) -> None:
    """Print one operation: head, open questions, steps, timeline."""
    now = now or datetime.now(UTC)
    console = terminal()
    rehearsal = "  (rehearsal)" if view.rehearsed else ""
    console.print(
        f"[bold]{view.id}[/]  {tidy(view.outcome or view.state)}  {tidy(view.title)}{rehearsal}", soft_wrap=True
    )
    if view.closed_at is None:
        console.print(f"since {view.opened_at:%Y-%m-%d %H:%M:%S} UTC, asked for by {tidy(view.opened_by)}")
        if not view.gates and view.doing != view.lease:  # else it stands below
            console.print(tidy(view.doing), soft_wrap=True)
        if view.progress:
            console.print(tidy(view.progress), soft_wrap=True)
        if view.lease:
            console.print(tidy(view.lease[0].upper() + view.lease[1:]), soft_wrap=True)
    else:
        took = age_of(view.closed_at - view.opened_at)
        console.print(f"from {view.opened_at:%Y-%m-%d %H:%M:%S} UTC, {took}, asked for by {tidy(view.opened_by)}")
        console.print(tidy(view.summary), soft_wrap=True)
    for gate in view.gates:
        show_gate(gate, console)
        console.print(f"  answer:  {tidy(gate.command)}", soft_wrap=True)
    show_steps(view.steps, console, rehearsed=view.rehearsed)
    if view.timeline:
        console.print("\n[bold]What happened[/] (UTC)")
        for entry in view.timeline:
            console.print(f"  {entry.at:%m-%d %H:%M:%S}  {tidy(entry.text)}", soft_wrap=True)
    console.print(f"\n[dim]{tidy(view.url)}[/]", soft_wrap=True)


def show_steps(steps: Sequence[StepReport], console: Console, *, rehearsed: bool = False) -> None:
    """Print what came of each step, with its command; scripts of our own only where a rehearsal shows what would be run."""
    if not steps:
        return
    table = Listing("step", "host", "outcome", "what came of it")
    for step in steps:
        said, _, more = step.detail.strip().partition("\n")
        told = _command(step.command) if rehearsed or not is_own_script(step.command) else []
        # What a host said is mostly why; of what went well nobody wants to read it here.
        told += more.splitlines()[-_SAID_LINES:] if step.outcome is not Outcome.OK else []
        colour = _COLOUR[step.outcome.value]
        cell = "\n".join([tidy(said), *(f"[dim]{tidy(line)}[/]" for line in told)])
        table.add_row(tidy(_cut(step.title)), tidy(step.host or "-"), f"[{colour}]{step.outcome.value}[/]", cell)
    console.print("\n[bold]Steps[/]")
    console.print(table)


def _command(command: str) -> list[str]:
    """A command with its own line breaks; `--json` has all of it."""
    told = f"$ {command}".splitlines() if command else []
    hidden = len(told) - _COMMAND_LINES
    return told if hidden <= 0 else [*told[:_COMMAND_LINES], f"… {hidden} more {'line' if hidden == 1 else 'lines'}"]


def _cut(title: str) -> str:
    """The title of a step, which is its command where it has no other."""
    first, _, more = title.partition("\n")
    return first[:_TITLE] + ("…" if more or len(first) > _TITLE else "")


def show_outcome(outcome: OperationOutcome) -> None:
    """Print how an operation that was followed has ended."""
    console = terminal()
    show_steps(outcome.steps, console, rehearsed=outcome.end is OperationEnd.REHEARSED)
    console.print(f"\n[bold]{outcome.end.value.replace('-', ' ')}[/]: {tidy(outcome.summary)}", soft_wrap=True)
