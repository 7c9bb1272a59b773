"""Maintenance: the order, the plan and the calendar of a run, and its record."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from models.base import ApplicationId, Identifier, Model, Moment
from models.dossier.routines import MaintenanceRoutine
from models.operation import OperationOrder
from models.plans import OpenSpan
from models.scope import Scope


class MaintenanceOrder(OperationOrder):
    """An order to carry out a maintenance routine of the dossier."""

    routine: Annotated[Identifier, Field(examples=["patches"])]
    """The name of the routine in the dossier."""
    hosts: list[Identifier] = []
    """The hosts to maintain, in this order; empty: all hosts of the routine."""
    when_open: bool = False
    """Wait for the window. Otherwise a run that somebody starts outside the window is refused."""
    scheduled: Moment | None = None
    """The scheduled time that this run replaces, if somebody starts it by hand."""
    exact_until: Moment | None = None
    """For a schedule: until this time it starts at the exact times only, later more often."""


class LoadMaintenance(Model):
    """Ask for a routine in a version of a dossier."""

    application: ApplicationId
    dossier: str = ""
    """The digest of the dossier; the current version by default."""
    routine: Identifier


class MaintenancePlan(Model):
    """A routine with its hosts and steps."""

    application: ApplicationId
    dossier: str
    in_force_since: datetime | None = None
    """When this version of the dossier came into force; None in histories of earlier releases."""
    routine: MaintenanceRoutine
    hosts: list[str]
    """All hosts, in the order in which they are maintained."""
    components: Scope
    """The maintained components; the whole application if the named hosts have no component."""


class QueryCalendar(Model):
    """Ask for the calendar of a routine at a moment."""

    application: ApplicationId
    dossier: str
    routine: Identifier
    at: datetime
    scheduled: datetime | None = None
    """The scheduled time; None: somebody started the run."""


class CalendarReading(Model):
    """The window, the freezes and the other runs of a routine at a moment. All moments in UTC."""

    due: bool = True
    """Whether the routine takes place at the scheduled time."""
    open_until: datetime | None = None
    """The end of the open window, if no freeze applies."""
    closed: str = ""
    """The reason why the routine may not run now, in a few words."""
    late: str = ""
    """The reason why the scheduled run is missed, in a few words; empty: it is not."""
    overtaken: bool = False
    """A later run of the routine is due already."""
    opens: OpenSpan | None = None
    """The next time at which the routine may run; None: not within a year."""
    opens_text: str = ""
    """The same as text, in the time zone of the window."""
    next_due: datetime | None = None
    """The next scheduled run after this one."""


class MaintenanceData(Model):
    """The record of a run: the hosts that are done, and those with which another run would continue."""

    routine: str
    done: list[str] = []
    failed: dict[str, str] = {}
    """The reason of the failure for each host."""
    left: list[str] = []
    """The hosts that were not reached."""
    scheduled: datetime | None = None
    missed: str = ""
    """The reason why the run did not take place when it was due."""

    @classmethod
    def of(cls, data: dict[str, Any]) -> MaintenanceData:
        """Return the data of a run from its record, which also has data that all operations have."""
        return cls.model_validate({key: value for key, value in data.items() if key in cls.model_fields})

    @property
    def to_resume(self) -> list[str]:
        """The hosts with which another run continues: the failed ones first."""
        return [*self.failed, *self.left]
