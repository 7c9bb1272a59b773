"""How changes are agreed: by whom at which risk, what may get worse by one, and what follows it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from models.base import Identifier, Model, PositiveDuration
from models.dossier.approvals import Approval

CHANGE_APPROVER: Final = "change-approver"
"""The role that approves a change where nothing else was agreed."""

BY_DEFAULT: Final = Approval(roles=[CHANGE_APPROVER], within=timedelta(days=1))
"""What each party is asked where nothing else was agreed."""


class Risk(StrEnum):
    """What could go wrong with a change; the lowest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class OnFailure(StrEnum):
    """What happens when a step of a change fails."""

    UNDO = "undo"
    """What was done is taken back at once."""
    ASK = "ask"
    """People choose: try again, go on without it, or take back what was done."""


class ChangeApprovals(Model):
    """Who must agree to a change; only contacts of that party count."""

    supplier: Approval | None = None
    customer: Approval | None = None


class ValueBounds(Model):
    """How far the value of a measuring point may be after a change."""

    at_least: float | None = None
    at_most: float | None = None
    rise: Annotated[float, Field(ge=0)] | None = None
    """Above the value from before."""
    fall: Annotated[float, Field(ge=0)] | None = None
    """Below the value from before."""


class HealthBounds(Model):
    """What may get worse by a change and still count as well."""

    latency_factor: Annotated[float, Field(ge=1)] = 3.0
    """So many times the latency from before..."""
    latency_slack: PositiveDuration = timedelta(milliseconds=500)
    """... and so much more."""
    values: dict[Identifier, ValueBounds] = {}
    """By measuring point."""


class ChangeTerms(Model):
    """What was agreed about changes."""

    approvals: dict[Risk, ChangeApprovals] = {}
    """By risk; one that is not named takes those of the next higher, else of the next lower one."""
    emergency_within: PositiveDuration = timedelta(days=2)
    """An emergency change is carried out first, and must be approved so soon afterwards."""
    review_after: PositiveDuration = timedelta(days=7)
    """When people look back on a change, unless it was a standard one that went well."""
    reviewed_by: Annotated[list[Identifier], Field(min_length=1)] = ["operator"]
    """Roles."""
