"""`driftvakt operation`: list, answer, stop and start operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.operation.following import NoWait, Reason, Rehearse, finish, show_operations, start_and_follow
from starter.terminal.options import (
    Application,
    AsJson,
    By,
    Ended,
    Gate,
    Limit,
    OnlyOf,
    Plan,
    Yes,
    be_sure,
    echo_json,
    in_session,
    print_answer,
    print_list,
    who_asks,
    who_orders,
)

if TYPE_CHECKING:
    from models.gates import DecisionReceipt
    from models.operation import OperationOutcome, OperationReply
    from models.watch import WatchReply
    from starter.operation.views import OperationLine, OperationView
    from starter.terminal.listed import Listed
    from starter.terminal.session import CommandSession

app = typer.Typer(
    help="List, answer, stop and start operations; start up and shut down applications.", no_args_is_help=True
)

Id = Annotated[str, typer.Argument(help="As `list` shows it.", show_default=False)]
Components = Annotated[
    list[str] | None,
    typer.Option("--component", "-c", help="Only this component; repeat it for several.", show_default=False),
]


@app.command("list")
def list_(
    application: OnlyOf = None,
    kind: Annotated[
        str | None, typer.Option(help="Of this kind only, such as change or restore.", show_default=False)
    ] = None,
    all_: Ended = False,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List the operations that run, and the people for whom they wait."""
    found = in_session(lambda session: _list(session, application, kind, all_, limit))
    print_list(found, as_json, "no operation is running" if not all_ else "there are no operations", show_operations)


@app.command()
def show(id: Id, as_json: AsJson = False) -> None:
    """Show an operation: state, lease, open questions with what to type, steps and timeline."""
    view = in_session(lambda session: _show(session, id))
    if as_json:
        echo_json(view)
        return
    from starter.operation.page import show_operation

    show_operation(view)


