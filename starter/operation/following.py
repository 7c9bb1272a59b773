"""What the commands that start operations share: start it, follow it with a line whenever it stands otherwise, and say how it
ended.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import WENT_WRONG, echo, echo_json

if TYPE_CHECKING:
    from models.operation import OperationKind, OperationOrder, OperationOutcome, OperationStatus
    from starter.desk import Desk

Rehearse = Annotated[bool, typer.Option("--rehearse", help="Say what would be done on which host, and change nothing.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Start it and return at once.")]
Reason = Annotated[str, typer.Option(help="Why; it shows in the Temporal UI and in the record.", show_default=False)]

_WELL = {"done", "nothing-to-do", "rehearsed"}


async def start_and_follow(
    desk: Desk, kind: OperationKind, order: OperationOrder, key: str, title: str, *, wait: bool, as_json: bool
) -> OperationOutcome | None:
    """Start an operation and, if wanted, follow it to its end; None when nobody waits for it."""
    from starter.operation.starting import OperationFollower, follow_operation, start_operation
    from starter.runbook.catalogue import workflow_url

    handle = await start_operation(desk.client, kind, order, key, title)
    url = workflow_url(handle.id, desk.settings)
    if not wait:
        echo_json({"operation": handle.id, "url": url}) if as_json else echo(f"started {handle.id}: {url}")
        return None
    echo(f"started {handle.id}: {url}", err=True)
    return await follow_operation(desk.client, handle, OperationFollower(Lines(handle.id), _nobody_works))


def finish(outcome: OperationOutcome | None, as_json: bool) -> None:
    """Print how it ended; exit 1 unless it ended well."""
    if outcome is None:
        return
    if as_json:
        echo_json(outcome)
    else:
        from starter.operation.page import show_outcome

        show_outcome(outcome)
    if outcome.end.value not in _WELL:
        raise typer.Exit(WENT_WRONG)


class Lines:
    """Prints a line to stderr whenever an operation stands otherwise than before."""

    def __init__(self, id: str) -> None:
        self._id = id
        self._said = ""
        self._asked: set[str] = set()

    def __call__(self, status: OperationStatus) -> None:
        """Say what is new."""
        progress = f" · {status.progress}" if status.progress else ""
        line = f"{status.state.value}: {status.doing}{progress}"
        if line != self._said:
            self._said = line
            echo(line, err=True)
        for gate in status.gates:
            if gate.id not in self._asked:
                self._asked.add(gate.id)
                who = gate.who(datetime.now(UTC))
                echo(
                    f"waits for {who} to decide: {gate.question.text} `driftvakt operation show {self._id}` says how",
                    err=True,
                )


def _nobody_works() -> None:
    echo("no worker takes workflows just now; it begins once one is started (driftvakt worker)", err=True)
