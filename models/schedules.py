"""The recurring work of a dossier: the schedules that it needs, and the workflows that they start."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field

from models.base import ApplicationId, Duration, Identifier, Model, PositiveDuration
from models.dossier import Dossier
from models.dossier.agreement import ServiceHours, TimeZone
from models.dossier.frequency import Frequency
from models.dossier.routines import MaintenanceRoutine, Missed, Window, at_longest
from models.names import schedule_id
from models.operation_kinds import DRILL, MAINTENANCE, REPORT
from models.people import SCHEDULE
from models.scope import WHOLE, Scope


class ScheduledRoutine(Model):
    """A recurring routine in one version of a dossier."""

    kind: Identifier
    """The type of the workflow that the schedule starts: the kind of operation, or `start-report`."""
    application: ApplicationId
    customer: Identifier
    name: Identifier
    """The name in the dossier."""
    title: str
    frequency: Frequency
    time_zone: TimeZone
    working_days: ServiceHours | None = None
    """The service hours that define working days."""
    window: Window | None = None
    """None: at any hour."""
    missed: Missed = Missed.SKIP
    components: Scope = WHOLE
    """The components that it works on, without their dependants."""
    takes_at_most: Duration = timedelta(0)
    """The duration if every step takes its longest time."""
    order: dict[str, Any] = Field(default_factory=dict)
    """The input of the workflow."""

    @property
    def id(self) -> str:
        """The id of its schedule."""
        return schedule_id(self.kind, self.application, self.name)

    @property
    def when(self) -> str:
        """The run times in words."""
        within = f", window {self.window.hours}" if self.window else ""
        days = f" on {', '.join(self.window.weekdays)}" if self.window and self.window.weekdays else ""
        return f"{self.frequency}, {self.time_zone}{within}{days}"


def scheduled_routines(dossier: Dossier) -> list[ScheduledRoutine]:
    """Return all recurring routines of a dossier, in the written order."""
    drilled = [name for name, restore in dossier.instructions.restore.items() if restore.drill is not None]
    return [
        *(_maintenance(dossier, name) for name in dossier.routines.maintenance),
        *(_drill(dossier, name) for name in drilled),
    ]


def scheduled_reports(dossier: Dossier) -> list[ScheduledRoutine]:
    """Return the reports of a dossier as recurring work. They act on no component, and have no window."""
    return [
        ScheduledRoutine(
            kind=REPORT.started_as,
            application=dossier.id,
            customer=dossier.customer,
            name=name,
            title=report.title,
            frequency=report.frequency,
            time_zone=report.time_zone or dossier.agreement.time_zone_of(),
            working_days=dossier.agreement.working_days(None),
            order={"application": dossier.id, "by": SCHEDULE, "unattended": True, "report": name},
        )
        for name, report in dossier.reports.items()
    ]


def _drill(dossier: Dossier, name: str) -> ScheduledRoutine:
    restore = dossier.instructions.restore[name]
    assert restore.drill is not None
    return ScheduledRoutine(
        kind=DRILL.name,
        application=dossier.id,
        customer=dossier.customer,
        name=name,
        title=f"Drill: {restore.title}",
        frequency=restore.drill.frequency,
        time_zone=restore.drill.time_zone,
        working_days=dossier.agreement.working_days(None),
        components=Scope.of([restore.component]),
        takes_at_most=restore.restore_time,
        order={"application": dossier.id, "by": SCHEDULE, "unattended": True, "restore": name},
    )


def _maintenance(dossier: Dossier, name: str) -> ScheduledRoutine:
    routine = dossier.routines.maintenance[name]
    hosts = maintained_hosts(dossier, routine)
    batches = 1 + -(-(len(hosts) - 1) // routine.at_once) if hosts else 0
    return ScheduledRoutine(
        kind=MAINTENANCE.name,
        application=dossier.id,
        customer=dossier.customer,
        name=name,
        title=routine.title,
        frequency=routine.frequency,
        time_zone=routine.window.time_zone,
        working_days=dossier.agreement.working_days(routine.working_days),
        window=routine.window,
        missed=routine.missed,
        components=Scope.of(maintained_components(dossier, routine)),
        takes_at_most=(at_longest(routine.steps) + routine.healthy_for) * batches,
        order={"application": dossier.id, "by": SCHEDULE, "unattended": True, "routine": name},
    )


def maintained_hosts(dossier: Dossier, routine: MaintenanceRoutine) -> list[str]:
    """Return the hosts in the order of their maintenance: the named ones, then those of the components, each once."""
    of_components = [h for c in routine.components for h in dossier.architecture.components[c].hosts]
    return list(dict.fromkeys([*routine.hosts, *of_components]))


def maintained_components(dossier: Dossier, routine: MaintenanceRoutine) -> list[str]:
    """Return the maintained components: the named ones, and those on a named host; in the dossier's order."""
    return [
        name
        for name, component in dossier.architecture.components.items()
        if name in routine.components or set(component.hosts) & set(routine.hosts)
    ]