@app.command()
def decide(
    id: Id,
    option: Annotated[str, typer.Argument(help="The answer, as `show` names it.", show_default=False)],
    gate: Gate = None,
    by: By = None,
    note: Annotated[str, typer.Option(help="Reason; some answers need it.", show_default=False)] = "",
    plan: Plan = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Answer an open question; shows the question and its plan, and asks whether you are sure.

    Without a terminal, give --plan (what `operation show` prints) or --yes.
    """
    print_answer(in_session(lambda session: answer(session, id, option, gate, by, note, plan, yes)), as_json)


@app.command()
def abort(
    id: Id,
    reason: Annotated[str, typer.Option(help="Reason.", show_default=False)],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Stop an operation: running commands on hosts finish, and no new one begins."""
    print_answer(in_session(lambda session: _abort(session, id, reason, by)), as_json)


@app.command("revoke")
def revoke(
    application: Application,
    holder: Annotated[str, typer.Argument(help="The operation that holds the lease.", show_default=False)],
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Revoke the lease of an operation that hangs; hosts refuse its commands once another operation has begun."""
    print_answer(in_session(lambda session: _revoke(session, application, holder, by, yes)), as_json)


@app.command()
def start(
    kind: Annotated[str, typer.Argument(help="The kind of operation, such as start-up or drill.", show_default=False)],
    application: Application,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input", "-i", help="An input as KEY=VALUE; repeat it for several, or for a list.", show_default=False
        ),
    ] = None,
    by: By = None,
    reason: Reason = "",
    rehearse: Rehearse = False,
    no_wait: NoWait = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Start an operation of any kind with its inputs, also of a kind that another package adds."""
    common = {"reason": reason, "rehearse": rehearse}
    outcome = in_session(
        lambda session: _start(
            session, kind, application, inputs or [], by, common, yes, wait=not no_wait, as_json=as_json
        )
    )
    finish(outcome, as_json)


@app.command("start-up")
def start_up(
    application: Application,
    component: Components = None,
    by: By = None,
    reason: Reason = "",
    rehearse: Rehearse = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Start an application in the order of its dependencies; each component must be healthy before its dependants start."""
    fields = {"application": application, "components": component or None, "reason": reason, "rehearse": rehearse}
    outcome = in_session(lambda session: _in_order(session, "start-up", fields, by, wait=not no_wait, as_json=as_json))
    finish(outcome, as_json)


@app.command("shut-down")
def shut_down(
    application: Application,
    component: Components = None,
    by: By = None,
    reason: Reason = "",
    down_for: Annotated[
        str, typer.Option("--down-for", "--for", help="Length of the planned downtime: 2h, 1d; 30d at most.")
    ] = "8h",
    rehearse: Rehearse = False,
    no_wait: NoWait = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Stop an application, dependants first. A component that is still down when the planned downtime ends raises an alarm."""
    fields = {"application": application, "components": component or None, "reason": reason, "rehearse": rehearse}
    fields["down_for"] = down_for
    outcome = in_session(
        lambda session: _in_order(session, "shut-down", fields, by, yes, wait=not no_wait, as_json=as_json)
    )
    finish(outcome, as_json)


async def _start(
    session: CommandSession,
    kind: str,
    application: str,
    pairs: list[str],
    by: str | None,
    common: dict[str, Any],
    yes: bool,
    *,
    wait: bool,
    as_json: bool,
) -> OperationOutcome | None:
    from models.errors import UserError
    from models.operation import ComponentsOrder, OperationOrder
    from starter.operation.starting import find_kind, time_key
    from starter.terminal.applications import require_application
    from starter.terminal.inputs import TypedInputs

    found = find_kind(kind)
    if found.started_as != found.name:
        by_what = f"`driftvakt {found.command}` starts it" if found.command else "another operation starts it"
        raise UserError(f"this command cannot start a {found.name}; {by_what}")
    inputs = TypedInputs(f"operation {kind}", found.order, OperationOrder.model_fields)
    given = inputs.read(pairs)
    require_application(session.settings, session.records, application)
    order = inputs.build({**given, **common, "application": application, "by": who_orders(session, by, application)})
    title = order.title if isinstance(order, ComponentsOrder) else f"{found.label} of {application}"
    if not order.rehearse:
        be_sure(f"{title}?", yes)
    return await start_and_follow(session, found, order, time_key(), title, wait=wait, as_json=as_json)


async def _list(
    session: CommandSession, application: str | None, kind: str | None, all_: bool, limit: int
) -> Listed[OperationLine]:
    from models.errors import UserError
    from models.operation_kinds import operation_kinds
    from starter.operation.reading import list_operations
    from starter.terminal.applications import require_application

    require_application(session.settings, session.records, application)
    if kind is not None and kind not in operation_kinds():
        raise UserError(f"--kind: there is no kind {kind!r}; there are {', '.join(operation_kinds())}")
    return await list_operations(session, application, kind, closed=all_, limit=limit)


async def _show(session: CommandSession, id: str) -> OperationView:
    from starter.operation.reading import show_operation

    return await show_operation(session, id)


async def answer(
    session: CommandSession,
    id: str,
    option: str,
    gate: str | None,
    by: str | None,
    note: str,
    plan: str | None,
    yes: bool,
) -> DecisionReceipt:
    """Show an open question of an operation, ask whether the person is sure, and send the answer."""
    from starter.gate.questions import answer_question
    from starter.operation.updates import find_question

    question = await find_question(session, id, gate)
    return await answer_question(session, id, id, question, option, by, note, plan, yes)


async def _abort(session: CommandSession, id: str, reason: str, by: str | None) -> OperationReply:
    from starter.operation import updates

    return await updates.abort(session, id, who_asks(session.settings, by), reason)


async def _revoke(session: CommandSession, application: str, holder: str, by: str | None, yes: bool) -> WatchReply:
    from starter.operation import updates
    from starter.terminal.applications import require_application

    require_application(session.settings, session.records, application)
    who = who_orders(session, by, application)
    be_sure(f"Revoke the lease that {holder} holds on {application}?", yes)
    return await updates.revoke(session, application, holder, who)


async def _in_order(
    session: CommandSession,
    kind: str,
    fields: dict[str, Any],
    by: str | None,
    yes: bool = True,
    *,
    wait: bool,
    as_json: bool,
) -> OperationOutcome | None:
    from models.operation_kinds import operation_kinds
    from starter.operation.starting import time_key
    from starter.terminal.applications import require_application, require_components
    from starter.terminal.messages import build_message

    application = str(fields["application"])
    require_application(session.settings, session.records, application)
    require_components(session.records, application, fields["components"] or [])
    found = operation_kinds()[kind]
    order = build_message(
        found.order,
        {**fields, "by": who_orders(session, by, application)},
        {"down_for": "down-for", "components": "component"},
    )
    if not order.rehearse:
        of = f" of {application}" if not order.components.whole else ""
        be_sure(f"{order.title}{of}?", yes)
    return await start_and_follow(session, found, order, time_key(), order.title, wait=wait, as_json=as_json)
