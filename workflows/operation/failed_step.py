"""The question of an operation to people whose step failed: again, past it, or stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from models.dossier.instructions import Approval, OnSilence, Step
from models.gates import GateOption, Question
from models.jobs import Outcome
from models.runbooks import StepReport
from workflows.steps.text import plan_text

RETRY = "retry"
SKIP = "skip"
STOP = "stop"

_UNATTENDED_WAIT = timedelta(hours=1)
"""So long a question about a failed step waits where nobody sits and waits; then the operation stops there."""

_OPERATORS = Approval(roles=["operator"], within=timedelta(minutes=30), on_silence=OnSilence.ASK_AGAIN)


def failed_step_question(
    step: Step,
    last: StepReport,
    place: str,
    outcome: Outcome,
    *,
    operators: Sequence[str],
    unattended: bool,
    stopping_means: str,
) -> Question:
    """Ask how to go on after a step whose last report says what went wrong; `place` says which of how many it is."""
    terms = _OPERATORS
    if unattended:
        terms = terms.model_copy(update={"within": _UNATTENDED_WAIT, "on_silence": OnSilence.REFUSE})
    where = f" on {last.host}" if last.host else ""
    unknown = " What became of it is not known: look before you try again." if outcome is Outcome.UNKNOWN else ""
    said = last.detail.partition("\n")[0].rstrip(".") or "-"
    return Question(
        text=f"{last.title}{where} ({place}): {outcome.value}, {said}.{unknown} How to go on?",
        options=[
            GateOption(name=RETRY, means="The step is tried again; what it finds done already is not done twice."),
            GateOption(name=SKIP, means="It is left as it is, and the next step follows.", needs_reason=True),
            GateOption(name=STOP, means=stopping_means),
        ],
        plan=plan_text([step]),
        deciders=list(operators),
        roles=["operator"],
        within_seconds=terms.within.total_seconds(),
        on_silence=terms.on_silence,
    )
