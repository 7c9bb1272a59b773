"""The activities of maintenance; implemented in `activities.maintenance.activities`."""

from __future__ import annotations

from temporalio import activity

from models.maintenance import CalendarReading, LoadMaintenance, MaintenancePlan, QueryCalendar


@activity.defn(name="load_maintenance")
async def load_maintenance(request: LoadMaintenance) -> MaintenancePlan:
    """Return a routine of one version of a dossier, with its hosts and steps; raise `NotFoundError` if it does not
    exist.
    """
    raise NotImplementedError


@activity.defn(name="query_calendar")
async def query_calendar(request: QueryCalendar) -> CalendarReading:
    """Return whether a run is due, whether its window is open, and the next run; only this activity uses time zones."""
    raise NotImplementedError
