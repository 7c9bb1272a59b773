"""What maintenance looks up; carried out by `activities.maintenance.activities`."""

from __future__ import annotations

from temporalio import activity

from models.maintenance import CalendarLook, LoadMaintenance, LookAtCalendar, MaintenancePlan


@activity.defn(name="load_maintenance")
async def load_maintenance(request: LoadMaintenance) -> MaintenancePlan:
    """A routine of one version of a dossier, resolved; `NotFoundError` where there is none."""
    raise NotImplementedError


@activity.defn(name="look_at_calendar")
async def look_at_calendar(request: LookAtCalendar) -> CalendarLook:
    """Whether a run is due, whether its window is open, and when it is next; time zones are looked up here alone."""
    raise NotImplementedError
