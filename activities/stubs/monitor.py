"""The activity that samples measuring points; implemented in `activities.monitor`, on the task queue of a site."""

from __future__ import annotations

from temporalio import activity

from models.monitor import Beat, SampleSite


@activity.defn(name="sample_site")
async def sample_site(request: SampleSite) -> Beat:
    """Sample all measuring points of a site until the time is up; heartbeats; retried without limit if its worker
    dies.
    """
    raise NotImplementedError
