"""The activities of maintenance: the routine, and its calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from temporalio import activity

from activities.calendars.freezes import freezes_of
from activities.calendars.occurrences import Occurrences
from activities.calendars.windows import next_span, span_at
from activities.calendars.zones import zone
from activities.records import Records
from models.dossier import Dossier
from models.dossier.agreement import Freezable
from models.dossier.routines import MaintenanceRoutine
from models.errors import NotFoundError
from models.freezes import freeze_at, freeze_over
from models.maintenance import CalendarLook, LoadMaintenance, LookAtCalendar, MaintenancePlan
from models.schedules import maintained_components, maintained_hosts, with_dependants
from models.slices import OpenSpan


class MaintenanceActivities:
    """Looks maintenance up; blocking, so it wants the worker's thread pool."""

    def __init__(self, records: Records) -> None:
        """`records` keep the dossiers."""
        self._records = records

    def activities(self) -> list[Callable[..., Any]]:
        """All of them, for the worker."""
        return [self.load_maintenance, self.look_at_calendar]

    @activity.defn
    def load_maintenance(self, request: LoadMaintenance) -> MaintenancePlan:
        """A routine of one version of a dossier, resolved."""
        dossier, routine = self._routine(request.application, request.dossier, request.routine)
        return MaintenancePlan(
            application=dossier.id,
            dossier=dossier.digest,
            routine=routine,
            hosts=maintained_hosts(dossier, routine),
            components=maintained_components(dossier, routine),
        )

    @activity.defn
    def look_at_calendar(self, request: LookAtCalendar) -> CalendarLook:
        """How a routine stands at a moment."""
        dossier, routine = self._routine(request.application, request.dossier, request.routine)
        return look(dossier, routine, request.at, request.scheduled)

    def _routine(self, application: str, digest: str, name: str) -> tuple[Dossier, MaintenanceRoutine]:
        dossier = self._records.dossier(digest) if digest else self._records.current_dossier(application)
        if dossier is None or dossier.id != application:
            raise NotFoundError(f"no dossier of {application} is published; publish one first")
        routine = dossier.routines.maintenance.get(name)
        if routine is None:
            known = ", ".join(dossier.routines.maintenance) or "none"
            raise NotFoundError(f"{application} has no maintenance routine {name!r}; it has {known}")
        return dossier, routine


def look(dossier: Dossier, routine: MaintenanceRoutine, at: datetime, scheduled: datetime | None) -> CalendarLook:
    """How a routine stands at a moment; `scheduled` is when the schedule started the run, None where somebody did."""
    window, local = routine.window, zone(routine.window.time_zone)
    days = dossier.agreement.working_days(routine.working_days)
    occurrences = Occurrences(routine.frequency, window.time_zone, days)
    freezes = freezes_of(dossier.agreement)
    scope = with_dependants(dossier, maintained_components(dossier, routine))

    def allowed_from(moment: datetime) -> datetime:
        return freeze_over(freezes, moment, Freezable.MAINTENANCE, scope)

    span = span_at(window, at)
    freeze = freeze_at(freezes, at, Freezable.MAINTENANCE, scope)
    opens = next_span(window, at, allowed_from)
    closed = ""
    if freeze is not None:
        closed = f"frozen until {freeze.until.astimezone(local):%Y-%m-%d %H:%M}: {freeze.reason}"
    elif span is None:
        closed = f"outside its window {window.hours} ({window.time_zone})"
    ahead = [f.since for f in freezes if f.since > at and f.keeps_back(Freezable.MAINTENANCE, scope)]
    own = span_at(window, scheduled) if scheduled is not None else None
    following = occurrences.following(scheduled or at, 1)
    return CalendarLook(
        due=scheduled is None or occurrences.includes(scheduled),
        open_until=None if closed or span is None else min([span[1], *ahead]),
        closed=closed,
        late=closed or ("the window in which it was due has closed" if own is not None and at >= own[1] else ""),
        overtaken=scheduled is not None and bool(following) and following[0] <= at,
        opens=None if opens is None else OpenSpan(since=opens[0], until=opens[1]),
        opens_text=f"{opens[0].astimezone(local):%a %Y-%m-%d %H:%M}" if opens else "",
        next_due=next(iter(occurrences.following(at, 1)), None),
    )
