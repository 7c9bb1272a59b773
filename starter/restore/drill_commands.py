"""`driftvakt drill`: practise restores, and see what they have proven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.operation.following import NoWait, Reason, Rehearse, finish
from starter.restore.commands import Name, held_of, start
from starter.terminal.options import Application, AsJson, By, at_desk, echo, echo_json

if TYPE_CHECKING:
    from starter.desk import Desk
    from starter.restore.service import DrillLine

app = typer.Typer(help="Practise restores, and see what they have proven.", no_args_is_help=True)


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
    """Restore into a scratch place, verify, time it and remove it again; a drill that fails opens an incident."""
    fields = {"application": application, "restore": name, "point": point, "reason": reason, "rehearse": rehearse}
    finish(at_desk(lambda desk: start(desk, "drill", fields, by, wait=not no_wait, as_json=as_json)), as_json)


@app.command("list")
def list_(
    application: Annotated[
        str | None, typer.Option("--application", "-a", help="Of this application only.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List every restore with its last drill beside what was agreed; exit 1 where one is overdue or has failed."""
    lines = at_desk(lambda desk: _list(desk, application))
    if as_json:
        echo_json([line.model_dump(mode="json") for line in lines])
    elif not lines:
        echo("no dossier has a restore")
    else:
        from starter.restore.page import show_drills

        show_drills(lines)
    if any(line.overdue or (line.last is not None and line.last.end == "failed") for line in lines):
        raise typer.Exit(1)


@app.command()
def trend(application: Application, name: Name, as_json: AsJson = False) -> None:
    """Show what the drills of one restore have achieved, the latest first."""
    lines = at_desk(lambda desk: held_of(desk, "drill", application, name))
    if as_json:
        echo_json([line.model_dump(mode="json") for line in lines])
    elif not lines:
        echo(f"{name} of {application} has never been drilled")
    else:
        from starter.restore.page import show_trend

        show_trend(lines)


async def _list(desk: Desk, application: str | None) -> list[DrillLine]:
    from datetime import UTC, datetime

    from starter.applications import require_application
    from starter.restore.service import drills

    if application is not None:
        require_application(desk.settings, desk.records, application)
    names = [application] if application else desk.records.applications()
    return drills(desk.records, names, datetime.now(UTC))
