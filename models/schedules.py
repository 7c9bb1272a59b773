"""What of a dossier recurs: the schedules that must be there for it, and what they start."""

from __future__ import annotations

from collections.abc import Sequence
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
from models.people import SCHEDULE


class ScheduledRoutine(Model):
    """Something that recurs, by one version of a dossier."""

    kind: Identifier
    """What is started: a kind of operation, which is also the type of its workflow."""
    application: ApplicationId
    customer: Identifier
    name: Identifier
    """Its name in the dossier."""
    title: str
    frequency: Frequency
    time_zone: TimeZone
    working_days: ServiceHours | None = None
    """Say which days are working days."""
    window: Window | None = None
    """None: at any hour."""
    missed: Missed = Missed.SKIP
    components: list[Identifier] = []
    """What it works on, without what depends on it; none: the whole application."""
    takes_at_most: Duration = timedelta(0)
    """If every step takes its longest."""
    order: dict[str, Any] = Field(default_factory=dict)
    """Input of the workflow."""

    @property
    def id(self) -> str:
        """Id of its schedule."""
        return schedule_id(self.kind, self.application, self.name)

    @property
    def when(self) -> str:
        """In words when it runs."""
        within = f", window {self.window.hours}" if self.window else ""
        days = f" on {', '.join(self.window.weekdays)}" if self.window and self.window.weekdays else ""
        return f"{self.frequency}, {self.time_zone}{within}{days}"


def scheduled_routines(dossier: Dossier) -> list[ScheduledRoutine]:
    """Everything of a dossier that recurs, in the order written."""
    drilled = [name for name, restore in dossier.instructions.restore.items() if restore.drill is not None]
    return [
        *(_maintenance(dossier, name) for name in dossier.routines.maintenance),
        *(_drill(dossier, name) for name in drilled),
    ]


def _drill(dossier: Dossier, name: str) -> ScheduledRoutine:
    restore = dossier.instructions.restore[name]
    assert restore.drill is not None
    return ScheduledRoutine(
        kind="drill",
        application=dossier.id,
        customer=dossier.customer,
        name=name,
        title=f"Drill: {restore.title}",
        frequency=restore.drill.frequency,
        time_zone=restore.drill.time_zone,
        working_days=dossier.agreement.working_days(None),
        components=[restore.component],
        takes_at_most=restore.restore_time,
        order={"application": dossier.id, "by": SCHEDULE, "unattended": True, "restore": name},
    )


def _maintenance(dossier: Dossier, name: str) -> ScheduledRoutine:
    routine = dossier.routines.maintenance[name]
    hosts = maintained_hosts(dossier, routine)
    batches = 1 + -(-(len(hosts) - 1) // routine.at_once) if hosts else 0
    return ScheduledRoutine(
        kind="maintenance",
        application=dossier.id,
        customer=dossier.customer,
        name=name,
        title=routine.title,
        frequency=routine.frequency,
        time_zone=routine.window.time_zone,
        working_days=dossier.agreement.working_days(routine.working_days),
        window=routine.window,
        missed=routine.missed,
        components=maintained_components(dossier, routine),
        takes_at_most=(at_longest(routine.steps) + routine.healthy_for) * batches,
        order={"application": dossier.id, "by": SCHEDULE, "unattended": True, "routine": name},
    )


def maintained_hosts(dossier: Dossier, routine: MaintenanceRoutine) -> list[str]:
    """The hosts in the order in which they have their turn: those named, then those of the components, each once."""
    of_components = [h for c in routine.components for h in dossier.architecture.components[c].hosts]
    return list(dict.fromkeys([*routine.hosts, *of_components]))


def maintained_components(dossier: Dossier, routine: MaintenanceRoutine) -> list[str]:
    """The components that are worked on: those named, and those that stand on a host that is named; in the dossier's order."""
    return [
        name
        for name, component in dossier.architecture.components.items()
        if name in routine.components or set(component.hosts) & set(routine.hosts)
    ]


def with_dependants(dossier: Dossier, components: Sequence[str]) -> list[str]:
    """These and all that depend on them, as a lease covers them; none: the whole application."""
    needs = {name: set(component.depends_on) for name, component in dossier.architecture.components.items()}
    scope, grew = set(components), bool(components)
    while grew:
        more = {name for name, needed in needs.items() if needed & scope} - scope
        scope, grew = scope | more, bool(more)
    return [name for name in needs if name in scope]


class ScheduleShape(Model):
    """A schedule of Temporal's, as far as it matters, so that two can be compared."""

    says: str = ""
    """In words when it runs: the comment on its times."""
    times: list[str]
    """Patterns in UTC, each as `MINUTE HOUR DAY MONTH WEEKDAY YEAR`, sorted."""
    workflow: str
    workflow_id: str
    task_queue: str
    order: dict[str, Any]
    """Input of the workflow."""
    summary: str
    search_attributes: dict[str, str]
    overlap: str
    catches_up_within: PositiveDuration
    more: dict[str, str] = {}
    """Whatever else is set, which we never set: intervals, exceptions, jitter, limits."""


class FoundSchedule(Model):
    """A schedule as the server has it."""

    id: str
    shape: ScheduleShape
    paused: bool
    note: str = ""
    """Why it is paused."""
    application: str = ""
    """Whose it is, if we made it; empty: somebody else made it."""
    next_runs: list[datetime] = []
    lost: int = 0
    """Runs that were due while the server was away for longer than it catches up."""


class AppliedSchedule(Model):
    """A schedule as it was last applied."""

    id: str
    application: ApplicationId
    shape: ScheduleShape
    by: str
    at: datetime


class WantedSchedule(Model):
    """A schedule as the dossier that holds now wants it."""

    routine: ScheduledRoutine
    shape: ScheduleShape
    next_runs: list[datetime]
    exact_until: datetime


class ScheduleChange(StrEnum):
    """What applying does with a schedule."""

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
    """What is changed, each as one line."""
    drift: list[str] = []
    """What somebody did by hand since it was applied, each as one line."""
    paused: str | None = None
    """It is paused, and why."""
    next_runs: list[datetime] = []
    """In the zone of its wall clock."""
    lost: int = 0
    """Runs that were never started, because the server was away for too long."""


class SchedulePlan(Model):
    """What has to be done so that the schedules match the published dossiers."""

    schedules: list[PlannedSchedule]
    unreadable: list[str] = []
    """Dossiers that cannot be read by this version, each as a sentence; their schedules are left as they are."""

    @property
    def changes(self) -> list[PlannedSchedule]:
        """Those that applying does something with."""
        return [s for s in self.schedules if s.change is not ScheduleChange.KEEP]


class AgendaEntry(Model):
    """One time at which something recurs."""

    id: str
    """Of its schedule."""
    application: str
    kind: str
    name: str
    title: str
    begins: datetime
    """In the zone of its wall clock."""
    ends_by: datetime
    """If every step takes its longest; at the latest when its window closes."""
    components: list[str]
    """That it keeps others from, dependants included; none: the whole application."""
    conflicts: list[str] = []
    """What stands in its way, each in a few words."""