class ScheduleShape(Model):
    """The properties of a Temporal schedule that Driftvakt compares."""

    says: str = ""
    """The run times in words; the comment of the schedule."""
    times: list[str]
    """Patterns in UTC, each as `MINUTE HOUR DAY MONTH WEEKDAY YEAR`, sorted."""
    workflow: str
    workflow_id: str
    task_queue: str
    order: dict[str, Any]
    """The input of the workflow."""
    summary: str
    search_attributes: dict[str, str]
    overlap: str
    catches_up_within: PositiveDuration
    more: dict[str, str] = {}
    """Other settings, which Driftvakt never sets: intervals, exceptions, jitter, limits."""


class FoundSchedule(Model):
    """A schedule on the server."""

    id: str
    shape: ScheduleShape
    paused: bool
    note: str = ""
    """The reason why it is paused."""
    application: str = ""
    """The application, if Driftvakt created the schedule; empty: somebody else did."""
    next_runs: list[datetime] = []
    lost: int = 0
    """The number of lost runs: they were due while the server was down for longer than it catches up."""


class AppliedSchedule(Model):
    """A schedule as it was last applied."""

    id: str
    application: ApplicationId
    shape: ScheduleShape
    by: str
    at: datetime


class WantedSchedule(Model):
    """A schedule as the current dossier requires it."""

    routine: ScheduledRoutine
    shape: ScheduleShape
    next_runs: list[datetime]
    exact_until: datetime


class ScheduleChange(StrEnum):
    """The action of applying for one schedule."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    KEEP = "keep"


class PlannedSchedule(Model):
    """One schedule in a plan."""

    id: str
    application: str
    title: str
    when: str
    """In words: `monthly first sunday 03:00, Europe/Stockholm`."""
    change: ScheduleChange
    differences: list[str] = []
    """The changes, each as one line."""
    drift: list[str] = []
    """Manual changes since the last applying, each as one line."""
    paused: str | None = None
    """The reason why it is paused; None: it is not."""
    next_runs: list[datetime] = []
    """The next runs, in the time zone of the routine."""
    lost: int = 0
    """The number of lost runs: the server was down for too long."""


class SchedulePlan(Model):
    """The actions after which the schedules match the published dossiers."""

    schedules: list[PlannedSchedule]
    unreadable: list[str] = []
    """The dossiers that this release cannot read, each as a sentence; their schedules stay unchanged."""

    @property
    def changes(self) -> list[PlannedSchedule]:
        """The schedules that applying changes."""
        return [s for s in self.schedules if s.change is not ScheduleChange.KEEP]


class AgendaEntry(Model):
    """One run of a recurring routine."""

    id: str
    """The id of its schedule."""
    application: str
    kind: str
    name: str
    title: str
    begins: datetime
    """In the time zone of the routine."""
    ends_by: datetime
    """The end if every step takes its longest time; not later than the end of the window."""
    components: Scope
    """The components that it leases, with their dependants."""
    conflicts: list[str] = []
    """The obstacles, each in a few words."""
