"""The embedded monitor of a site: its order, its heartbeats and its status."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from models.base import Identifier, Model, PositiveDuration
from models.inputs import Delivered


class Beat(Delivered):
    """The state of sampling: the details of each heartbeat, and from time to time a signal to the workflow."""

    started_at: datetime
    """The beginning of this attempt, that is, the last restart."""
    attempt: int
    """1, plus one for every death of a worker or loss of the database at the start."""
    round_at: datetime
    """The last pass of the sampler over its timetable; an old time shows that the sampler hangs."""
    points: int = 0
    """The number of measuring points that it samples."""
    firing: int = 0
    """The number of thresholds in alarm."""
    no_data: int = 0
    """The number of points without a measurement for too long."""
    in_flight: int = 0
    samples: int = 0
    """The number of probes since `started_at`."""
    late_s: float = 0.0
    """The longest delay of a probe in the last minute, in seconds."""
    skipped: int = 0
    """The number of skipped probes since `started_at`, because the previous probe of the point was still running."""
    unsaved: int = 0
    """The number of samples that wait for the database."""
    dropped: int = 0
    """The number of samples lost since `started_at`, because the database was unavailable for too long."""
    unreported: int = 0
    """The number of changes that no watch has acknowledged yet."""
    faults: Annotated[list[str], Field(max_length=10)] = []
    """The faults of the monitor itself, a sentence each: the database, a watch, a dossier."""
    notes_left: float = 6.0
    """The number of signals that may still be sent to the workflow; it grows with time. This keeps the history
    short."""
    noted_at: datetime | None = None


class SampleSite(Model):
    """Sample all measuring points of a site until the time is up."""

    site: Identifier
    lasts: PositiveDuration = timedelta(hours=24)
    """The activity returns after this time, so that the workflow begins a new history."""
    last: Beat | None = None
    """From the run before."""


class MonitorOrder(Delivered):
    """Start the monitor of a site."""

    site: Annotated[Identifier, Field(examples=["main"])]
    queue: Annotated[str, Field(examples=["site.main"])]
    """The task queue of the site's workers: `site.SITE`."""
    heartbeat_timeout: PositiveDuration = timedelta(seconds=15)
    """The activity moves to another worker if sampling is inactive for this time."""
    lasts: PositiveDuration = timedelta(hours=24)
    """How long one run of the workflow lasts."""
    last: Beat | None = None
    """From the run before; None for the first run."""


class MonitorStatus(Model):
    """The last state that a monitor sent to its workflow."""

    site: str
    beat: Beat | None
    """The last signal, at most about an hour old; None before the first. The heartbeat of the pending activity has live
    figures."""
    message: str
    """One sentence for people."""
