"""`driftvakt incident decide`: answer a question of an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.incident.commands.arguments import Id, the_id
from starter.terminal.options import (
    AsJson,
    By,
    Gate,
    OfApplication,
    Plan,
    Yes,
    in_session,
    print_answer,
)

if TYPE_CHECKING:
    from models.gates import DecisionReceipt
    from starter.terminal.session import CommandSession


def decide(
    id: Id,
    option: Annotated[str, typer.Argument(help="Name of the answer, from `incident show`.", show_default=False)],
    gate: Gate = None,
    by: By = None,
    note: Annotated[str, typer.Option(help="Reason; some answers need it.", show_default=False)] = "",
    plan: Plan = None,
    yes: Yes = False,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Answer an open question; shows the question and its plan, and asks whether you are sure.

    Without a terminal, give --plan (what `incident show` prints) or --yes.
    """
    print_answer(
        in_session(lambda session: _decide(session, id, application, option, gate, by, note, plan, yes)), as_json
    )


async def _decide(
    session: CommandSession,
    text: str,
    application: str | None,
    option: str,
    gate: str | None,
    by: str | None,
    note: str,
    plan: str | None,
    yes: bool,
) -> DecisionReceipt:
    from starter.gate.questions import answer_question
    from starter.incident.naming import short
    from starter.incident.updates import find_question

    id = the_id(session, text, application)
    question = await find_question(session, id, gate)
    return await answer_question(session, id, short(id), question, option, by, note, plan, yes)
