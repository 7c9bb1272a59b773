"""`driftvakt watch`: what the watches of the applications see, and what they are to pass over for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import Application, AsJson, By, at_desk, echo, echo_json

if TYPE_CHECKING:
    from models.watch import WatchTold
    from starter.desk import Desk
    from starter.watch.service import WatchLine, WatchView

app = typer.Typer(help="See what the watches of the applications see, and silence alarms.", no_args_is_help=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the watches, with how many alarms fire and how many incidents are open."""
    lines = at_desk(_list)
    if as_json:
        echo_json([line.model_dump(mode="json") for line in lines])
    elif not lines:
        echo("no application is watched; `driftvakt dossier publish PATH` begins it")
    else:
        from starter.watch.page import show_list

        show_list(lines)


@app.command()
def show(application: Application, as_json: AsJson = False) -> None:
    """Show the alarms that fire, which of them are not acted on and why, and the incidents that are open."""
    status = at_desk(lambda desk: _show(desk, application))
    if as_json:
        echo_json(status)
        return
    from starter.watch.page import show_watch

    show_watch(status)


@app.command()
def silence(
    application: Application,
    span: Annotated[str, typer.Option("--for", help="How long: 2h, 1d12h; 30d at most.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)],
    component: Annotated[
        list[str] | None, typer.Option(help="Alarms of this component; repeat it for several.", show_default=False)
    ] = None,
    point: Annotated[
        list[str] | None,
        typer.Option(
            "--measuring-point",
            "--point",
            help="Alarms of this measuring point; repeat it for several.",
            show_default=False,
        ),
    ] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Let alarms that fire from now on wait until the time is over; what still fires then is raised. All of them unless named."""
    told = at_desk(lambda desk: _silence(desk, application, span, reason, component or [], point or [], by))
    _say(told, as_json)


@app.command()
def silences(application: Application, as_json: AsJson = False) -> None:
    """List the silences that hold."""
    found = at_desk(lambda desk: _show(desk, application)).silences
    if as_json:
        echo_json([s.model_dump(mode="json") for s in found])
    elif not found:
        echo("no silence holds")
    else:
        from starter.watch.page import show_silences

        show_silences(found)


@app.command()
def lift(
    application: Application,
    silence: Annotated[str, typer.Argument(help="As in s1; `silences` lists them.", show_default=False)],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """End a silence now; what still fires is raised."""
    _say(at_desk(lambda desk: _lift(desk, application, silence, by)), as_json)


def _say(told: WatchTold, as_json: bool) -> None:
    if as_json:
        echo_json(told)
    else:
        echo(told.message)


async def _silence(
    desk: Desk, application: str, span: str, reason: str, components: list[str], points: list[str], by: str | None
) -> WatchTold:
    from starter.terminal.options import who_asks
    from starter.watch.service import silence

    return await silence(desk, application, span, reason, who_asks(desk.settings, by), components, points)


async def _lift(desk: Desk, application: str, id: str, by: str | None) -> WatchTold:
    from starter.terminal.options import who_asks
    from starter.watch.service import lift

    return await lift(desk, application, id, who_asks(desk.settings, by))


async def _list(desk: Desk) -> list[WatchLine]:
    from starter.watch.service import list_watches

    return await list_watches(desk)


async def _show(desk: Desk, application: str) -> WatchView:
    from starter.watch.service import show_watch

    return await show_watch(desk, application)
