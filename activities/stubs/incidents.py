"""The beginning and the end of an incident in the records; implemented in `activities.incident.activities`."""

from __future__ import annotations

from temporalio import activity

from models.beginning import BeginIncident, EndIncident, IncidentBegun, IncidentEnded


@activity.defn(name="begin_incident")
async def begin_incident(request: BeginIncident) -> IncidentBegun:
    """Write an incident to the records; return its plan and its clocks."""
    raise NotImplementedError


@activity.defn(name="end_incident")
async def end_incident(request: EndIncident) -> IncidentEnded:
    """Write the end of an incident and its post-incident report; the same run returns the same report."""
    raise NotImplementedError
