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
    not_requester: bool = True
    """Whoever asked for it may not approve it."""
    within: PositiveDuration = timedelta(minutes=30)
    on_silence: OnSilence = OnSilence.REFUSE
