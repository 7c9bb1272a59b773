"""`driftvakt incident decide`: answer what an incident asks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from starter.incident.commands.arguments import Id, OfApplication, say, the_id
from starter.terminal.options import AsJson, By, Yes, at_desk, be_sure, require_plan, who_asks

if TYPE_CHECKING:
    from models.gates import DecisionReceipt
    from starter.desk import Desk


def decide(
    id: Id,
    option: Annotated[str, typer.Argument(help="The answer, as `incident show` names it.", show_default=False)],
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
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Answer an open question; shows the question and its plan, and asks whether you are sure.

    Without a terminal, give --plan (what `incident show` prints) or --yes.
    """
    receipt = at_desk(lambda desk: _decide(desk, id, application, option, gate, by, note, plan, yes))
    say(receipt, receipt.message, as_json)


async def _decide(
    desk: Desk,
    text: str,
    application: str | None,
    option: str,
    gate: str | None,
    by: str | None,
    note: str,
    plan: str | None,
    yes: bool,
) -> DecisionReceipt:
    from models.gates import Decision
    from starter.incident import telling
    from starter.incident.messages import message
    from starter.incident.page import show_gate

    id = the_id(desk, text, application)
    found = await telling.find_gate(desk, id, gate)
    chosen = telling.find_option(found, option, note)
    who = who_asks(desk.settings, by)
    if not yes:
        show_gate(found)
    require_plan(plan)
    if plan is None or sys.stdin.isatty():
        be_sure(f"Answer {found.id} with {chosen.name!r} as {who}?", yes)
    fields = {"gate": found.id, "option": chosen.name, "by": who, "plan": plan or found.digest, "note": note}
    return await telling.decide(desk, id, message(Decision, fields))
