"""What of a dossier recurs: the schedules that must be there for it, and what they start."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from models.base import ApplicationId, Identifier, Model
from models.dossier import Dossier
from models.dossier.agreement import ServiceHours, TimeZone
from models.dossier.frequency import Frequency
from models.dossier.routines import Missed, Window
from models.names import schedule_id


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
    """What it works on; none: the whole application."""
    hosts: list[Identifier] = []
    order: dict[str, Any] = Field(default_factory=dict)
    """Input of the workflow."""

    @property
    def id(self) -> str:
        """Id of its schedule."""
        return schedule_id(self.kind, self.application, self.name)


def scheduled_routines(dossier: Dossier) -> list[ScheduledRoutine]:
    """Everything of a dossier that recurs, in the order written."""
    return [_maintenance(dossier, name) for name in dossier.routines.maintenance]


def _maintenance(dossier: Dossier, name: str) -> ScheduledRoutine:
    routine = dossier.routines.maintenance[name]
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
        components=routine.components,
        hosts=routine.hosts,
        order={"application": dossier.id, "by": "schedule", "unattended": True, "routine": name},
    )
