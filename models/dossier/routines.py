"""Recurring work: maintenance, extended routines and capacity planning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from models.base import Duration, Identifier, Model, PositiveDuration
from models.capacity import ResourceClass, UseStatistic, with_headroom
from models.dossier.agreement import HoursSpan, TimeZone, minutes_of
from models.dossier.frequency import Frequency
from models.dossier.instructions import Approval, AskStep, OtherStep, Step, TriedAgain, WaitStep


class Missed(StrEnum):
    """What happens after a run that could not take place."""

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
    """A maintenance window."""

    time_zone: TimeZone
    hours: HoursSpan
    weekdays: list[Weekday] = []
    """The weekdays on which the window opens; every day by default."""

    def holds(self, weekday: int, minute: int) -> bool:
        """Return whether the window is open at a weekday (0 is Monday) and a minute after midnight.

        Time after midnight belongs to the day on which the window opened.
        """
        since, until = minutes_of(self.hours)
        today, yesterday = (not self.weekdays or _DAYS[n % 7] in self.weekdays for n in (weekday, weekday - 1))
        return (today and since <= minute < until) or (yesterday and minute + 1440 < until)


class MaintenanceRoutine(Model):
    """An agreed maintenance routine: the hosts, the steps and the times."""

    title: str
    components: list[Identifier] = []
    hosts: list[Identifier] = []
    frequency: Frequency
    """The time of the runs, in the time zone of the window: `daily 03:00`, `weekly sunday 03:00`, `monthly first sunday
    03:00`, `monthly last working day 18:00`, or `cron: ...`."""
    working_days: Identifier | None = None
    """The service hours that define working days; by default the only ones that are not 24x7."""
    window: Window
    steps: Annotated[list[Step], Field(min_length=1)]
    at_once: Annotated[int, Field(ge=1)] = 1
    """The most hosts in a batch."""
    abort_after_failures: Annotated[int, Field(ge=1)] = 1
    """The number of failed hosts that ends the run. A failure of the first host always ends it."""
    healthy_for: Duration = timedelta(minutes=1)
    """How long the components must be healthy after the first host and after every batch, before the run continues."""
    missed: Missed = Missed.SKIP
    approval: Approval | None = None


def at_longest(steps: Sequence[Step]) -> timedelta:
    """Return the longest duration of steps: all timeouts, attempts and pauses."""
    return sum((_longest(step) for step in steps), timedelta(0))


def _longest(step: Step) -> timedelta:
    if isinstance(step, WaitStep):
        return step.duration
    if isinstance(step, AskStep):
        return step.approval.within
    once = step.timeout + (step.check.timeout if isinstance(step, OtherStep) and step.check else timedelta(0))
    return once * step.tries + step.pause * (step.tries - 1) if isinstance(step, TriedAgain) else once


class InputType(StrEnum):
    """The type of a routine's input."""

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
    """The smallest allowed integer. Default: 0, because most commands would read `-1` as an option."""
    most: int | None = None
    """The largest allowed integer."""
    required: bool = True


class ExtendedRoutine(Model):
    """A predefined routine that people may order."""

    title: str
    ordered_by: Annotated[list[Identifier], Field(min_length=1)]
    """The roles that may order the routine."""
    inputs: dict[Identifier, RoutineInput] = {}
    lead_time: PositiveDuration | None = None
    per_month: Annotated[int, Field(ge=1)] | None = None
    """The number of orders that the customer is entitled to in a month."""
    steps: Annotated[list[Step], Field(min_length=1)]
    approval: Approval | None = None


class Routines(Model):
    """All maintenance, changes and restores, and the routines that people may order."""

    maintenance: dict[Identifier, MaintenanceRoutine] = {}
    extended: dict[Identifier, ExtendedRoutine] = {}


class CapacityResource(Model):
    """A resource whose use is planned every quarter."""

    title: str
    measuring_point: Identifier
    limit: float
    """In the unit of the measuring point."""
    plan_ahead: PositiveDuration
    """How long before the limit is reached a decision must be made."""
    kind: ResourceClass | None = None
    """Its kind, which decides how the forecast follows the newest days."""
    statistic: UseStatistic = UseStatistic.P95
    """The figure of each day (UTC) that stands for its use."""
    falls: bool = False
    """The limit is a floor: the use must not fall below it."""
    headroom: Annotated[float, Field(ge=0, le=90)] = 0
    """The percentage of the limit that must stay free."""
    risk: Annotated[float, Field(ge=1, le=50)] = 10
    """The probability, in percent, of reaching the limit less the headroom at which a decision is due."""

    @property
    def reserved_limit(self) -> float:
        """The limit that counts: the agreed one less the headroom, for a floor plus the headroom."""
        return with_headroom(self.limit, self.headroom, falls=self.falls)


class Capacity(Model):
    """The capacity plan: its participants and resources."""

    resources: dict[Identifier, CapacityResource] = {}
    participants: list[Identifier] = []
    """The contacts who meet every quarter."""
