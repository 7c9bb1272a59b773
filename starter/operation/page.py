"""Operations on the terminal: state, waiting questions, and the commands to answer them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from models.jobs import Outcome
from models.operation import OperationEnd, OperationOutcome
from models.runbooks import StepReport
from starter.gate.page import show_gate
from starter.operation.views import OperationLine, OperationView
from starter.terminal.screen import Listing, age_of, colleagues, terminal, tidy
from workflows.restore.backups.commands import is_own_script

_SAID_LINES = 8
"""The number of output lines that a failed step shows; `--json` has all of them."""

_COMMAND_LINES = 6
_TITLE = 80

_COLOUR = {"ok": "green", "failed": "red", "unknown": "yellow"}


def show_lines(lines: Sequence[OperationLine], now: datetime | None = None) -> None:
    """Print a list of operations, with the id to copy and a description of each."""
    now = now or datetime.now(UTC)
    table = Listing("operation", "what")
    table.columns[0].no_wrap = True
    for line in lines:
        waits = f"; waits for {colleagues(line.waits_for)}" if line.waits_for else ""
        age = f"closed {age_of(now - line.closed_at)} ago" if line.closed_at else f"for {age_of(now - line.opened_at)}"
        by = f"[dim]requested by {colleagues([line.opened_by])}, {age}[/]"
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
        console.print(f"since {view.opened_at:%Y-%m-%d %H:%M:%S} UTC, requested by {tidy(view.opened_by)}")
        if not view.gates and view.doing != view.lease:  # else a question or the lease shows it
            console.print(tidy(view.doing), soft_wrap=True)
        if view.progress:
            console.print(tidy(view.progress), soft_wrap=True)
        if view.lease:
            console.print(tidy(view.lease[0].upper() + view.lease[1:]), soft_wrap=True)
    else:
        took = age_of(view.closed_at - view.opened_at)
        console.print(f"from {view.opened_at:%Y-%m-%d %H:%M:%S} UTC, {took}, requested by {tidy(view.opened_by)}")
        console.print(tidy(view.summary), soft_wrap=True)
    for gate in view.gates:
        show_gate(gate, console)
        console.print(f"  answer:  {tidy(gate.command)}", soft_wrap=True)
    show_steps(view.steps, console, rehearsed=view.rehearsed)
    if view.timeline:
        console.print("\n[bold]Timeline[/] (UTC)")
        for entry in view.timeline:
            console.print(f"  {entry.at:%m-%d %H:%M:%S}  {tidy(entry.text)}", soft_wrap=True)
    console.print(f"\n[dim]{tidy(view.url)}[/]", soft_wrap=True)


def show_steps(steps: Sequence[StepReport], console: Console, *, rehearsed: bool = False) -> None:
    """Print the result of each step with its command. Driftvakt's own scripts are shown only in a rehearsal."""
    if not steps:
        return
    table = Listing("step", "host", "outcome", "result")
    for step in steps:
        said, _, more = step.detail.strip().partition("\n")
        lines = _command(step.command) if rehearsed or not is_own_script(step.command) else []
        # The output of a failed step mostly has the reason; nobody needs the output of the other steps here.
        lines += more.splitlines()[-_SAID_LINES:] if step.outcome is not Outcome.OK else []
        colour = _COLOUR[step.outcome.value]
        cell = "\n".join([tidy(said), *(f"[dim]{tidy(line)}[/]" for line in lines)])
        table.add_row(tidy(_cut(step.title)), tidy(step.host or "-"), f"[{colour}]{step.outcome.value}[/]", cell)
    console.print("\n[bold]Steps[/]")
    console.print(table)


def _command(command: str) -> list[str]:
    """Return the lines of a command, cut to a limit; `--json` has all of it."""
    lines = f"$ {command}".splitlines() if command else []
    hidden = len(lines) - _COMMAND_LINES
    return lines if hidden <= 0 else [*lines[:_COMMAND_LINES], f"… {hidden} more {'line' if hidden == 1 else 'lines'}"]


def _cut(title: str) -> str:
    """Return the title of a step, cut to a limit: a step without a title has its command as the title."""
    first, _, more = title.partition("\n")
    return first[:_TITLE] + ("…" if more or len(first) > _TITLE else "")


def show_outcome(outcome: OperationOutcome) -> None:
    """Print the outcome of an operation that the command has followed."""
    console = terminal()
    show_steps(outcome.steps, console, rehearsed=outcome.end is OperationEnd.REHEARSED)
    console.print(f"\n[bold]{outcome.end.value.replace('-', ' ')}[/]: {tidy(outcome.summary)}", soft_wrap=True)
