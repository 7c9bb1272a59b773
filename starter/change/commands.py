"""`driftvakt change`: submit a change, have it approved, watch it, stop it, rehearse it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.operation.following import Reason, finish, show_operations, start_and_follow
from starter.terminal.options import (
    MISUSED,
    AsJson,
    By,
    Ended,
    Limit,
    OfApplication,
    OnlyOf,
    Plan,
    Yes,
    echo,
    echo_json,
    faults,
    in_session,
    path_given,
    print_answer,
    print_list,
    print_or_write,
    require_our_time,
    stop,
    who_asks,
    who_orders,
)

if TYPE_CHECKING:
    from models.change import ChangeFile
    from models.change_file import LoadedChange
    from models.gates import DecisionReceipt
    from models.operation import OperationOutcome, OperationReply
    from starter.change.service import ChangeView
    from starter.operation.views import OperationLine
    from starter.terminal.listed import Listed
    from starter.terminal.session import CommandSession

app = typer.Typer(help="Submit, rehearse, approve, follow and stop changes.", no_args_is_help=True)

_MOMENT = "With its offset from UTC: 2026-12-06T02:00+01:00."

Id = Annotated[str, typer.Argument(help="As `list` shows it.", show_default=False)]
File = Annotated[
    Path | None,
    typer.Argument(
        parser=path_given, help="A change's file; or name a routine by --application and --routine.", show_default=False
    ),
]
Routine = Annotated[str | None, typer.Option(help="A change's routine in the dossier.", show_default=False)]
Kind = Annotated[
    str | None,
    typer.Option(help="standard, normal or emergency.", show_default="standard where the routine says so, else normal"),
]
NotBefore = Annotated[
    str | None, typer.Option("--not-before", "--since", help=f"Start of the window. {_MOMENT}", show_default=False)
]
WindowUntil = Annotated[
    str | None,
    typer.Option(
        "--window-until", "--until", help=f"End of the window: no step begins after it. {_MOMENT}", show_default=False
    ),
]
Gate = Annotated[str | None, typer.Option(help="Which question: g1.", show_default="the one that you may answer")]


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
    """Submit a change: it gets a number, the approvers read its plan, and it is carried out in its window."""
    fields = _fields(application, routine, kind, not_before, window_until, reason)
    given = _file_given(file, fields)
    outcome = in_session(lambda session: _start(session, given, fields, by, rehearse=False, wait=wait, as_json=as_json))
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
    """Show what a change would do: every command on every host, the result of each check, and how it is undone."""
    fields = _fields(application, routine, kind, None, None, reason)
    given = _file_given(file, fields)
    outcome = in_session(lambda session: _start(session, given, fields, by, rehearse=True, wait=True, as_json=as_json))
    finish(outcome, as_json)


@app.command("list")
def list_(
    application: OnlyOf = None,
    all_: Ended = False,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List the changes in progress, and the people for whom they wait."""
    found = in_session(lambda session: _list(session, application, closed=all_, limit=limit))
    print_list(found, as_json, "no change is in progress" if not all_ else "there are no changes", show_operations)


@app.command()
def show(id: Id, as_json: AsJson = False) -> None:
    """Show a change: kind, risk, blast radius, the full plan, approvals, steps, timeline and review."""
    view = in_session(lambda session: _show(session, id))
    if as_json:
        echo_json(view)
        return
    from starter.change.page import show_change

    show_change(view)


