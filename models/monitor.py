"""The embedded monitor of a site: what it is started with and what it tells of itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from models.base import Identifier, Model, PositiveDuration
from models.inputs import Delivered


class Beat(Delivered):
    """How the sampling of a site stands: the details of each heartbeat, and now and then a note to the workflow."""

    started_at: datetime
    """When this attempt began to sample: the last restart."""
    attempt: int
    """1, and one more for every death of a worker or loss of the database at the start."""
    round_at: datetime
    """When the sampler last went through its timetable; one that stands still shows here."""
    points: int = 0
    """Measuring points it samples."""
    firing: int = 0
    """Thresholds in alarm."""
    no_data: int = 0
    """Points of which nothing could be learnt for too long."""
    in_flight: int = 0
    samples: int = 0
    """Looks since `started_at`."""
    late_s: float = 0.0
    """Longest lateness of a look in the last minute, in seconds."""
    skipped: int = 0
    """Looks left out since `started_at`, because the one before was not done when the next was due."""
    unsaved: int = 0
    """Samples that wait for the database."""
    dropped: int = 0
    """Samples lost since `started_at`, because the database was away for too long."""
    unreported: int = 0
    """Changes that no watch has acknowledged yet."""
    faults: Annotated[list[str], Field(max_length=10)] = []
    """What is wrong with the monitor itself, a sentence each: the database, a watch, a dossier."""
    notes_left: float = 6.0
    """How many notes may still be sent to the workflow (they grow again with time), so that history stays short."""
    noted_at: datetime | None = None


class SampleSite(Model):
    """Sample all measuring points of a site until the time is up."""

    site: Identifier
    lasts: PositiveDuration = timedelta(hours=24)
    """After this long it returns, so that the workflow begins a fresh history."""
    last: Beat | None = None
    """From the run before."""


class MonitorOrder(Delivered):
    """Starts the monitor of a site."""

    site: Annotated[Identifier, Field(examples=["main"])]
    queue: Annotated[str, Field(examples=["site.main"])]
    """Task queue of the site's workers: `site.SITE`."""
    heartbeat_timeout: PositiveDuration = timedelta(seconds=15)
    """How long sampling may stand still before another worker takes over."""
    lasts: PositiveDuration = timedelta(hours=24)
    """How long one run of the workflow lasts."""
    last: Beat | None = None
    """From the run before; None when the monitor begins."""


class MonitorStatus(Model):
    """What a monitor last told of itself."""

    site: str
    beat: Beat | None
    """The last note, at most about an hour old; None before the first. Live figures: heartbeat of the pending activity."""
    message: str
    """One sentence for people."""
