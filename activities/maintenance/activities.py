"""The activities of maintenance: the plan and the calendar of a routine."""

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
from models.maintenance import CalendarReading, LoadMaintenance, MaintenancePlan, QueryCalendar
from models.plans import OpenSpan
from models.schedules import maintained_components, maintained_hosts
from models.scope import Scope


class MaintenanceActivities:
    """Reads maintenance routines; blocking, for the worker's thread pool."""

    def __init__(self, records: Records) -> None:
        """`records`: the dossiers."""
        self._records = records

    def activities(self) -> list[Callable[..., Any]]:
        """Return all activities, for the worker."""
        return [self.load_maintenance, self.query_calendar]

    @activity.defn
    def load_maintenance(self, request: LoadMaintenance) -> MaintenancePlan:
        """Return a routine of one version of a dossier, with its hosts and steps."""
        dossier, routine = self._routine(request.application, request.dossier, request.routine)
        return MaintenancePlan(
            application=dossier.id,
            dossier=dossier.digest,
            in_force_since=self._records.in_force_since(dossier.id, dossier.digest),
            routine=routine,
            hosts=maintained_hosts(dossier, routine),
            components=Scope.of(maintained_components(dossier, routine)),
        )

    @activity.defn
    def query_calendar(self, request: QueryCalendar) -> CalendarReading:
        """Return the calendar of a routine at a moment."""
        dossier, routine = self._routine(request.application, request.dossier, request.routine)
        return read_calendar(dossier, routine, request.at, request.scheduled)

    def _routine(self, application: str, digest: str, name: str) -> tuple[Dossier, MaintenanceRoutine]:
        dossier = self._records.dossier(digest) if digest else self._records.current_dossier(application)
        if dossier is None or dossier.id != application:
            raise NotFoundError(f"no dossier of {application} is published; publish one first")
        routine = dossier.routines.maintenance.get(name)
        if routine is None:
            known = ", ".join(dossier.routines.maintenance) or "none"
            raise NotFoundError(f"{application} has no maintenance routine {name!r}; it has {known}")
        return dossier, routine


def read_calendar(
    dossier: Dossier, routine: MaintenanceRoutine, at: datetime, scheduled: datetime | None
) -> CalendarReading:
    """Return the calendar of a routine at a moment; `scheduled`: the time of the schedule, None if a person started the
    run.
    """
    window, local = routine.window, zone(routine.window.time_zone)
    days = dossier.agreement.working_days(routine.working_days)
    occurrences = Occurrences(routine.frequency, window.time_zone, days)
    freezes = freezes_of(dossier.agreement)
    scope = dossier.architecture.dependencies.covering(Scope.of(maintained_components(dossier, routine)))

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
    return CalendarReading(
        due=scheduled is None or occurrences.includes(scheduled),
        open_until=None if closed or span is None else min([span[1], *ahead]),
        closed=closed,
        late=closed or ("the window in which it was due has closed" if own is not None and at >= own[1] else ""),
        overtaken=scheduled is not None and bool(following) and following[0] <= at,
        opens=None if opens is None else OpenSpan(since=opens[0], until=opens[1]),
        opens_text=f"{opens[0].astimezone(local):%a %Y-%m-%d %H:%M}" if opens else "",
        next_due=next(iter(occurrences.following(at, 1)), None),
    )
