"""Looking at measuring points; carried out by `activities.probes`, on the task queue of a site."""

from __future__ import annotations

from temporalio import activity

from models.probes import HealthVerdict, ProbeBatch, ProbeBatchResult, WatchHealth


@activity.defn(name="probe_points")
async def probe_points(request: ProbeBatch) -> ProbeBatchResult:
    """Look once at every point of the batch."""
    raise NotImplementedError


@activity.defn(name="watch_health")
async def watch_health(request: WatchHealth) -> HealthVerdict:
    """Look again and again until the points' state is certain; a verdict, never an error, when they stay ill."""
    raise NotImplementedError
