"""Gates: a question to people, and their answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import By, Model, State
from models.dossier.instructions import OnSilence

APPROVE = "approve"
REFUSE = "refuse"
MOOT = "moot"
"""Recorded as decided when the question no longer mattered before anybody answered."""


class GateOption(Model):
    """One possible answer."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    means: str
    """What happens then, in one sentence."""
    needs_reason: bool = False
    """Whether a note must say why."""


class Question(Model):
    """What is asked, of whom, and what silence means."""

    text: str
    options: Annotated[list[GateOption], Field(min_length=1)]
    plan: str = ""
    """What would be done, in full; the answer is bound to its digest."""
    deciders: list[str] = []
    """Who may decide: e-mail addresses, or names of contacts."""
    roles: list[str] = []
    """The roles they hold; what people read and search by."""
    count: Annotated[int, Field(ge=1)] = 1
    """How many different people must give the first option; any other option needs one."""
    requester: str | None = None
    """Who asked for it, if they may not decide."""
    within_seconds: float | None = None
    """None: waits for ever."""
    on_silence: OnSilence = OnSilence.ASK_AGAIN


class Decision(Model):
    """An answer to a gate; what an operator types in the UI."""

    gate: Annotated[str, Field(max_length=20, examples=["g1"])]
    """Which gate, as the details show it: `g1`."""
    option: Annotated[str, Field(max_length=40, examples=["approve"])]
    by: By
    """Who decides: your e-mail address as it stands in the dossier."""
    plan: Annotated[str, Field(max_length=64, examples=["1a2b3c4d"])] = ""
    """First eight or more digits of the plan's digest that was shown."""
    note: Annotated[str, Field(max_length=2000)] = ""


class Via(StrEnum):
    """The way by which an answer came, hence how sure we are of who gave it."""

    UPDATE = "update"
    SIGNAL = "signal"
    SILENCE = "silence"


class Answer(Model):
    """An answer that counted."""

    option: str
    by: str
    via: Via
    note: str = ""
    at: datetime


class GateState(State):
    """A gate, open or decided."""

    id: str
    question: Question
    digest: str
    """SHA-256 that the answer must name the beginning of."""
    opened_at: datetime
    deadline: datetime | None = None
    answers: list[Answer] = []
    decided: str | None = None
    """The option that was chosen."""


class GateOutcome(Model):
    """What was decided."""

    gate: str
    option: str
    answers: list[Answer]
    """Who gave it; one of `via=silence` when nobody did."""

    @property
    def approved(self) -> bool:
        """Whether the answer was to go ahead."""
        return self.option == APPROVE


class DecisionReceipt(Model):
    """What became of an answer."""

    gate: str
    decided: bool
    """Whether the gate is closed now."""
    message: str
