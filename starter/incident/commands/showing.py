"""`driftvakt incident list`, `show` and `clock`: incidents and their service-level clocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from starter.incident.commands.arguments import Id
from starter.terminal.options import (
    AsJson,
    Limit,
    OfApplication,
    echo,
    echo_json,
    faults,
    in_session,
    print_list,
)

if TYPE_CHECKING:
    from models.settings import Settings
    from starter.incident.views import IncidentLine, IncidentView
    from starter.terminal.listed import Listed
    from starter.terminal.session import CommandSession


def list_(
    open_only: Annotated[bool, typer.Option("--open/--all", help="Only the open ones, or all.")] = True,
    application: OfApplication = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List incidents: the open ones, the most urgent first; with --all the closed ones too, the latest first."""

    def show(lines: Sequence[IncidentLine]) -> None:
        from starter.incident.page import show_lines

        show_lines(lines)

    found = in_session(lambda session: _list(session, application, open_only, limit))
    print_list(found, as_json, "no incident is open" if open_only else "there are no incidents", show)


def show(id: Id, application: OfApplication = None, as_json: AsJson = False) -> None:
    """Show an incident: lead, clocks, open questions with how to answer them, timeline, and the commands that ran."""
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
    if clocks.warning:
        echo(clocks.warning, err=True)
    if as_json:
        echo_json(clocks.reading)
        return
    from starter.clock.page import show_clock

    show_clock(clocks.reading, clocks.name)


def _view(settings: Settings, text: str, application: str | None) -> IncidentView:
    """Return the view from Temporal, or from the records while Temporal is unavailable."""
    import asyncio

    from models.errors import TemporalUnavailableError
    from starter.incident.naming import workflow_id
    from starter.incident.reading import recorded_incident, show_incident
    from starter.terminal.session import open_records, open_session

    async def ask(id: str) -> IncidentView:
        async with open_session(settings) as opened:
            return await show_incident(opened, id)

    with open_records(settings) as records:
        id = workflow_id(text, application, records.applications)
        try:
            return asyncio.run(ask(id))
        except TemporalUnavailableError as error:
            view = recorded_incident(records, settings, id, lost=False)
            echo(f"{error}; this is from the records", err=True)
            return view


async def _list(session: CommandSession, application: str | None, open_only: bool, limit: int) -> Listed[IncidentLine]:
    from starter.incident.reading import list_incidents
    from starter.terminal.applications import require_application

    require_application(session.settings, session.records, application)
    return await list_incidents(session, application, closed=not open_only, limit=limit)
