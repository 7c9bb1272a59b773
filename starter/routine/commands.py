"""`driftvakt routine`: what may be ordered of the supplier, ordering it, and what became of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from starter.operation.following import NoWait, Reason, Rehearse, finish, start_and_follow
from starter.terminal.options import AsJson, By, Limit, at_desk, echo, echo_json, echo_line, faults, say_cut, who_asks

if TYPE_CHECKING:
    from models.operation import OperationOutcome
    from starter.desk import Desk
    from starter.routine.service import RoutineEntry

app = typer.Typer(help="Order extended routines, and see what became of them.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="As `list` shows it.", show_default=False)]
Of = Annotated[
    str, typer.Option("--application", "-a", help="CUSTOMER.APPLICATION, as in acme.shop.", show_default=False)
]


@app.command("list")
def list_(
    application: Annotated[
        str | None, typer.Option("--application", "-a", help="Of this application only.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the routines that may be ordered, with what was ordered this month of what is agreed."""
    with faults():
        from models.settings import load_settings
        from starter.desk import reading_records
        from starter.routine.service import catalogue

        with reading_records(load_settings()) as records:
            found = catalogue(records, application)
    if as_json:
        echo_json([one.model_dump(mode="json") for one in found])
    elif not found:
        echo("no routine may be ordered")
    for one in [] if as_json else found:
        echo_line(f"{one.application}  {one.name}  {one.title}{_used(one)}")


@app.command()
def show(name: Name, application: Of, as_json: AsJson = False) -> None:
    """Show a routine: who may order it, what it must be given, when it can be had, and how to order it in the Temporal UI."""
    with faults():
        from models.settings import load_settings
        from starter.desk import reading_records
        from starter.routine.service import entry

        with reading_records(load_settings()) as records:
            found = entry(records, application, name)
    if as_json:
        echo_json(found)
        return
    lines = [
        f"{found.title} ({found.application} {found.name}){_used(found)}",
        f"ordered by: {', '.join(found.ordered_by) or 'nobody'}",
        f"approved by: {', '.join(found.approval) or 'nobody has to'}",
        f"lead time: {found.lead_time or 'none'}",
        *(f"input {i.name}{'' if i.required else ' (optional)'}: {i.label}; {i.must_be}" for i in found.inputs),
        f"in the UI, start the workflow `routine` with: {json.dumps(found.sample, ensure_ascii=False)}",
    ]
    for line in lines:
        echo_line(line)


@app.command()
def order(
    name: Name,
    application: Of,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", help="An input as NAME=VALUE; repeat it for several.", show_default=False),
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            help="When it is wanted, with its zone; as soon as its lead time allows unless given.",
            formats=["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"],
            show_default=False,
        ),
    ] = None,
    by: By = None,
    reason: Reason = "",
    rehearse: Rehearse = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Order a routine and, unless told otherwise, follow it to its end; exit 0 only if it went well."""

    async def place(desk: Desk) -> OperationOutcome | None:
        import asyncio

        from models.operation import OperationKind
        from models.routine import RoutineOrder
        from starter.desk import made
        from starter.operation.starting import by_the_clock
        from starter.routine.service import read_pairs, require_order

        wanted = made(
            RoutineOrder,
            application=application,
            routine=name,
            by=who_asks(desk.settings, by),
            inputs=read_pairs(inputs or []),
            at=at,
            reason=reason,
            rehearse=rehearse,
        )
        title = await asyncio.to_thread(require_order, desk.records, wanted)
        key = f"{name}.{by_the_clock()}"
        kind = OperationKind.ROUTINE
        return await start_and_follow(desk, kind, wanted, key, title, wait=not no_wait, as_json=as_json)

    finish(at_desk(place), as_json)


@app.command()
def status(
    application: Annotated[
        str | None, typer.Option("--application", "-a", help="Of this application only.", show_default=False)
    ] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List the orders, the latest first, and how each ended; `driftvakt operation show ID` tells all of one."""
    with faults():
        from models.operation import OperationKind
        from models.settings import load_settings
        from starter.applications import require_application
        from starter.desk import reading_records
        from starter.terminal.listed import Listed

        settings = load_settings()
        with reading_records(settings) as records:
            if application is not None:
                require_application(settings, records, application)
            kind = OperationKind.ROUTINE.value
            rows = records.operations(application, kind=kind, limit=limit)
            found = Listed(rows, records.count_operations(application, kind=kind))
    if as_json:
        shown = [
            {
                "id": row.id,
                "routine": row.name,
                "by": row.opened_by,
                "at": row.opened_at.isoformat(),
                "state": row.state,
                "outcome": row.outcome,
                "summary": row.summary,
                "inputs": row.data.get("inputs", {}),
            }
            for row in rows
        ]
        say_cut(found)
        echo_json(shown)
        return
    if not rows:
        echo("nothing was ordered")
    for row in rows:
        ended = f"{row.outcome}: {row.summary}" if row.outcome else row.state
        echo_line(f"{row.opened_at:%Y-%m-%d %H:%M} UTC  {row.id}  by {row.opened_by}  {ended}")
    say_cut(found)


def _used(one: RoutineEntry) -> str:
    return "" if one.per_month is None else f"  {one.ordered_this_month} of {one.per_month} this month"
