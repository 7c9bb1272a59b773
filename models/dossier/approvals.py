"""Approvals: who must agree to something, and what nobody's answer means."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import Identifier, Model, PositiveDuration


class OnSilence(StrEnum):
    """What nobody's answer means once the time is up."""

    REFUSE = "refuse"
    APPROVE = "approve"
    ASK_AGAIN = "ask_again"


class Approval(Model):
    """Who must agree, and how."""

    roles: Annotated[list[Identifier], Field(min_length=1)]
    """Contacts who hold any of these may decide."""
    count: Annotated[int, Field(ge=1, le=10)] = 1
    """How many different people must approve."""
    not_requester: bool | None = None
    """Whoever asked for it may not approve it. Unless given, this holds for what somebody orders, and not in an incident: there
    whoever is awake must be able to go on."""
    alone_after: PositiveDuration | None = None
    """For an emergency: once it was asked for so long in vain, one of those who may decide may answer alone, with a reason, also
    who asked for it."""
    within: PositiveDuration = timedelta(minutes=30)
    on_silence: OnSilence = OnSilence.REFUSE

    def excluded(self, requester: str | None, *, ordered: bool = True) -> str | None:
        """Who may not answer because they asked for it. `ordered`: somebody ordered it; else an incident needs it."""
        four_eyes = ordered if self.not_requester is None else self.not_requester
        return requester if four_eyes else None
