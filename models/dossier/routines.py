"""Recurring work: maintenance, extended routines, reports and capacity planning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from models.base import Duration, Identifier, Model, PositiveDuration
from models.dossier.agreement import HoursSpan, TimeZone, minutes_of
from models.dossier.frequency import Frequency
from models.dossier.instructions import Approval, AskStep, OtherStep, Step, TriedAgain, WaitStep


class Missed(StrEnum):
    """What happens with a run that could not take place."""

    SKIP = "skip"
    CATCH_UP = "catch_up"
    ASK = "ask"


class Weekday(StrEnum):
    """A day of the week, in the order of ISO 8601."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_DAYS: Final = tuple(Weekday)


class Window(Model):
    """When maintenance may run."""

    time_zone: TimeZone
    hours: HoursSpan
    weekdays: list[Weekday] = []
    """Weekdays on which it opens; every day unless given."""

    def holds(self, weekday: int, minute: int) -> bool:
        """Whether it is open at so many minutes after midnight of a weekday, of which Monday is 0.

        What runs over midnight belongs to the day on which it opens.
        """
        since, until = minutes_of(self.hours)
        today, yesterday = (not self.weekdays or _DAYS[n % 7] in self.weekdays for n in (weekday, weekday - 1))
        return (today and since <= minute < until) or (yesterday and minute + 1440 < until)


class MaintenanceRoutine(Model):
    """An agreed maintenance routine: scope, execution, frequency."""

    title: str
    components: list[Identifier] = []
    hosts: list[Identifier] = []
    frequency: Frequency
    """`daily 03:00`, `weekly sunday 03:00`, `monthly first sunday 03:00`, `monthly last working day 18:00`, or `cron: ...`, all
    in the window's time zone."""
    working_days: Identifier | None = None
    """Service hours that say which days are working days; the only ones with hours of their own unless given."""
    window: Window
    steps: Annotated[list[Step], Field(min_length=1)]
    at_once: Annotated[int, Field(ge=1)] = 1
    """How many hosts at most at a time."""
    abort_after_failures: Annotated[int, Field(ge=1)] = 1
    """So many failed hosts end the run; a failure of the first host always does."""
    healthy_for: Duration = timedelta(minutes=1)
    """How long the components must be healthy after the first host, and after every batch, before the next is touched."""
    missed: Missed = Missed.SKIP
    approval: Approval | None = None


def at_longest(steps: Sequence[Step]) -> timedelta:
    """How long steps take if every one takes its longest, and is tried as often as it may be."""
    return sum((_longest(step) for step in steps), timedelta(0))


def _longest(step: Step) -> timedelta:
    if isinstance(step, WaitStep):
        return step.duration
    if isinstance(step, AskStep):
        return step.approval.within
    once = step.timeout + (step.check.timeout if isinstance(step, OtherStep) and step.check else timedelta(0))
    return once * step.tries + step.pause * (step.tries - 1) if isinstance(step, TriedAgain) else once


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
    least: int | None = None
    """The smallest number that an integer may be: 0 unless given, as `-1` would be an option to most commands."""
    most: int | None = None
    """The largest."""
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
