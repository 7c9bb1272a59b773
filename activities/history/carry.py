"""The state that a day leaves to the next one: a fault may begin before midnight, and fire after it."""

from __future__ import annotations

from datetime import datetime

from activities.monitor.thresholds import Phase
from models.base import Model


class ThresholdCarry(Model):
    """A threshold that was not simply OK at midnight."""

    phase: Phase
    since: datetime
    """The beginning of this phase."""
    confirmed_at: datetime
    """The last sample that confirmed or contradicted this phase."""
    down_since: datetime | None = None
    """The fault is active; its down time is stored until then. None without a fault."""


class Carry(Model):
    """The state of a point at the end of a day."""

    goes_on: bool = False
    """Whether the point was still to be measured at midnight."""
    covered: datetime | None = None
    """The moment until which its last sample vouches; None if it does not go on."""
    thresholds: dict[str, ThresholdCarry] = {}


NOTHING = Carry()
