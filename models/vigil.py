"""The vigil: whether those that watch still live (dead-man's switch)."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.base import Model, PositiveDuration
from models.inputs import Delivered


class VigilBeat(Model):
    """How the vigil stands; the details of each heartbeat."""

    looked_at: datetime
    """When it last looked at all sources."""
    sources: int = 0
    """Sources of alarms, embedded monitors among them, that it waits for."""
    silent: list[str] = []
    """`SOURCE of APPLICATION`, as far as they have been silent for too long; at most ten."""
    fault: str = ""
    """Why it could not look, or could not tell a watch."""


class KeepVigil(Model):
    """Keep vigil until the time is up."""

    lasts: PositiveDuration = timedelta(hours=24)


class VigilOrder(Delivered):
    """Starts the vigil of an installation."""

    lasts: PositiveDuration = timedelta(hours=24)
    """How long one run of the workflow lasts."""
    heartbeat_timeout: PositiveDuration = timedelta(seconds=30)
    """How long it may stand still before another worker takes over."""
