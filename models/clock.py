"""Service-level clocks: the events of an incident, and the readings computed from them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import ApplicationId, Identifier, Model, Moment
from models.dossier.agreement import Pause, Priority
from models.dossier.agreement import TargetKind as TargetKind


class ClockEventKind(StrEnum):
    """An event that affects the clocks of an incident."""

    OPENED = "opened"
    PRIORITY = "priority"
    """The priority was set or changed; from then on, open targets are judged under the new priority."""
    RESPONDED = "responded"
    """Somebody has acknowledged the incident."""
    WAITING = "waiting"
    """Another party must act. The clocks that the agreement names pause if the party was reached."""
    RESUMED = "resumed"
    """The wait is over."""
    UPDATED = "updated"
    """The customer received an update."""
    RESTORED = "restored"
    """Health was proven."""
    REOPENED = "reopened"
    """The fault returned, and the restore clock continues."""
    CLOSED = "closed"


class ClockEvent(Model):
    """An event that affects the clocks; events are in the order in which they happened."""

    at: Moment
    kind: ClockEventKind
    priority: Priority | None = None
    """For `opened` and `priority`."""
    reason: Pause | None = None
    """For `waiting`."""
    party: Identifier | None = None
    """For `waiting`: the party that must act."""
    reached: bool = True
    """For `waiting`: whether somebody of the party was reached. A wait without that pauses no clock."""
    by: Annotated[str, Field(max_length=120)] = ""
    note: Annotated[str, Field(max_length=2000)] = ""


class ClockEvents(Model):
    """The events of an incident's clocks until now."""

    events: list[ClockEvent]


class TargetState(StrEnum):
    """The state of a target."""

    RUNNING = "running"
    PAUSED = "paused"
    OUTSIDE_HOURS = "outside-hours"
    OVERDUE = "overdue"
    """Missed, and the action is still not done."""
    MET = "met"
    MISSED = "missed"
    """Done, but too late."""


class StretchKind(StrEnum):
    """The state of a clock during a stretch."""

    RUNNING = "running"
    PAUSED = "paused"
    OUTSIDE_HOURS = "outside-hours"
    STOPPED = "stopped"
    """The clock does not run: after the action and before a reopening, or before a priority that has this target."""


class Stretch(Model):
    """A span of time in which a clock had one state, with the reason."""

    since: datetime
    until: datetime
    kind: StretchKind
    why: str
    """The reason as text: `waiting for Acme Garden AB: no access`, `outside office: Midsummer Eve`."""
    seconds: float
    """The seconds of service time in this stretch; 0 unless the clock was running."""


class ClockedTarget(Model):
    """The state of one target at one moment."""

    kind: TargetKind
    priority: Priority | None = None
    """The priority that the target belongs to. After completion: the priority at that time, or the one under which it
    was missed."""
    within: str = ""
    """As in the agreement: `18h`, `2 working days`."""
    within_seconds: float
    hours: str
    """The name of the service hours in which the clock runs."""
    state: TargetState
    started_at: datetime
    """The start of the clock: the opening; for `respond` and `update` also a raised priority, or the last update."""
    deadline: datetime | None
    """The deadline if the clock continues as now; None while it is paused before its deadline."""
    done_at: datetime | None = None
    """The time of completion; for `update`, the last update to the customer."""
    breached_at: datetime | None = None
    """The time at which the target was missed, under any priority; for `update`, the first time."""
    breached_as: Priority | None = None
    """The priority under which the target was missed."""
    breaches: int = 0
    """How often the target was missed; more than once only for `update`, once for each late update."""
    elapsed_seconds: float
    """The service time in seconds since `started_at`."""
    paused_seconds: float
    """The service time in seconds that pauses excluded."""
    stretches: list[Stretch] = []
    """The stretches that explain every minute, on request."""


class ClockMoment(Model):
    """The moment at which a percentage of a target's time will be used up, if the clock continues as now."""

    at: datetime
    target: TargetKind
    percent: int
    """50, 75, 90 (warnings) or 100 (breach)."""


class ClockReading(Model):
    """All clocks of an incident at one moment: a pure function of events, calendar and agreement."""

    as_of: datetime
    priority: Priority | None
    agreement: str
    """The number and version of the agreement: `DV-2026-014 v2`."""
    calendar: str
    """The versions of the time zone and holiday data."""
    targets: list[ClockedTarget]
    """Empty if the agreement has no targets for this priority."""
    moments: list[ClockMoment] = []
    """The future moments, the soonest first."""
    waited_seconds: dict[str, float] = {}
    """The wall time in which each party had to act: `supplier`, `customer`, `third_party`."""
    paused: bool = False
    pauses: list[TargetKind] = []
    """The clocks that pause during the current wait, until their action is done."""
    answer_due: datetime | None = None
    """The deadline for the answer of the third party, if the dossier has one."""


class ReadClock(Model):
    """Compute the clocks of an incident."""

    application: ApplicationId
    dossier: str = ""
    """The digest of the dossier; the current version by default."""
    events: list[ClockEvent]
    now: Moment
    explain: bool = False
    """Whether to explain every minute by stretches."""
