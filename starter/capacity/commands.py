"""`driftvakt capacity`: forecast the use of resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import Application, AsJson, echo_json, faults, number

if TYPE_CHECKING:
    from models.capacity import ResourceClass

app = typer.Typer(help="Capacity: when resources reach their limits.", no_args_is_help=True)

_LONGEST = 400
"""Days of the longest horizon."""
_HIGHEST = 1e15


@app.callback()
def capacity() -> None:
    """Capacity: when resources reach their limits."""


@app.command()
def forecast(
    samples: Annotated[
        str,
        typer.Argument(
            metavar="SAMPLES", help="CSV file with the columns day,value; - reads standard input.", show_default=False
        ),
    ],
    limit: Annotated[
        float | None,
        typer.Option(
            parser=number(-_HIGHEST, _HIGHEST),
            metavar="NUMBER",
            help="The limit, in the unit of the values.",
            show_default=False,
        ),
    ] = None,
    headroom: Annotated[
        float,
        typer.Option(
            parser=number(0, 90), metavar="PERCENT", help="Percentage of the limit that must stay free, 0 to 90."
        ),
    ] = 0,
    falls: Annotated[
        bool, typer.Option("--falls", help="The limit is a floor: the use must not fall below it.")
    ] = False,
    horizon: Annotated[str, typer.Option(help="How far ahead, in whole days: 90d, 13w.")] = "90d",
    changes: Annotated[
        str | None,
        typer.Option(help="File with the days of recorded changes, one on each line.", show_default=False),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--class",
            help="The kind of resource: disk, memory, cpu, traffic, connections, licences.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Forecast the daily use of a resource, and when it reaches its limit. The command needs no server."""
    with faults(2):
        from activities.capacity.forecast import Asked
        from activities.capacity.forecast import forecast as forecasted
        from activities.capacity.use_file import read_changes, read_use

        asked = Asked(_days(horizon), limit=_limit(limit, headroom, falls=falls), falls=falls, kind=_class(kind))
        found = forecasted(read_use(samples), asked, read_changes(changes) if changes is not None else ())
    if as_json:
        echo_json(found)
        return
    from starter.capacity.page import show_forecast

    show_forecast(found, falls=falls)


@app.command()
def show(application: Application, as_json: AsJson = False) -> None:
    """Show the resources of the capacity plan, with their forecasts from the history and the days to decide by."""
    with faults():
        from datetime import UTC, datetime

        from activities.capacity.outlook import outlook_of
        from activities.history.store import HistoryStore
        from models.errors import UserError
        from models.settings import load_settings
        from starter.terminal.applications import require_application
        from starter.terminal.session import open_records

        settings, now = load_settings(), datetime.now(UTC)
        with open_records(settings) as records:
            require_application(settings, records, application)
            dossier = records.current_dossier(application)
            if dossier is None or not dossier.capacity.resources:
                raise UserError(f"the dossier of {application} plans no resource; add one under capacity.resources")
            history = HistoryStore(records.database, records.dossier, lambda: now)
            found = outlook_of(records, history, dossier, now)
    if as_json:
        echo_json(found)
        return
    from starter.capacity.page import show_outlook

    show_outlook(found)


def _days(horizon: str) -> int:
    from datetime import timedelta

    from models.base import parse_duration
    from models.errors import UserError

    try:
        span = parse_duration(horizon)
    except ValueError as error:
        raise UserError(f"--horizon: {error}") from None
    if span % timedelta(days=1) or not 1 <= span.days <= _LONGEST:
        raise UserError(f"--horizon: {horizon!r} must be 1 to {_LONGEST} whole days, as in 90d")
    return span.days


def _limit(limit: float | None, headroom: float, *, falls: bool) -> float | None:
    from models.capacity import with_headroom
    from models.errors import UserError

    if limit is None:
        if headroom or falls:
            raise UserError("--headroom and --falls need a limit; add --limit")
        return None
    return with_headroom(limit, headroom, falls=falls)


def _class(kind: str | None) -> ResourceClass | None:
    from models.capacity import ResourceClass
    from models.errors import UserError

    if kind is None:
        return None
    try:
        return ResourceClass(kind)
    except ValueError:
        raise UserError(f"--class: {kind!r} is no class of resources; give one of {', '.join(ResourceClass)}") from None
