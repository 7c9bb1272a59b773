"""`driftvakt watch`: what the watches of the applications see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from starter.commands.output import Application, AsJson, at_desk, echo_json

if TYPE_CHECKING:
    from models.watch import WatchStatus
    from starter.desk import Desk
    from starter.watches import WatchLine

app = typer.Typer(help="See what the watches of the applications see.", no_args_is_help=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the watches, with how many alarms fire and how many incidents are open."""
    lines = at_desk(_list)
    if as_json:
        typer.echo(json.dumps([line.model_dump(mode="json") for line in lines], indent=2))
    elif not lines:
        typer.echo("no application is watched; `driftvakt dossier publish PATH` begins it")
    else:
        from starter.watch_page import show_list

        show_list(lines)


@app.command()
def show(application: Application, as_json: AsJson = False) -> None:
    """Show the alarms that fire and the incidents that are open."""
    status = at_desk(lambda desk: _show(desk, application))
    if as_json:
        echo_json(status)
        return
    from starter.watch_page import show_watch

    show_watch(status)


async def _list(desk: Desk) -> list[WatchLine]:
    from starter.watches import list_watches

    return await list_watches(desk)


async def _show(desk: Desk, application: str) -> WatchStatus:
    from starter.watches import show_watch

    return await show_watch(desk, application)
