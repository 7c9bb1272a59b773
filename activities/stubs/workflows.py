"""Looking at other workflows; carried out by `activities.workflows`."""

from __future__ import annotations

from temporalio import activity

from models.watch import EndedIncidents, LookUpIncidents


@activity.defn(name="look_up_incidents")
async def look_up_incidents(request: LookUpIncidents) -> EndedIncidents:
    """Tell which of these incidents no longer run, and how they ended as far as is known."""
    raise NotImplementedError
