"""The activity that checks the sources of alarms; implemented in `activities.deadman.activities`."""

from __future__ import annotations

from temporalio import activity

from models.deadman import SourcesBeat, WatchSources


@activity.defn(name="watch_sources")
async def watch_sources(request: WatchSources) -> SourcesBeat:
    """Raise an alarm if a source of alarms is silent, until the time is up; heartbeats; retried without limit."""
    raise NotImplementedError
