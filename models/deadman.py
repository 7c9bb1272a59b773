"""The dead-man's switch: its order, and its report on silent sources and monitors."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.base import Model, PositiveDuration
from models.inputs import Delivered


class SourcesBeat(Model):
    """The state of the dead-man's switch: the details of each heartbeat."""

    looked_at: datetime
    """The time of the last check of all sources."""
    sources: int = 0
    """The number of sources of alarms that it expects heartbeats from, including embedded monitors."""
    silent: list[str] = []
    """`SOURCE of APPLICATION` for silent sources; at most ten."""
    fault: str = ""
    """The reason why the last check failed, or why a watch could not be notified."""


class WatchSources(Model):
    """Check all sources until the time is up."""

    lasts: PositiveDuration = timedelta(hours=24)


class DeadMansSwitchOrder(Delivered):
    """Start the dead-man's switch of an installation."""

    lasts: PositiveDuration = timedelta(hours=24)
    """How long one run of the workflow lasts."""
    heartbeat_timeout: PositiveDuration = timedelta(seconds=30)
    """The activity moves to another worker if it is inactive for this time."""
