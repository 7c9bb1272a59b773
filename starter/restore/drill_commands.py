"""`driftvakt drill`: run restore drills, and show their results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from starter.operation.following import NoWait, Reason, Rehearse, finish
from starter.restore.commands import Name, held_of, start
from starter.terminal.options import Application, AsJson, By, OnlyOf, in_session, print_list

if TYPE_CHECKING:
    from starter.restore.service import DrillLine, ProofLine
    from starter.terminal.session import CommandSession

app = typer.Typer(help="Run restore drills, and list their results.", no_args_is_help=True)


@app.command()
def run(
    application: Application,
    name: Name,
    point: Annotated[str, typer.Option(help="latest, the id of a restore point, or a time with its zone.")] = "latest",
    by: By = None,
    reason: Reason = "",
    rehearse: Rehearse = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into a temporary place, verify and time the restore, and remove it again."""
    fields = {"application": application, "restore": name, "point": point, "reason": reason, "rehearse": rehearse}
    finish(in_session(lambda session: start(session, "drill", fields, by, wait=not no_wait, as_json=as_json)), as_json)


@app.command("list")
def list_(
    application: OnlyOf = None,
    as_json: AsJson = False,
) -> None:
    """List every restore with its last drill and the agreed values; exit 1 if a drill is overdue or has failed."""

    def show(lines: Sequence[DrillLine]) -> None:
        from starter.restore.page import show_drills

        show_drills(lines)

    lines = in_session(lambda session: _list(session, application))
    print_list(lines, as_json, "no dossier has a restore", show)
    if any(line.overdue or (line.last is not None and line.last.end == "failed") for line in lines):
        raise typer.Exit(1)


@app.command()
def trend(application: Application, name: Name, as_json: AsJson = False) -> None:
    """Show the results of the drills of one restore, the latest first."""

    def show(lines: Sequence[ProofLine]) -> None:
        from starter.restore.page import show_trend

        show_trend(lines)

    lines = in_session(lambda session: held_of(session, "drill", application, name))
    print_list(lines, as_json, f"{name} of {application} has never been drilled", show)


async def _list(session: CommandSession, application: str | None) -> list[DrillLine]:
    from datetime import UTC, datetime

    from starter.restore.service import drills
    from starter.terminal.applications import require_application

    require_application(session.settings, session.records, application)
    names = [application] if application else session.records.applications()
    return drills(session.records, names, datetime.now(UTC))
