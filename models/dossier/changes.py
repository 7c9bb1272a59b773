"""The terms for changes: approvals for each risk, the limits for health afterwards, and the review."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from models.base import Identifier, Model, PositiveDuration
from models.dossier.approvals import Approval

CHANGE_APPROVER: Final = "change-approver"
"""The role that approves changes if the agreement names no other."""

BY_DEFAULT: Final = Approval(roles=[CHANGE_APPROVER], within=timedelta(days=1))
"""The approval that each party gives if the agreement names no other."""


class Risk(StrEnum):
    """The risk of a change; the lowest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class OnFailure(StrEnum):
    """What happens if a step of a change fails."""

    UNDO = "undo"
    """Driftvakt rolls back the completed steps at once."""
    ASK = "ask"
    """People choose: retry, continue without the step, or roll back."""


class ChangeApprovals(Model):
    """The approvals for a change; only contacts of the named party count."""

    supplier: Approval | None = None
    customer: Approval | None = None


class ValueBounds(Model):
    """How far the value of a measuring point may differ after a change."""

    at_least: float | None = None
    at_most: float | None = None
    rise: Annotated[float, Field(ge=0)] | None = None
    """The most that the value may rise above the one before the change."""
    fall: Annotated[float, Field(ge=0)] | None = None
    """The most that the value may fall below the one before the change."""


class HealthBounds(Model):
    """How much worse the health may be after a change and still pass."""

    latency_factor: Annotated[float, Field(ge=1)] = 3.0
    """The latency may reach the one before the change times this factor, plus `latency_slack`."""
    latency_slack: PositiveDuration = timedelta(milliseconds=500)
    """Added to the latency limit."""
    values: dict[Identifier, ValueBounds] = {}
    """Limits by measuring point."""


class ChangeTerms(Model):
    """The agreed terms for changes."""

    approvals: dict[Risk, ChangeApprovals] = {}
    """Approvals by risk. A risk that is not listed uses those of the next higher one, otherwise of the next lower
    one."""
    emergency_within: PositiveDuration = timedelta(days=2)
    """An emergency change is carried out first; it must be approved within this time."""
    review_after: PositiveDuration = timedelta(days=7)
    """The time until people review a change. Standard changes that succeeded are not reviewed."""
    reviewed_by: Annotated[list[Identifier], Field(min_length=1)] = ["operator"]
    """The roles that review changes."""

    def approvals_for(self, risk: Risk) -> ChangeApprovals | None:
        """Return the approvals agreed for this risk, else for the next higher one, else for the next lower one."""
        order = list(Risk)
        at = order.index(risk)
        nearest = (one for one in [*order[at:], *reversed(order[:at])] if one in self.approvals)
        return next((self.approvals[one] for one in nearest), None)
