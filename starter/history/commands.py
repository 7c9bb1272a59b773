"""`driftvakt history`: show how measuring points have been, and their figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.history.each import Each
from starter.terminal.options import Application, AsJson, echo, echo_json, faults

if TYPE_CHECKING:
    from datetime import datetime

    from starter.history.reading import AskedHistory


def history(
    application: Application,
    point: Annotated[
        str | None, typer.Argument(help="Measuring point, as the dossier names it.", show_default="all of them")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="First month, day or moment (UTC): 2026-05, 2026-05-14, 2026-05-14T08:30:00Z.",
            show_default="24 hours before now, and with --each day six days",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--to", help="Last month, day or moment (UTC).", show_default="the end of --from, or now"),
    ] = None,
    each: Annotated[
        Each | None,
        typer.Option(
            help="Print a line for each of these.",
            show_default="point; with a measuring point, day",
            case_sensitive=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how measuring points have been: up, down or without data, by point, day, hour or span, with their figures."""
    with faults():
        from datetime import UTC, datetime

        from models.settings import load_settings
        from starter.history.reading import read_history
        from starter.terminal.applications import require_application
        from starter.terminal.session import open_records

        settings, now = load_settings(), datetime.now(UTC)
        asked = _asked(application, point, since, until, each, now)
        with open_records(settings) as records:
            require_application(settings, records, application)
            found = read_history(records, asked, now)
    for day in found.unfolded:
        echo(f"{day.point} has no data on {day.day} (UTC): {day.why}", err=True)
    if as_json:
        echo_json([line.model_dump(mode="json") for line in found.lines])
    elif found.lines:
        from starter.history.page import show_history

        show_history(application, found)
    else:
        echo(found.why_none)


def _asked(
    application: str, point: str | None, since: str | None, until: str | None, each: Each | None, now: datetime
) -> AskedHistory:
    from datetime import timedelta

    from activities.availability.periods import AskedTime
    from activities.history.days import day_of, day_start
    from models.errors import UserError
    from starter.history.reading import AskedHistory

    each = each or (Each.POINT if point is None else Each.DAY)
    if since is not None:
        begins, ends = AskedTime(since, until).within("UTC")
    elif until is not None:
        raise UserError("--to needs --from; name the first month, day or moment, too")
    else:
        ends = now
        begins = day_start(day_of(now)) - timedelta(days=6) if each is Each.DAY else now - timedelta(hours=24)
    return AskedHistory(application, point, begins, ends, each)