@app.command()
def approve(
    id: Id,
    by: By = None,
    note: Annotated[str, typer.Option(help="A remark on your approval.", show_default=False)] = "",
    gate: Gate = None,
    plan: Plan = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Approve a change, or an emergency change afterwards; shows the plan first. Without a terminal, give --plan or --yes."""
    print_answer(in_session(lambda session: _answer(session, id, "approve", gate, by, note, plan, yes)), as_json)


@app.command()
def reject(
    id: Id,
    note: Annotated[str, typer.Option(help="Reason.", show_default=False)],
    by: By = None,
    gate: Gate = None,
    plan: Plan = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Refuse a change, or refuse to approve an emergency change afterwards."""
    print_answer(in_session(lambda session: _answer(session, id, "refuse", gate, by, note, plan, yes)), as_json)


@app.command()
def abort(
    id: Id,
    reason: Annotated[str, typer.Option(help="Reason.", show_default=False)],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Stop a change: running commands on hosts finish, and Driftvakt rolls completed steps back."""
    print_answer(in_session(lambda session: _abort(session, id, reason, by)), as_json)


@app.command()
def schema(
    output: Annotated[
        Path | None,
        typer.Option(parser=path_given, help="Write it to this file instead of printing it.", show_default=False),
    ] = None,
) -> None:
    """Print the JSON schema of a change's file, which editors use to complete and check while you write."""
    from models.change import ChangeFile
    from models.dossier.schema import schema_text

    print_or_write(schema_text(ChangeFile), output)


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
        stop(f"{option}: {text!r} is not a time with its time zone; write it as 2026-12-06T02:00+01:00", 2)
    with faults(2):
        require_our_time(option, moment)
    return moment


def _file_given(file: Path | None, fields: dict[str, Any]) -> LoadedChange | None:
    """Return the change in a file, before the command needs a server. A file allows no further options."""
    if file is None:
        return None
    with faults(MISUSED):
        from models.errors import UserError
        from models.names import as_typed
        from starter.change.service import load_sound_change

        if given := [name for name, value in fields.items() if value is not None]:
            raise UserError(
                f"{as_typed(str(file))}: with a file, leave these options out, and write their values in the file: "
                f"{', '.join(given)}"
            )
        return load_sound_change(file)


async def _start(
    session: CommandSession,
    file: LoadedChange | None,
    fields: dict[str, Any],
    by: str | None,
    *,
    rehearse: bool,
    wait: bool,
    as_json: bool,
) -> OperationOutcome | None:
    from models.operation_kinds import CHANGE
    from starter.change.service import next_key

    wanted = _wanted(session, file, fields)
    order = wanted.order(who_orders(session, by, wanted.application), rehearse=rehearse)
    title = order.change.title if order.change else f"Change {order.routine}"
    key = await next_key(session.records, order.application)
    return await start_and_follow(session, CHANGE, order, key, title, wait=wait, as_json=as_json)


def _wanted(session: CommandSession, file: LoadedChange | None, fields: dict[str, Any]) -> ChangeFile:
    """Return the order from a file, or from the options."""
    from starter.change.service import of_routine, read_change

    if file is None:
        own = {"application", "routine", "since", "until"}
        rest = {name: value for name, value in fields.items() if value is not None and name not in own}
        return of_routine(session, *(fields[name] for name in ("application", "routine", "since", "until")), **rest)
    change, gaps = read_change(session, file)
    for gap in gaps:
        echo(str(gap), err=True)
    return change


async def _list(session: CommandSession, application: str | None, *, closed: bool, limit: int) -> Listed[OperationLine]:
    from starter.change.service import list_changes

    return await list_changes(session, application, closed=closed, limit=limit)


async def _show(session: CommandSession, id: str) -> ChangeView:
    from starter.change.service import show_change

    return await show_change(session, id)


async def _answer(
    session: CommandSession,
    id: str,
    option: str,
    gate: str | None,
    by: str | None,
    note: str,
    plan: str | None,
    yes: bool,
) -> DecisionReceipt:
    from starter.change.service import awaiting
    from starter.operation.commands import answer

    workflow, name, who = await awaiting(session, id, who_asks(session.settings, by), gate)
    return await answer(session, workflow, option, name, who, note, plan, yes)


async def _abort(session: CommandSession, id: str, reason: str, by: str | None) -> OperationReply:
    from starter.change.service import require_change
    from starter.operation import updates

    return await updates.abort(session, require_change(id), who_asks(session.settings, by), reason)
