"""Service hours as one calendar, for clocks, escalation, monitoring, maintenance windows and reports; no I/O."""

from activities.calendars.calendar import Calendar, Closure, calendar_of
from activities.calendars.zones import versions

__all__ = ["Calendar", "Closure", "calendar_of", "versions"]
