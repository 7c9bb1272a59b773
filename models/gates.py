"""Gates: questions to people, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import By, Model, State
from models.dossier.instructions import OnSilence
from models.people import NOBODY, People, same

APPROVE = "approve"
REFUSE = "refuse"
WITHDRAWN = "withdrawn"
"""The recorded decision of a question that was withdrawn before anybody answered."""
WHAT_NEXT = "What should Driftvakt do next?"
"""The end of a question to which people answer with the next step."""


class GateOption(Model):
    """One possible answer."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    means: str
    """The consequence of the answer, in one sentence."""
    needs_reason: bool = False
    """Whether the answer needs a note with the reason."""


class Question(Model):
    """A question to people: its options, its deciders, and the result if nobody answers."""

    text: str
    options: Annotated[list[GateOption], Field(min_length=1)]
    plan: str = ""
    """The full plan; an answer is valid only for its digest."""
    deciders: People
    """The people who may decide: e-mail addresses, or names of contacts."""
    roles: list[str] = []
    """The roles of the deciders, for display and search."""
    count: Annotated[int, Field(ge=1)] = 1
    """How many different people must choose the first option; any other option needs one."""
    requester: str | None = None
    """The requester, if they may not decide."""
    alone_after_seconds: float | None = None
    """After this time one decider may answer alone, with a reason; this may be the requester. None: never."""
    within_seconds: float | None = None
    """None: the question has no deadline."""
    on_silence: OnSilence = OnSilence.ASK_AGAIN

    def able(self, answered: Sequence[str] = (), *, alone: bool = False) -> list[str]:
        """Return the named deciders who may answer: not the requester, unless one may answer alone, and nobody twice."""
        barred = [*answered, *([self.requester] if self.requester and not alone else [])]
        return [who for who in self.deciders.names if not any(same(who, one) for one in barred)]

    def asks(self) -> str:
        """Return the people who may answer when the question opens, as text; the roles if the question names no
        people.
        """
        return ", ".join(self.able() or self.roles)

    def on_silence_text(self) -> str:
        """Return what happens if nobody answers in time, as a clause."""
        return silence_text(self.on_silence, [one.name for one in self.options])

    def nobody_may(self) -> str:
        """Return why the question can never be decided, because too few people may answer; empty if enough may."""
        asked, able = self.requester, self.able()
        if self.deciders.anybody:
            return ""
        roles = " or ".join(self.roles) or "that role"
        if not self.deciders.names:
            return f"nobody holds {roles}, so nobody may answer: give the role to a contact in the dossier"
        if len(able) >= self.count or self.alone_after_seconds is not None:
            return ""
        else_ = f"only {', '.join(able)}" if able else "nobody else"
        return (
            f"{asked or 'somebody'} asked for it and may not approve it, and {else_} holds {roles} where {self.count} must "
            "approve: have somebody else submit it, or give the role to another contact in the dossier"
        )


def silence_text(on_silence: OnSilence, options: Sequence[str]) -> str:
    """Return what happens if nobody answers a question in time, as a clause."""
    if on_silence is OnSilence.ASK_AGAIN:
        return "the question is asked again"
    return f"`{options[0 if on_silence is OnSilence.APPROVE else -1]}` counts as the answer"


class Decision(Model):
    """An answer to a gate, as an operator types it in the UI."""

    gate: Annotated[str, Field(max_length=20, examples=["g1"])]
    """The gate as the details page shows it: `g1`."""
    option: Annotated[str, Field(max_length=40, examples=["approve"])]
    by: By
    """The decider: your e-mail address in the dossier."""
    plan: Annotated[str, Field(max_length=64, examples=["1a2b3c4d"])] = ""
    """At least eight digits of the digest of the plan that was shown."""
    note: Annotated[str, Field(max_length=2000)] = ""


class Via(StrEnum):
    """The way by which an answer came; it determines how reliably the decider is known."""

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
    """SHA-256; the answer must contain its first digits."""
    opened_at: datetime
    deadline: datetime | None = None
    answers: list[Answer] = []
    decided: str | None = None
    """The chosen option."""

    def alone_from(self) -> datetime | None:
        """The time from which one person may answer alone."""
        after = self.question.alone_after_seconds
        return None if after is None else self.opened_at + timedelta(seconds=after)

    def alone(self, now: datetime) -> bool:
        """Return whether one person may answer alone now."""
        since = self.alone_from()
        return since is not None and since <= now

    def able(self, now: datetime) -> list[str]:
        """Return the named people who may answer now; empty if anybody may."""
        return self.question.able([a.by for a in self.answers], alone=self.alone(now))

    def who(self, now: datetime) -> str:
        """Return the people who may answer now, as text for pages and commands."""
        deciders = self.question.deciders
        return ", ".join(self.able(now)) or (f"{NOBODY} else" if deciders.names else str(deciders))

    def needed(self, option: str, now: datetime) -> int:
        """Return the number of people who must choose this option."""
        first = option == self.question.options[0].name
        return 1 if self.alone(now) or not first else self.question.count

    def why_not(self, who: str, note: str, now: datetime) -> str:
        """Return why a person may not answer now, as a clause; empty if they may."""
        question = self.question
        if not question.deciders.has(who):
            return f"{who} may not decide {self.id}; {', '.join(self.able(now)) or NOBODY} may"
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
    """The decision of a gate."""

    gate: str
    option: str
    answers: list[Answer]
    """The answers that decided; one with `via=silence` if nobody answered."""

    @property
    def approved(self) -> bool:
        """Whether the decision was to proceed."""
        return self.option == APPROVE


class DecisionReceipt(Model):
    """The response to an answer."""

    gate: str
    decided: bool
    """Whether the gate is closed now."""
    message: str
