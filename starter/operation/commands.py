"""`driftvakt operation`: what is done to applications on purpose: see it, answer it, stop it; start up and shut down."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.operation.following import NoWait, Reason, Rehearse, finish, start_and_follow
from starter.terminal.options import (
    Application,
    AsJson,
    By,
    Limit,
    Yes,
    at_desk,
    be_sure,
    echo,
    echo_json,
    require_plan,
    say_cut,
    who_asks,
    who_orders,
)

if TYPE_CHECKING:
    from models.gates import DecisionReceipt
    from models.operation import OperationOutcome, OperationTold
    from models.watch import WatchTold
    from starter.desk import Desk
    from starter.operation.views import OperationLine, OperationView
    from starter.terminal.listed import Listed

app = typer.Typer(help="See, answer and stop operations; start up and shut down applications.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="As `list` shows it: start-up.acme.shop.20260301-1200.", show_default=False)]
Components = Annotated[
    list[str] | None,
    typer.Option("--component", "-c", help="Only this component; repeat it for several.", show_default=False),
]


@app.command("list")
def list_(
    application: Annotated[
        str | None, typer.Option("--application", "-a", help="Of this application only.", show_default=False)
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="Of this kind only: change, maintenance, restore, ...", show_default=False)
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List the operations that run, with whom they wait for."""
    found = at_desk(lambda desk: _list(desk, application, kind, all_, limit))
    lines = found.lines
    if as_json:
        echo_json([line.model_dump(mode="json") for line in lines])
    elif not lines:
        echo("no operation is under way" if not all_ else "there has been no operation")
    else:
        from starter.operation.page import show_lines

        show_lines(lines)
    say_cut(found)


@app.command()
def show(id: Id, as_json: AsJson = False) -> None:
    """Show where an operation stands: lease, open questions with what to type, steps, what happened."""
    view = at_desk(lambda desk: _show(desk, id))
    if as_json:
        echo_json(view)
        return
    from starter.operation.page import show_operation

    show_operation(view)


