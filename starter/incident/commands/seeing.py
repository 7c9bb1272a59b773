"""`driftvakt incident list`, `show` and `clock`: how incidents stand, and what their clocks counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.incident.commands.arguments import Id, OfApplication
from starter.terminal.options import AsJson, Limit, at_desk, echo, echo_json, faults, say_cut

if TYPE_CHECKING:
    from models.settings import Settings
    from starter.desk import Desk
    from starter.incident.views import IncidentLine, IncidentView
    from starter.terminal.listed import Listed


def list_(
    open_only: Annotated[
        bool, typer.Option("--open/--all", help="Only those that are open, or closed ones too.")
    ] = True,
    application: OfApplication = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List incidents: the open ones, the most urgent first; with --all the closed ones too, the latest first."""
    found = at_desk(lambda desk: _list(desk, application, open_only, limit))
    lines = found.lines
    if as_json:
        echo_json([line.model_dump(mode="json") for line in lines])
    elif not lines:
        echo("no incident is open" if open_only else "there are no incidents")
    else:
        from starter.incident.page import show_lines

        show_lines(lines)
    say_cut(found)


def show(id: Id, application: OfApplication = None, as_json: AsJson = False) -> None:
    """Show one: who leads it, its clocks, what it asks and how to answer, what happened and which commands ran."""
    with faults():
        from models.settings import load_settings

        view = _view(load_settings(), id, application)
    if as_json:
        echo_json(view)
        return
    from starter.incident.page import show_incident

    show_incident(view)


def clock(id: Id, application: OfApplication = None, as_json: AsJson = False) -> None:
    """Explain the service-level clocks of an incident: every minute that ran, was paused and why, or lay outside hours."""
    with faults():
        from models.settings import load_settings
        from starter.incident.clocks import read_clock

        clocks = read_clock(load_settings(), id, application)
    if clocks.doubt:
        echo(clocks.doubt, err=True)
    if as_json:
        echo_json(clocks.reading)
        return
    from starter.clock.page import show_clock

    show_clock(clocks.reading, clocks.name)


def _view(settings: Settings, text: str, application: str | None) -> IncidentView:
    """From Temporal; while it is away, from the records, which says so."""
    import asyncio

    from models.errors import TemporalUnavailableError
    from starter.desk import desk, reading_records
    from starter.incident.naming import workflow_id
    from starter.incident.reading import recorded_incident, show_incident

    async def ask(id: str) -> IncidentView:
        async with desk(settings) as opened:
            return await show_incident(opened, id)

    with reading_records(settings) as records:
        id = workflow_id(text, application, records.applications)
        try:
            return asyncio.run(ask(id))
        except TemporalUnavailableError as error:
            view = recorded_incident(records, settings, id, lost=False)
            echo(f"{error}; this is what the records have", err=True)
            return view


async def _list(desk: Desk, application: str | None, open_only: bool, limit: int) -> Listed[IncidentLine]:
    from starter.applications import require_application
    from starter.incident.reading import list_incidents

    if application is not None:
        require_application(desk.settings, desk.records, application)
    return await list_incidents(desk, application, closed=not open_only, limit=limit)
