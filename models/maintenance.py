"""Maintenance: what a run is started with, what it looks up, and what it leaves behind."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from models.base import ApplicationId, Identifier, Model, Moment
from models.dossier.routines import MaintenanceRoutine
from models.operation import OperationOrder
from models.slices import OpenSpan


class MaintenanceOrder(OperationOrder):
    """Carry out a maintenance routine of the dossier."""

    routine: Annotated[Identifier, Field(examples=["patches"])]
    """Its name in the dossier."""
    hosts: list[Identifier] = []
    """Only these, in this order; none: all of the routine."""
    when_open: bool = False
    """Wait until its window opens; else a run that is started by hand while it is closed is refused."""
    scheduled: Moment | None = None
    """The time of the schedule that it stands for, if somebody starts it in its place."""
    exact_until: Moment | None = None
    """Of a schedule: until then it starts at occurrences only, afterwards more often."""


class LoadMaintenance(Model):
    """Which routine, of which version of a dossier."""

    application: ApplicationId
    dossier: str = ""
    """Digest; the version that holds now unless given."""
    routine: Identifier


class MaintenancePlan(Model):
    """A routine, resolved."""

    application: ApplicationId
    dossier: str
    routine: MaintenanceRoutine
    hosts: list[str]
    """All of them, in the order in which they have their turn."""
    components: list[str]
    """That are worked on; none: the whole application."""


class LookAtCalendar(Model):
    """How a routine stands at a moment."""

    application: ApplicationId
    dossier: str
    routine: Identifier
    at: datetime
    scheduled: datetime | None = None
    """When the schedule started it; None: somebody did."""


class CalendarLook(Model):
    """How a routine stands: its window, freezes, and its other runs. All moments in UTC."""

    due: bool = True
    """Whether it takes place at the moment that the schedule started it."""
    open_until: datetime | None = None
    """Its window is open and no freeze keeps it back: until then."""
    closed: str = ""
    """Why it may not be carried out now, in a few words."""
    late: str = ""
    """Why the run that was scheduled is missed, in a few words; empty: it is not."""
    overtaken: bool = False
    """A later run of the routine is due already."""
    opens: OpenSpan | None = None
    """When it may be carried out next; None: not within a year."""
    opens_text: str = ""
    """That, on the wall clock of the window."""
    next_due: datetime | None = None
    """When the routine takes place next after this run."""


class MaintenanceData(Model):
    """What a run leaves in its record: which hosts are done, and where another run would go on."""

    routine: str
    done: list[str] = []
    failed: dict[str, str] = {}
    """Host to what was wrong."""
    left: list[str] = []
    """Hosts that had no turn."""
    scheduled: datetime | None = None
    missed: str = ""
    """Why it did not take place when it was due."""

    @property
    def to_resume(self) -> list[str]:
        """The hosts with which another run goes on: the failed ones first."""
        return [*self.failed, *self.left]
