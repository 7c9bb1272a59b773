"""`driftvakt change`: submit a change, have it approved, watch it, stop it, rehearse it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.operation.following import Reason, finish, start_and_follow
from starter.terminal.options import (
    AsJson,
    By,
    Limit,
    Yes,
    at_desk,
    echo,
    echo_json,
    faults,
    path_given,
    print_or_write,
    require_our_time,
    say_cut,
    stop,
    who_asks,
    who_orders,
)

if TYPE_CHECKING:
    from models.change import ChangeFile
    from models.gates import DecisionReceipt
    from models.operation import OperationOutcome, OperationTold
    from starter.change.service import ChangeView
    from starter.desk import Desk
    from starter.operation.views import OperationLine
    from starter.terminal.listed import Listed

app = typer.Typer(help="Submit changes, approve, watch, stop and rehearse them.", no_args_is_help=True)

_MOMENT = "With its offset from UTC: 2026-12-06T02:00+01:00."

Id = Annotated[str, typer.Argument(help="As `list` shows it: change.acme.shop.4.", show_default=False)]
File = Annotated[
    Path | None,
    typer.Argument(parser=path_given, help="A change's file; or name a routine.", show_default=False),
]
OfApplication = Annotated[
    str | None, typer.Option("--application", "-a", help="CUSTOMER.APPLICATION, as in acme.shop.", show_default=False)
]
Routine = Annotated[str | None, typer.Option(help="A change's routine in the dossier.", show_default=False)]
Kind = Annotated[
    str | None,
    typer.Option(help="standard, normal or emergency.", show_default="standard where the routine says so, else normal"),
]
NotBefore = Annotated[
    str | None, typer.Option("--not-before", "--since", help=f"Nothing is done before. {_MOMENT}", show_default=False)
]
WindowUntil = Annotated[
    str | None,
    typer.Option("--window-until", "--until", help=f"Nothing is begun after. {_MOMENT}", show_default=False),
]
Gate = Annotated[str | None, typer.Option(help="Which question: g1.", show_default="the one that you may answer")]
Plan = Annotated[
    str | None,
    typer.Option(help="First eight or more digits of the plan that you read.", show_default="those that are shown"),
]


@app.command()
def submit(
    file: File = None,
    application: OfApplication = None,
    routine: Routine = None,
    kind: Kind = None,
    not_before: NotBefore = None,
    window_until: WindowUntil = None,
    reason: Reason = "",
    by: By = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end, approvals and window included.")] = False,
    as_json: AsJson = False,
) -> None:
    """Submit a change: it gets its number, is shown to whoever must approve it, and is made in its window."""
    fields = _fields(application, routine, kind, not_before, window_until, reason)
    outcome = at_desk(lambda desk: _start(desk, file, fields, by, rehearse=False, wait=wait, as_json=as_json))
    finish(outcome, as_json)


@app.command()
def rehearse(
    file: File = None,
    application: OfApplication = None,
    routine: Routine = None,
    kind: Kind = None,
    reason: Reason = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Show what a change would do: every command on every host with its check's result, and what takes it back."""
    fields = _fields(application, routine, kind, None, None, reason)
    outcome = at_desk(lambda desk: _start(desk, file, fields, by, rehearse=True, wait=True, as_json=as_json))
    finish(outcome, as_json)


