"""Functions for all commands that start operations: start one, follow it with a line for each change, print its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import WENT_WRONG, echo, echo_json

if TYPE_CHECKING:
    from models.operation import OperationOutcome, OperationStatus
    from models.operation_kinds import OperationKind, Order
    from starter.operation.views import OperationLine
    from starter.terminal.session import CommandSession

Rehearse = Annotated[bool, typer.Option("--rehearse", help="Show the commands for each host, and change nothing.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Start it and return at once.")]
Reason = Annotated[str, typer.Option(help="Reason; the Temporal UI and the record show it.", show_default=False)]

_WELL = {"done", "nothing-to-do", "rehearsed"}


async def start_and_follow(
    session: CommandSession,
    kind: OperationKind[Order],
    order: Order,
    key: str,
    title: str,
    *,
    wait: bool,
    as_json: bool,
) -> OperationOutcome | None:
    """Start an operation. With `wait`, follow it and return its outcome; else return None at once."""
    from starter.connection.links import workflow_url
    from starter.operation.starting import follow_operation, start_operation

    handle = await start_operation(session.client, kind, order, key, title)
    url = workflow_url(handle.id, session.settings)
    if not wait:
        echo_json({"operation": handle.id, "url": url}) if as_json else echo(f"started {handle.id}: {url}")
        return None
    echo(f"started {handle.id}: {url}", err=True)
    return await follow_operation(session.client, handle, Lines(handle.id), nobody_works)


def finish(outcome: OperationOutcome | None, as_json: bool) -> None:
    """Print the outcome. Exit with 1 if it is a failure."""
    if outcome is None:
        return
    if as_json:
        echo_json(outcome)
    else:
        from starter.operation.page import show_outcome

        show_outcome(outcome)
    if outcome.end.value not in _WELL:
        raise typer.Exit(WENT_WRONG)


def show_operations(lines: Sequence[OperationLine]) -> None:
    """Print a list of operations."""
    from starter.operation.page import show_lines

    show_lines(lines)


class Lines:
    """Prints a line to stderr whenever the state of an operation changes."""

    def __init__(self, id: str) -> None:
        self._id = id
        self._said = ""
        self._asked: set[str] = set()

    def __call__(self, status: OperationStatus) -> None:
        """Print the state if it is new, and each new question."""
        progress = f" · {status.progress}" if status.progress else ""
        line = f"{status.state.value}: {status.doing}{progress}"
        if line != self._said:
            self._said = line
            echo(line, err=True)
        for gate in status.gates:
            if gate.id not in self._asked:
                self._asked.add(gate.id)
                who = gate.who(datetime.now(UTC))
                echo(f"waits for {who} to decide: {gate.question.text}", err=True)
                echo(f"    to answer, type: driftvakt operation show {self._id}", err=True)


def nobody_works() -> None:
    """Say that no worker runs."""
    echo("no worker runs; start one with `driftvakt worker`, and the work begins", err=True)
