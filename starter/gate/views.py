"""Open questions as the commands show them, on the terminal and as JSON."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

from models.base import Model
from models.gates import Answer, GateOption, GateState

_DIGITS = 8
"""The number of digits of a plan's digest that commands show and send back."""


class OpenQuestion(Model):
    """A question that waits for an answer."""

    id: str
    question: str
    plan: str
    """The plan, as text."""
    digest: str
    """The digits of the plan's digest, which an answer must contain."""
    options: list[GateOption]
    deciders: list[str]
    """The people who may answer now; if it is empty, see `who`."""
    who: str
    """The people who may answer, as display text: names, anybody, nobody, or nobody else."""
    roles: list[str]
    count: int
    """The number of people who must agree."""
    deadline: datetime | None
    on_silence: str
    answers: list[Answer]
    command: str
    """A command that gives the first option; a person may write another option."""


def asked_by(command_group: str, id: str, gate: GateState) -> OpenQuestion:
    """Return an open question with all that people need to answer it by `driftvakt GROUP decide ID`."""
    question = gate.question
    first, now = question.options[0], datetime.now(UTC)
    able = gate.able(now)
    command = ["driftvakt", command_group, "decide", id, first.name, "--gate", gate.id]
    command += [
        "--plan",
        gate.digest[:_DIGITS],
        "--by",
        next(iter(able), "on-call@driftbolaget.example"),
    ]
    if first.needs_reason:
        command += ["--note", "why"]
    return OpenQuestion(
        id=gate.id,
        question=question.text,
        plan=question.plan,
        digest=gate.digest[:_DIGITS],
        options=question.options,
        deciders=able,
        who=gate.who(now),
        roles=question.roles,
        count=question.count,
        deadline=gate.deadline,
        on_silence=question.on_silence.value,
        answers=gate.answers,
        command=shlex.join(command),
    )
