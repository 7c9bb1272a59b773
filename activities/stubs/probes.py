"""The activities that probe; implemented in `activities.probes`, on the task queue of a site."""

from __future__ import annotations

from temporalio import activity

from models.probes import HealthVerdict, ProbeBatch, ProbeBatchResult, WatchHealth


@activity.defn(name="probe_points")
async def probe_points(request: ProbeBatch) -> ProbeBatchResult:
    """Probe every point of the batch once."""
    raise NotImplementedError


@activity.defn(name="watch_health")
async def watch_health(request: WatchHealth) -> HealthVerdict:
    """Probe repeatedly until the state of the points is certain; if they stay unhealthy, that is a verdict and no
    error.
    """
    raise NotImplementedError
