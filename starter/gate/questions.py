"""Chooses and answers an open question of an incident or operation."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from models.errors import UserError
from models.gates import Decision, DecisionReceipt, GateOption
from starter.gate.views import OpenQuestion
from starter.terminal.messages import build_message
from starter.terminal.options import be_sure, require_plan, who_asks
from starter.terminal.session import CommandSession, send_short_update


def choose_question(asker: str, questions: Sequence[OpenQuestion], wanted: str | None, state: str) -> OpenQuestion:
    """Return the named question, or the only open one. Raise `UserError` with the open questions, or the asker's state."""
    found = {question.id: question for question in questions}
    if not found:
        raise UserError(f"{asker} has no open question; it is {state}")
    if wanted is None and len(found) > 1:
        raise UserError(f"{asker} has several open questions; choose one with --gate: {', '.join(found)}")
    if wanted is not None and wanted not in found:
        raise UserError(f"{asker} has no open question {wanted!r}; it has {', '.join(found)}")
    return found[wanted] if wanted is not None else next(iter(found.values()))


async def answer_question(
    session: CommandSession,
    id: str,
    asker: str,
    question: OpenQuestion,
    option: str,
    by: str | None,
    note: str,
    plan: str | None,
    yes: bool,
) -> DecisionReceipt:
    """Show a question, ask whether the person is sure, and send the answer. Raise `UserError` when the workflow refuses.

    `id` is the id of the workflow, and `asker` its name in messages.
    """
    chosen = _find_option(question, option, note)
    who = who_asks(session.settings, by)
    if not yes:
        from starter.gate.page import show_gate

        show_gate(question)
    require_plan(plan)
    if plan is None or sys.stdin.isatty():
        be_sure(f"Answer {question.id} with {chosen.name!r} as {who}?", yes)
    answer = {"gate": question.id, "option": chosen.name, "by": who, "plan": plan or question.digest, "note": note}
    handle = session.client.get_workflow_handle(id)
    return await send_short_update(handle, "decide", build_message(Decision, answer), DecisionReceipt, asker)


def _find_option(question: OpenQuestion, name: str, note: str) -> GateOption:
    for option in question.options:
        if option.name == name:
            if option.needs_reason and not note.strip():
                raise UserError(f"{name} needs a reason; say why with --note")
            return option
    names = ", ".join(option.name for option in question.options)
    raise UserError(f"gate {question.id} has no option {name!r}; choose one of {names}")
