"""Incidents as the commands show them; also what `--json` prints."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import Literal

from models.alarms import Alarm
from models.base import Model
from models.clock import ClockReading
from models.gates import Answer, GateOption, GateState
from models.records import TimelineEntry
from starter.incident.naming import short

_DIGITS = 8
"""Of a plan's digest that are shown and sent back."""


class IncidentLine(Model):
    """An incident in a list."""

    id: str
    application: str
    number: int
    title: str
    state: str
    priority: str | None = None
    waits_for: list[str] = []
    """Roles and people that it waits for: to answer a question, to take it up, or to see what keeps it from healing."""
    lead: str | None = None
    """Who leads it, or led it last."""
    deadline: datetime | None = None
    """Of the promise that is due next; None: all are kept, or none runs now."""
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: str | None = None


class OpenQuestion(Model):
    """A question that waits for an answer."""

    id: str
    question: str
    plan: str
    """What would be done."""
    digest: str
    """The digits that an answer has to name."""
    options: list[GateOption]
    deciders: list[str]
    """Who may answer now; none: see `who`."""
    who: str = "anybody"
    """The same for people: names, anybody, or nobody else."""
    roles: list[str]
    count: int
    """How many people must agree."""
    deadline: datetime | None
    on_silence: str
    answers: list[Answer]
    command: str
    """Gives the first option; put another in its place."""


class IncidentView(Model):
    """All that is known of an incident."""

    id: str
    application: str
    number: int
    title: str
    state: str
    priority: str | None
    components: list[str]
    doing: str
    """What it is doing or waiting for; empty once it is closed."""
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: str | None = None
    summary: str = ""
    alarms: list[Alarm] = []
    """Those that still fire; the first ones, where they are many."""
    further_alarms: int = 0
    """How many fire besides those."""
    gates: list[OpenQuestion] = []
    lead: str | None = None
    """Who leads it, or led it last."""
    clock: ClockReading | None = None
    """The clocks of an open one, as it last read them."""
    waiting: str | None = None
    """Who is waited for and why."""
    draft: str = ""
    """What the customer would be told now."""
    cause: str | None = None
    major: str | None = None
    """The major incident that leads it."""
    timeline: list[TimelineEntry] = []
    source: Literal["workflow", "records", "visibility"]
    """Who told: the workflow itself; the records; or, when no worker answers, only Temporal's list."""
    url: str
    """Its page in the Temporal UI."""


def open_gate(incident: str, gate: GateState) -> OpenQuestion:
    """A gate of an incident as people need it to answer."""
    return asked_by("incident", short(incident), gate)


def asked_by(command_group: str, id: str, gate: GateState) -> OpenQuestion:
    """A gate as people need it to answer; `driftvakt GROUP decide ID` takes the answer."""
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
