"""Gates: a question to people, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import By, Model, State
from models.dossier.instructions import OnSilence
from models.people import is_among, same

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
    alone_after_seconds: float | None = None
    """Once it was asked for so long, one of the deciders may answer alone, with a reason, also who asked for it; None: never."""
    within_seconds: float | None = None
    """None: waits for ever."""
    on_silence: OnSilence = OnSilence.ASK_AGAIN

    def able(self, answered: Sequence[str] = (), *, alone: bool = False) -> list[str]:
        """Who of the deciders may answer: not who asked for it, unless it may be answered alone, and nobody twice."""
        barred = [*answered, *([self.requester] if self.requester and not alone else [])]
        return [who for who in self.deciders if not any(same(who, one) for one in barred)]

    def asks(self) -> str:
        """The people who may answer as soon as the question opens, as text; the roles, where the question names no people."""
        return ", ".join(self.able() or self.roles)

    def on_silence_text(self) -> str:
        """What happens if nobody answers in time, as a clause."""
        return silence_text(self.on_silence, [one.name for one in self.options])

    def nobody_may(self) -> str:
        """Why this can never be decided: too few may who have not asked for it themselves; empty where enough may."""
        asked, able = self.requester, self.able()
        if not self.deciders or len(able) >= self.count or self.alone_after_seconds is not None:
            return ""
        roles = " or ".join(self.roles) or "that role"
        else_ = f"only {', '.join(able)}" if able else "nobody else"
        return (
            f"{asked or 'somebody'} asked for it and may not approve it, and {else_} holds {roles} where {self.count} must "
            "approve: have somebody else submit it, or give the role to another contact in the dossier"
        )


def silence_text(on_silence: OnSilence, options: Sequence[str]) -> str:
    """What happens if nobody answers a question in time, as a clause."""
    if on_silence is OnSilence.ASK_AGAIN:
        return "the question is asked again"
    return f"`{options[0 if on_silence is OnSilence.APPROVE else -1]}` counts as the answer"


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

    def alone_from(self) -> datetime | None:
        """From when on one person may answer alone."""
        after = self.question.alone_after_seconds
        return None if after is None else self.opened_at + timedelta(seconds=after)

    def alone(self, now: datetime) -> bool:
        """Whether one person may answer alone by now."""
        since = self.alone_from()
        return since is not None and since <= now

    def able(self, now: datetime) -> list[str]:
        """Who may answer now; where the question names no deciders, anybody may."""
        return self.question.able([a.by for a in self.answers], alone=self.alone(now))

    def who(self, now: datetime) -> str:
        """Who may answer now, as a page or a command says it."""
        return ", ".join(self.able(now)) or ("nobody else" if self.question.deciders else "anybody")

    def needed(self, option: str, now: datetime) -> int:
        """How many must give this option."""
        first = option == self.question.options[0].name
        return 1 if self.alone(now) or not first else self.question.count

    def why_not(self, who: str, note: str, now: datetime) -> str:
        """Why somebody may not answer now, as a clause; empty: they may."""
        question = self.question
        if not is_among(who, question.deciders):
            return f"{who} may not decide {self.id}; {', '.join(self.able(now)) or 'nobody'} may"
        if any(same(a.by, who) for a in self.answers):
            return f"{who} has answered gate {self.id} already"
        asked = question.requester is not None and same(who, question.requester)
        since = self.alone_from()
        if asked and not self.alone(now):
            then = f", or they themselves from {since:%Y-%m-%d %H:%M} UTC on" if since else ""
            else_ = ", ".join(self.able(now)) or "somebody else"
            return f"{who} asked for this and may not decide it; {else_} must{then}"
        if self.alone(now) and (asked or question.count > 1) and not note.strip():
            return f"{who} answers alone, because nobody else has since {self.opened_at:%H:%M} UTC; say why in note"
        return ""


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
