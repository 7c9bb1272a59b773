"""`driftvakt watch`: show the alarms and incidents of applications, and manage silences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import Application, AsJson, By, echo, echo_json, in_session, print_answer, print_list

if TYPE_CHECKING:
    from models.watch import WatchReply
    from starter.terminal.session import CommandSession
    from starter.watch.service import WatchLine, WatchView

app = typer.Typer(help="List the alarms and incidents of applications, and silence alarms.", no_args_is_help=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the watches, with the numbers of active alarms and open incidents."""

    def show(lines: Sequence[WatchLine]) -> None:
        from starter.watch.page import show_list

        show_list(lines)

    lines = in_session(_list)
    print_list(lines, as_json, "no application is watched; `driftvakt dossier publish PATH` starts a watch", show)


@app.command()
def show(application: Application, as_json: AsJson = False) -> None:
    """Show the active alarms, the suppressed ones among them and why, and the open incidents."""
    status = in_session(lambda session: _show(session, application))
    if as_json:
        echo_json(status)
        return
    from starter.watch.page import show_watch

    show_watch(status)


@app.command()
def silence(
    application: Application,
    span: Annotated[str, typer.Option("--for", help="How long: 2h, 1d12h; 30d at most.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Reason.", show_default=False)],
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
    """Silence alarms for a while. At the end, the watch raises the alarms that are still active.

    Without a component or a point, it silences all alarms of the application.
    """
    answer = in_session(lambda session: _silence(session, application, span, reason, component or [], point or [], by))
    print_answer(answer, as_json)


@app.command()
def silences(application: Application, as_json: AsJson = False) -> None:
    """List the active silences."""
    found = in_session(lambda session: _show(session, application)).silences
    if as_json:
        echo_json([s.model_dump(mode="json") for s in found])
    elif not found:
        echo("no silence is active")
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
    """End a silence now; the watch raises the alarms that are still active."""
    print_answer(in_session(lambda session: _lift(session, application, silence, by)), as_json)


async def _silence(
    session: CommandSession,
    application: str,
    span: str,
    reason: str,
    components: list[str],
    points: list[str],
    by: str | None,
) -> WatchReply:
    from starter.terminal.options import who_asks
    from starter.watch.service import silence

    return await silence(session, application, span, reason, who_asks(session.settings, by), components, points)


async def _lift(session: CommandSession, application: str, id: str, by: str | None) -> WatchReply:
    from starter.terminal.options import who_asks
    from starter.watch.service import lift

    return await lift(session, application, id, who_asks(session.settings, by))


async def _list(session: CommandSession) -> list[WatchLine]:
    from starter.watch.service import list_watches

    return await list_watches(session)


async def _show(session: CommandSession, application: str) -> WatchView:
    from starter.watch.service import show_watch

    return await show_watch(session, application)
