"""`driftvakt routine`: list the routines, order one, and list past orders."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from starter.operation.following import NoWait, Reason, Rehearse, finish, start_and_follow
from starter.terminal.options import (
    AsJson,
    By,
    Limit,
    OnlyOf,
    echo,
    echo_json,
    echo_line,
    faults,
    in_session,
    print_cut,
    who_asks,
)

if TYPE_CHECKING:
    from models.operation import OperationOutcome
    from starter.routine.service import RoutineEntry
    from starter.terminal.session import CommandSession

app = typer.Typer(help="Order extended routines, and list the orders.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="As `list` shows it.", show_default=False)]
Of = Annotated[
    str, typer.Option("--application", "-a", help="CUSTOMER.APPLICATION, as in acme.shop.", show_default=False)
]


@app.command("list")
def list_(
    application: OnlyOf = None,
    as_json: AsJson = False,
) -> None:
    """List the routines that may be ordered, with the orders of this month and the agreed number."""
    with faults():
        from models.settings import load_settings
        from starter.routine.service import catalogue
        from starter.terminal.session import open_records

        with open_records(load_settings()) as records:
            found = catalogue(records, application)
    if as_json:
        echo_json([one.model_dump(mode="json") for one in found])
    elif not found:
        echo("no routine may be ordered")
    for one in [] if as_json else found:
        echo_line(f"{one.application}  {one.name}  {one.title}{_used(one)}")


@app.command()
def show(name: Name, application: Of, as_json: AsJson = False) -> None:
    """Show a routine: who may order it, its inputs, its lead time, and how to order it in the Temporal UI."""
    with faults():
        from models.settings import load_settings
        from starter.routine.service import entry
        from starter.terminal.session import open_records

        with open_records(load_settings()) as records:
            found = entry(records, application, name)
    if as_json:
        echo_json(found)
        return
    lines = [
        f"{found.title} ({found.application} {found.name}){_used(found)}",
        f"ordered by: {', '.join(found.ordered_by) or 'nobody'}",
        f"approved by: {', '.join(found.approval) or 'nobody'}",
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
            help="Requested time, with its zone: 2026-03-01T08:00+01:00.",
            formats=["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"],
            show_default="as soon as the lead time allows",
        ),
    ] = None,
    by: By = None,
    reason: Reason = "",
    rehearse: Rehearse = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Order a routine, and follow it to its end unless --no-wait is given; exit 0 only if it succeeded."""

    async def place(session: CommandSession) -> OperationOutcome | None:
        import asyncio

        from models.operation_kinds import ROUTINE
        from models.routine import RoutineOrder
        from starter.operation.starting import time_key
        from starter.routine.service import read_pairs, require_order
        from starter.terminal.messages import build_message

        wanted = build_message(
            RoutineOrder,
            {
                "application": application,
                "routine": name,
                "by": who_asks(session.settings, by),
                "inputs": read_pairs(inputs or []),
                "at": at,
                "reason": reason,
                "rehearse": rehearse,
            },
        )
        title = await asyncio.to_thread(require_order, session.records, wanted)
        key = f"{name}.{time_key()}"
        return await start_and_follow(session, ROUTINE, wanted, key, title, wait=not no_wait, as_json=as_json)

    finish(in_session(place), as_json)


@app.command()
def status(
    application: OnlyOf = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List the orders, the latest first, with their outcomes; `driftvakt operation show ID` shows one in full."""
    with faults():
        from models.operation_kinds import ROUTINE
        from models.settings import load_settings
        from starter.terminal.applications import require_application
        from starter.terminal.listed import Listed
        from starter.terminal.session import open_records

        settings = load_settings()
        with open_records(settings) as records:
            require_application(settings, records, application)
            kind = ROUTINE.name
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
        print_cut(found)
        echo_json(shown)
        return
    if not rows:
        echo("no routine was ordered")
    for row in rows:
        ended = f"{row.outcome}: {row.summary}" if row.outcome else row.state
        echo_line(f"{row.opened_at:%Y-%m-%d %H:%M} UTC  {row.id}  by {row.opened_by}  {ended}")
    print_cut(found)


def _used(one: RoutineEntry) -> str:
    return "" if one.per_month is None else f"  {one.ordered_this_month} of {one.per_month} this month"
