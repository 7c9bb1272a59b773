"""How an incident begins and ends in the records; carried out by `activities.incident.activities`."""

from __future__ import annotations

from temporalio import activity

from models.beginning import BeginIncident, EndIncident, IncidentBegun, IncidentEnded


@activity.defn(name="begin_incident")
async def begin_incident(request: BeginIncident) -> IncidentBegun:
    """Enter an incident in the records; what its dossier and its clocks say."""
    raise NotImplementedError


@activity.defn(name="end_incident")
async def end_incident(request: EndIncident) -> IncidentEnded:
    """Write how an incident ended, and its account; the same run gives the same account."""
    raise NotImplementedError
