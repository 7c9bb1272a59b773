"""Approvals: the people who must agree, and what happens if nobody answers in time."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import Identifier, Model, PositiveDuration


class OnSilence(StrEnum):
    """What happens if nobody answers before the deadline."""

    REFUSE = "refuse"
    APPROVE = "approve"
    ASK_AGAIN = "ask_again"


class Approval(Model):
    """The people who must agree to an action, and the rules for it."""

    roles: Annotated[list[Identifier], Field(min_length=1)]
    """Contacts with any of these roles may decide."""
    count: Annotated[int, Field(ge=1, le=10)] = 1
    """The number of people who must approve."""
    not_requester: bool | None = None
    """True: the requester may not approve. Default: true for work that somebody ordered. False in an incident, because
    the only person awake must be able to continue."""
    alone_after: PositiveDuration | None = None
    """For emergencies: if nobody has answered after this time, one of the people with the roles may decide alone, with
    a reason. This may be the requester."""
    within: PositiveDuration = timedelta(minutes=30)
    on_silence: OnSilence = OnSilence.REFUSE

    def excluded(self, requester: str | None, *, ordered: bool = True) -> str | None:
        """Return the person who may not answer because they requested the action; None if everybody may answer.

        `ordered`: a person ordered the action; otherwise an incident needs it.
        """
        four_eyes = ordered if self.not_requester is None else self.not_requester
        return requester if four_eyes else None