@app.command()
def decide(
    id: Id,
    option: Annotated[str, typer.Argument(help="The answer, as `show` names it.", show_default=False)],
    gate: Annotated[
        str | None, typer.Option(help="Which question: g1; the open one unless given.", show_default=False)
    ] = None,
    by: By = None,
    note: Annotated[str, typer.Option(help="Why; some answers need it.", show_default=False)] = "",
    plan: Annotated[
        str | None,
        typer.Option(help="First eight or more digits of the plan that you read.", show_default="those that are shown"),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Answer an open question; shows the question and its plan, and asks whether you are sure.

    Without a terminal, give --plan (what `operation show` prints) or --yes.
    """
    receipt = at_desk(lambda desk: answer(desk, id, option, gate, by, note, plan, yes))
    if as_json:
        echo_json(receipt)
    else:
        echo(receipt.message)


@app.command()
def abort(
    id: Id,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Stop an operation: what runs on a host is brought to its end, and nothing new is begun."""
    told = at_desk(lambda desk: _abort(desk, id, reason, by))
    if as_json:
        echo_json(told)
    else:
        echo(told.message)


@app.command("take-back")
def take_back(
    application: Application,
    holder: Annotated[str, typer.Argument(help="The operation that holds the lease.", show_default=False)],
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take the lease away from an operation that hangs; hosts refuse what it still sends once another has begun."""
    told = at_desk(lambda desk: _take_back(desk, application, holder, by, yes))
    if as_json:
        echo_json(told)
    else:
        echo(told.message)


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
    """Start an application in the order of its dependencies, each component proven healthy before what needs it."""
    fields = {"application": application, "components": component or [], "reason": reason, "rehearse": rehearse}
    outcome = at_desk(lambda desk: _in_order(desk, "start-up", fields, by, wait=not no_wait, as_json=as_json))
    finish(outcome, as_json)


@app.command("shut-down")
def shut_down(
    application: Application,
    component: Components = None,
    by: By = None,
    reason: Reason = "",
    down_for: Annotated[
        str, typer.Option("--down-for", "--for", help="So long at most it is down on purpose: 2h, 1d; 30d at most.")
    ] = "8h",
    rehearse: Rehearse = False,
    no_wait: NoWait = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Stop an application, what is needed by others last; what is still down when the time is over is an alarm."""
    fields = {"application": application, "components": component or [], "reason": reason, "rehearse": rehearse}
    fields["down_for"] = down_for
    outcome = at_desk(lambda desk: _in_order(desk, "shut-down", fields, by, yes, wait=not no_wait, as_json=as_json))
    finish(outcome, as_json)


async def _list(desk: Desk, application: str | None, kind: str | None, all_: bool, limit: int) -> Listed[OperationLine]:
    from models.errors import UserError
    from starter.applications import require_application
    from starter.operation.reading import WORKFLOWS, list_operations

    if application is not None:
        require_application(desk.settings, desk.records, application)
    if kind is not None and kind not in WORKFLOWS:
        raise UserError(f"--kind: there is no kind {kind!r}; there are {', '.join(WORKFLOWS)}")
    return await list_operations(desk, application, kind, closed=all_, limit=limit)


async def _show(desk: Desk, id: str) -> OperationView:
    from starter.operation.reading import show_operation

    return await show_operation(desk, id)


async def answer(
    desk: Desk, id: str, option: str, gate: str | None, by: str | None, note: str, plan: str | None, yes: bool
) -> DecisionReceipt:
    """Answer an open question of an operation, after it was shown and somebody said that they are sure."""
    from models.gates import Decision
    from starter.desk import made
    from starter.incident.page import show_gate
    from starter.incident.telling import find_option
    from starter.operation import telling

    found = await telling.find_gate(desk, id, gate)
    chosen = find_option(found, option, note)
    who = who_asks(desk.settings, by)
    if not yes:
        show_gate(found)
    require_plan(plan)
    if plan is None or sys.stdin.isatty():
        be_sure(f"Answer {found.id} with {chosen.name!r} as {who}?", yes)
    decision = made(Decision, gate=found.id, option=chosen.name, by=who, plan=plan or found.digest, note=note)
    return await telling.decide(desk, id, decision)


async def _abort(desk: Desk, id: str, reason: str, by: str | None) -> OperationTold:
    from starter.operation import telling

    return await telling.abort(desk, id, who_asks(desk.settings, by), reason)


async def _take_back(desk: Desk, application: str, holder: str, by: str | None, yes: bool) -> WatchTold:
    from starter.applications import require_application
    from starter.operation import telling

    require_application(desk.settings, desk.records, application)
    who = who_orders(desk, by, application)
    be_sure(f"Take the lease of {application} away from {holder}?", yes)
    return await telling.take_back(desk, application, holder, who)


async def _in_order(
    desk: Desk, kind: str, fields: dict[str, Any], by: str | None, yes: bool = True, *, wait: bool, as_json: bool
) -> OperationOutcome | None:
    from models.operation import ComponentsOrder, OperationKind, ShutDownOrder
    from starter.applications import require_application, require_components
    from starter.incident.messages import message
    from starter.operation.starting import by_the_clock

    application = str(fields["application"])
    require_application(desk.settings, desk.records, application)
    require_components(desk.records, application, fields["components"])
    starts = kind == OperationKind.START_UP.value
    order = message(
        ComponentsOrder if starts else ShutDownOrder,
        {**fields, "by": who_orders(desk, by, application)},
        {"down_for": "down-for", "components": "component"},
    )
    title = f"{'Start' if starts else 'Stop'} {', '.join(order.components) or application}"
    if not order.rehearse:
        of = f" of {application}" if order.components else ""
        be_sure(f"{title}{of}?", yes)
    return await start_and_follow(desk, OperationKind(kind), order, by_the_clock(), title, wait=wait, as_json=as_json)
