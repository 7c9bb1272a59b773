"""Recurring work: maintenance, extended routines, reports and capacity planning."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import Identifier, Model, PositiveDuration
from models.dossier.agreement import HoursSpan, TimeZone
from models.dossier.instructions import Approval, Step

_WEEKDAY = "(monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
FREQUENCY = (
    rf"^((daily|weekly {_WEEKDAY}|(monthly|quarterly) (first|second|third|fourth|last) ({_WEEKDAY}|working day))"
    r" ([01]\d|2[0-3]):[0-5]\d|cron:( [0-9A-Za-z*/,?-]+){5})$"
)

Frequency = Annotated[str, Field(pattern=FREQUENCY)]
"""When something recurs: `daily 03:00`, `weekly sunday 03:00`, `quarterly last working day 18:00`, `cron: 0 3 * * 0`."""


class Missed(StrEnum):
    """What happens with a run that could not take place."""

    SKIP = "skip"
    CATCH_UP = "catch_up"
    ASK = "ask"


class Window(Model):
    """When maintenance may run."""

    time_zone: TimeZone
    hours: HoursSpan


class MaintenanceRoutine(Model):
    """An agreed maintenance routine: scope, execution, frequency."""

    title: str
    components: list[Identifier] = []
    hosts: list[Identifier] = []
    frequency: Frequency
    """`daily 03:00`, `weekly sunday 03:00`, `monthly first sunday 03:00`, `monthly last working day 18:00`, or `cron: ...`."""
    window: Window
    steps: Annotated[list[Step], Field(min_length=1)]
    at_once: Annotated[int, Field(ge=1)] = 1
    """How many hosts at most at a time."""
    abort_after_failures: Annotated[int, Field(ge=1)] = 1
    missed: Missed = Missed.SKIP
    approval: Approval | None = None


class InputType(StrEnum):
    """Type of a routine's input."""

    TEXT = "text"
    INTEGER = "integer"
    DATE = "date"
    CHOICE = "choice"
    BOOLEAN = "boolean"


class RoutineInput(Model):
    """A typed input of an extended routine."""

    type: InputType
    label: str
    choices: list[str] = []
    pattern: str | None = None
    required: bool = True


class ExtendedRoutine(Model):
    """A predefined routine that may be ordered."""

    title: str
    ordered_by: Annotated[list[Identifier], Field(min_length=1)]
    """Roles that may order it."""
    inputs: dict[Identifier, RoutineInput] = {}
    lead_time: PositiveDuration | None = None
    per_month: Annotated[int, Field(ge=1)] | None = None
    """How many the customer is entitled to a month."""
    steps: Annotated[list[Step], Field(min_length=1)]
    approval: Approval | None = None


class Routines(Model):
    """Everything that recurs or may be ordered."""

    maintenance: dict[Identifier, MaintenanceRoutine] = {}
    extended: dict[Identifier, ExtendedRoutine] = {}


class Report(Model):
    """A report to the customer."""

    title: str
    frequency: Frequency
    """As for maintenance; the time is the supplier's."""
    content: Annotated[list[str], Field(min_length=1)]
    receivers: Annotated[list[Identifier], Field(min_length=1)]
    """Contacts."""
    language: Annotated[str, Field(pattern=r"^(en|sv)$")] = "en"


class CapacityResource(Model):
    """A resource whose use is planned every quarter."""

    title: str
    measuring_point: Identifier
    limit: float
    """In the unit of the measuring point."""
    plan_ahead: PositiveDuration
    """How long before the limit is reached something must have been decided."""


class Capacity(Model):
    """Capacity planning."""

    resources: dict[Identifier, CapacityResource] = {}
    participants: list[Identifier] = []
    """Contacts who meet every quarter."""
