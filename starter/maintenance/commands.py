"""`driftvakt maintenance`: list, run and plan maintenance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.operation.following import NoWait, Reason, Rehearse, finish, start_and_follow
from starter.terminal.options import Application as Application
from starter.terminal.options import AsJson, By, echo_json, in_session, print_list, who_orders

if TYPE_CHECKING:
    from models.operation import OperationOutcome
    from models.schedules import AgendaEntry
    from starter.maintenance.service import RoutineLine
    from starter.terminal.session import CommandSession

app = typer.Typer(help="List, run and plan maintenance.", no_args_is_help=True)

Applications = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="APPLICATION",
        help="Only these, each as CUSTOMER.APPLICATION.",
        show_default="every application whose dossier is published",
    ),
]


@app.command("list")
def list_(applications: Applications = None, as_json: AsJson = False) -> None:
    """List maintenance routines with their last result, their next run, and their schedule."""
    lines = in_session(lambda session: _list(session, applications or []))

    def show(found: Sequence[RoutineLine]) -> None:
        from starter.maintenance.page import show_routines

        show_routines(found)

    print_list(lines, as_json, "no published dossier has a maintenance routine", show)


def _of_our_days(day: datetime | None) -> datetime | None:
    from models.base import OUR_TIME

    if day is not None and day.year not in OUR_TIME:
        raise typer.BadParameter(f"{day:%Y-%m-%d} is outside the supported years; write a day from 1990 to 2199")
    return day


@app.command()
def calendar(
    applications: Applications = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            help="First day, as 2026-03-01, from midnight in the time zone of each routine.",
            show_default="today",
            callback=_of_our_days,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the next twelve months, with conflicts: overlaps on one application, freezes, closed windows."""
    entries = in_session(lambda session: _calendar(session, applications or [], since))
    if as_json:
        echo_json([entry.model_dump(mode="json") for entry in entries])
        return
    from starter.maintenance.page import show_calendar

    show_calendar(entries)


@app.command()
def run(
    application: Application,
    routine: Annotated[str, typer.Argument(help="Its name in the dossier, as `list` shows it.", show_default=False)],
    hosts: Annotated[
        list[str] | None,
        typer.Option("--host", help="Only this host; repeat it for several, in their order.", show_default=False),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            help="Continue this run: its failed hosts, then the hosts that it did not reach.", show_default=False
        ),
    ] = None,
    when_open: Annotated[
        bool, typer.Option("--when-open", help="Wait until the window opens, if it is closed.")
    ] = False,
    by: By = None,
    reason: Reason = "",
    rehearse: Rehearse = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Run a maintenance routine now, if its window is open; exit 0 only if every step succeeded."""
    fields = {
        "application": application,
        "routine": routine,
        "hosts": hosts or [],
        "when_open": when_open,
        "reason": reason,
        "rehearse": rehearse,
    }
    outcome = in_session(lambda session: _run(session, fields, resume, by, wait=not no_wait, as_json=as_json))
    finish(outcome, as_json)


async def _list(session: CommandSession, applications: list[str]) -> list[RoutineLine]:
    from starter.maintenance.service import list_routines

    return await list_routines(session, applications)


async def _calendar(session: CommandSession, applications: list[str], since: datetime | None) -> list[AgendaEntry]:
    from datetime import UTC

    from starter.maintenance.service import calendar as foreseen

    return await foreseen(session, applications, since.date() if since else None, datetime.now(UTC))


async def _run(
    session: CommandSession, fields: dict[str, Any], resume: str | None, by: str | None, *, wait: bool, as_json: bool
) -> OperationOutcome | None:
    from models.errors import UserError
    from models.maintenance import MaintenanceOrder
    from models.operation_kinds import MAINTENANCE
    from starter.maintenance.service import resumed
    from starter.operation.starting import time_key
    from starter.terminal.applications import require_application, require_maintenance
    from starter.terminal.messages import build_message

    application, routine = str(fields["application"]), str(fields["routine"])
    require_application(session.settings, session.records, application)
    require_maintenance(session.records, application, routine, fields["hosts"])
    order = build_message(MaintenanceOrder, {**fields, "by": who_orders(session, by, application)})
    if resume is not None and order.hosts:
        raise UserError("--resume continues with the hosts that a run did not finish; leave --host out, or --resume")
    if resume is not None:
        order = await resumed(session, order, resume)
    key, title = f"{order.routine}.{time_key()}", f"Maintenance {order.routine} of {order.application}"
    return await start_and_follow(session, MAINTENANCE, order, key, title, wait=wait, as_json=as_json)
