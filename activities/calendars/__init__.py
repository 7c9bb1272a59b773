"""Service hours as calendars, for clocks, escalation, monitoring, maintenance windows and reports; no I/O."""

from activities.calendars.calendar import Calendar, Closure, calendar_of
from activities.calendars.working_days import WorkingDays, working_days_of
from activities.calendars.zones import versions

__all__ = ["Calendar", "Closure", "WorkingDays", "calendar_of", "versions", "working_days_of"]