@app.command("list")
def list_(
    application: OfApplication = None,
    all_: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List the changes that are under way, with whom they wait for."""
    found = at_desk(lambda desk: _list(desk, application, closed=all_, limit=limit))
    lines = found.lines
    if as_json:
        echo_json([line.model_dump(mode="json") for line in lines])
    elif not lines:
        echo("no change is under way" if not all_ else "there has been no change")
    else:
        from starter.operation.page import show_lines

        show_lines(lines)
    say_cut(found)


@app.command()
def show(id: Id, as_json: AsJson = False) -> None:
    """Show a change: kind, risk, what it touches, the whole plan, approvals, steps, what happened and what follows it."""
    view = at_desk(lambda desk: _show(desk, id))
    if as_json:
        echo_json(view)
        return
    from starter.change.page import show_change

    show_change(view)


@app.command()
def approve(
    id: Id,
    by: By = None,
    note: Annotated[str, typer.Option(help="What you have to say to it.", show_default=False)] = "",
    gate: Gate = None,
    plan: Plan = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Approve a change, or an emergency afterwards; shows the plan first. Without a terminal, give --plan or --yes."""
    _say(at_desk(lambda desk: _answer(desk, id, "approve", gate, by, note, plan, yes)), as_json)


@app.command()
def reject(
    id: Id,
    note: Annotated[str, typer.Option(help="Why.", show_default=False)],
    by: By = None,
    gate: Gate = None,
    plan: Plan = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Refuse a change, or to approve an emergency afterwards."""
    _say(at_desk(lambda desk: _answer(desk, id, "refuse", gate, by, note, plan, yes)), as_json)


@app.command()
def abort(
    id: Id,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Stop a change: what runs on a host is brought to its end, and what was done is taken back."""
    _say(at_desk(lambda desk: _abort(desk, id, reason, by)), as_json)


@app.command()
def schema(
    output: Annotated[
        Path | None, typer.Option(help="Write it to this file instead of printing it.", show_default=False)
    ] = None,
) -> None:
    """Print the JSON schema of a change's file, which editors use to complete and check while you write."""
    from models.change import ChangeFile
    from models.dossier.schema import schema_text

    print_or_write(schema_text(ChangeFile), output)


def _say(told: DecisionReceipt | OperationTold, as_json: bool) -> None:
    if as_json:
        echo_json(told)
    else:
        echo(told.message)


def _fields(
    application: str | None,
    routine: str | None,
    kind: str | None,
    since: str | None,
    until: str | None,
    reason: str,
) -> dict[str, Any]:
    if kind not in {None, "standard", "normal", "emergency"}:
        stop(f"--kind: there is no kind {kind!r}; use standard, normal or emergency", 2)
    given = {"application": application, "routine": routine, "kind": kind, "reason": reason or None}
    return given | {"since": _moment("--not-before", since), "until": _moment("--window-until", until)}


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        stop(f"{option}: {text!r} is no moment with its time zone; write it as 2026-12-06T02:00+01:00", 2)
    with faults(2):
        require_our_time(option, moment)
    return moment


async def _start(
    desk: Desk, file: Path | None, fields: dict[str, Any], by: str | None, *, rehearse: bool, wait: bool, as_json: bool
) -> OperationOutcome | None:
    from models.operation import OperationKind
    from starter.change.service import next_key

    wanted = _wanted(desk, file, fields)
    order = wanted.order(who_orders(desk, by, wanted.application), rehearse=rehearse)
    title = order.change.title if order.change else f"Change {order.routine}"
    key = await next_key(desk.records, order.application)
    return await start_and_follow(desk, OperationKind.CHANGE, order, key, title, wait=wait, as_json=as_json)


def _wanted(desk: Desk, file: Path | None, fields: dict[str, Any]) -> ChangeFile:
    """What was submitted: a file, or what the options say; the file says it all by itself."""
    from models.errors import UserError
    from starter.change.service import of_routine, read_change

    given = {name: value for name, value in fields.items() if value is not None}
    if file is None:
        own = {"application", "routine", "since", "until"}
        rest = {name: value for name, value in given.items() if name not in own}
        return of_routine(desk, *(fields[name] for name in ("application", "routine", "since", "until")), **rest)
    if given:
        raise UserError(f"{file}: the file says it all; write {', '.join(given)} there, and leave out the options")
    change, gaps = read_change(desk, file)
    for gap in gaps:
        echo(str(gap), err=True)
    return change


async def _list(desk: Desk, application: str | None, *, closed: bool, limit: int) -> Listed[OperationLine]:
    from starter.change.service import list_changes

    return await list_changes(desk, application, closed=closed, limit=limit)


async def _show(desk: Desk, id: str) -> ChangeView:
    from starter.change.service import show_change

    return await show_change(desk, id)


async def _answer(
    desk: Desk, id: str, option: str, gate: str | None, by: str | None, note: str, plan: str | None, yes: bool
) -> DecisionReceipt:
    from starter.change.service import awaiting
    from starter.operation.commands import answer

    workflow, name, who = await awaiting(desk, id, who_asks(desk.settings, by), gate)
    return await answer(desk, workflow, option, name, who, note, plan, yes)


async def _abort(desk: Desk, id: str, reason: str, by: str | None) -> OperationTold:
    from starter.change.service import require_change
    from starter.operation import telling

    return await telling.abort(desk, require_change(id), who_asks(desk.settings, by), reason)
