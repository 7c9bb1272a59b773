"""`driftvakt maintenance`: list, run and foresee maintenance."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.operation.following import NoWait, Reason, Rehearse, finish, start_and_follow
from starter.terminal.options import Application as Application
from starter.terminal.options import AsJson, By, at_desk, echo, echo_json, who_orders

if TYPE_CHECKING:
    from models.operation import OperationOutcome
    from models.schedules import AgendaEntry
    from starter.desk import Desk
    from starter.maintenance.service import RoutineLine

app = typer.Typer(help="List, run and foresee maintenance.", no_args_is_help=True)

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
    """List maintenance routines: how each ended last, when it is next, and whether its schedule runs."""
    lines = at_desk(lambda desk: _list(desk, applications or []))
    if as_json:
        echo_json([line.model_dump(mode="json") for line in lines])
        return
    if not lines:
        echo("no published dossier has a maintenance routine")
        return
    from starter.maintenance.page import show_routines

    show_routines(lines)


def _of_our_days(day: datetime | None) -> datetime | None:
    from models.base import OUR_TIME

    if day is not None and day.year not in OUR_TIME:
        raise typer.BadParameter(f"{day:%Y-%m-%d} is no day that can be meant; write one from 1990 to 2199")
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
    """Show the next twelve months with what stands in the way: overlaps on one application, freezes, closed windows."""
    entries = at_desk(lambda desk: _calendar(desk, applications or [], since))
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
            help="Go on where this run stopped: its failed hosts, then those that had no turn.", show_default=False
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
    """Carry a maintenance routine out now, in its window; exit 0 only if all of it went well."""
    fields = {
        "application": application,
        "routine": routine,
        "hosts": hosts or [],
        "when_open": when_open,
        "reason": reason,
        "rehearse": rehearse,
    }
    outcome = at_desk(lambda desk: _run(desk, fields, resume, by, wait=not no_wait, as_json=as_json))
    finish(outcome, as_json)


async def _list(desk: Desk, applications: list[str]) -> list[RoutineLine]:
    from starter.maintenance.service import list_routines

    return await list_routines(desk, applications)


async def _calendar(desk: Desk, applications: list[str], since: datetime | None) -> list[AgendaEntry]:
    from datetime import UTC

    from starter.maintenance.service import calendar as foreseen

    return await foreseen(desk, applications, since.date() if since else None, datetime.now(UTC))


async def _run(
    desk: Desk, fields: dict[str, Any], resume: str | None, by: str | None, *, wait: bool, as_json: bool
) -> OperationOutcome | None:
    from models.errors import UserError
    from models.maintenance import MaintenanceOrder
    from models.operation import OperationKind
    from starter.applications import require_application, require_maintenance
    from starter.desk import made
    from starter.maintenance.service import resumed
    from starter.operation.starting import by_the_clock

    application, routine = str(fields["application"]), str(fields["routine"])
    require_application(desk.settings, desk.records, application)
    require_maintenance(desk.records, application, routine, fields["hosts"])
    order = made(MaintenanceOrder, **fields, by=who_orders(desk, by, application))
    if resume is not None and order.hosts:
        raise UserError("--resume goes on with the hosts that a run left undone; leave --host out, or --resume")
    if resume is not None:
        order = await resumed(desk, order, resume)
    key, title = f"{order.routine}.{by_the_clock()}", f"Maintenance {order.routine} of {order.application}"
    return await start_and_follow(desk, OperationKind.MAINTENANCE, order, key, title, wait=wait, as_json=as_json)
