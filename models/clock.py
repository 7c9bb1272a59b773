"""The service-level clock: what happened, and what the agreement makes of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import ApplicationId, Identifier, Model, Moment
from models.dossier.agreement import Pause, Priority
from models.dossier.agreement import Promise as Promise


class ClockEventKind(StrEnum):
    """What matters to the clocks of an incident."""

    OPENED = "opened"
    PRIORITY = "priority"
    """The priority was set or changed; what is not done yet is judged under the new one from then on."""
    RESPONDED = "responded"
    """Somebody has taken it up."""
    WAITING = "waiting"
    """It is somebody else's turn; pauses the clocks that the agreement names, where the party was reached."""
    RESUMED = "resumed"
    """The wait is over."""
    UPDATED = "updated"
    """The customer was told how it stands."""
    RESTORED = "restored"
    """Health was proven."""
    REOPENED = "reopened"
    """It was not over after all: the clock of restoring goes on."""
    CLOSED = "closed"


class ClockEvent(Model):
    """Something that matters to the clocks; events stand in the order in which they happened."""

    at: Moment
    kind: ClockEventKind
    priority: Priority | None = None
    """Of `opened` and `priority`."""
    reason: Pause | None = None
    """Of `waiting`."""
    party: Identifier | None = None
    """Of `waiting`: the party that is waited for."""
    reached: bool = True
    """Of `waiting`: whether somebody of the party was told; a wait of which nobody knows pauses no clock."""
    by: Annotated[str, Field(max_length=120)] = ""
    note: Annotated[str, Field(max_length=2000)] = ""


class ClockEvents(Model):
    """The events of an incident's clock so far."""

    events: list[ClockEvent]


class Standing(StrEnum):
    """How it is with a promise."""

    RUNNING = "running"
    PAUSED = "paused"
    OUTSIDE_HOURS = "outside-hours"
    OVERDUE = "overdue"
    """Not kept in time, and still not done."""
    KEPT = "kept"
    BROKEN = "broken"
    """Done, and at some time its time had run out."""


class StretchKind(StrEnum):
    """What a clock did for a while."""

    RUNNING = "running"
    PAUSED = "paused"
    OUTSIDE_HOURS = "outside-hours"
    STOPPED = "stopped"
    """Between having been done and having been opened again, and before a priority that promises it."""


class Stretch(Model):
    """A span of time in which a clock did one thing, and why."""

    since: datetime
    until: datetime
    kind: StretchKind
    why: str
    """For people: `waiting for Acme Garden AB: no access`, `outside office: Midsummer Eve`."""
    seconds: float
    """Seconds of service time that it counted; 0 unless running."""


class PromiseReading(Model):
    """One promise at one moment."""

    promise: Promise
    priority: Priority | None = None
    """Whose promise it is judged by; of what is done, that which held then, or that under which its time ran out."""
    within: str = ""
    """As the agreement has it: `18h`, `2 working days`."""
    within_seconds: float
    hours: str
    """Name of the service hours in which it runs."""
    standing: Standing
    started_at: datetime
    """Since when its time is counted: the opening; of `respond` and `update` also a raise, or the last word."""
    deadline: datetime | None
    """When its time is, or was, used up if it runs on as now; None while it is paused and has time left."""
    done_at: datetime | None = None
    """When what was promised was done; of `update`: the last word to the customer."""
    breached_at: datetime | None = None
    """When its time ran out, if it did, whatever the priority is now; of `update`: the first time."""
    breached_as: Priority | None = None
    """The priority under which its time ran out then."""
    breaches: int = 0
    """How often its time ran out: more than once only of `update`, once for every word that was late."""
    elapsed_seconds: float
    """Service time counted since `started_at`."""
    paused_seconds: float
    """Service time not counted because of pauses."""
    stretches: list[Stretch] = []
    """Every minute explained, when asked for."""


class ClockMoment(Model):
    """When so much of a promise's time will be used up, if it runs on as now."""

    at: datetime
    promise: Promise
    percent: int
    """50, 75, 90 (warnings) or 100 (breach)."""


class ClockReading(Model):
    """All clocks of an incident at one moment: a pure function of events, calendar and agreement."""

    as_of: datetime
    priority: Priority | None
    agreement: str
    """Number and version: `DV-2026-014 v2`."""
    calendar: str
    """Versions of the time zone and holiday data."""
    promises: list[PromiseReading]
    """None where the agreement promises nothing for this priority."""
    moments: list[ClockMoment] = []
    """Those to come, the soonest first."""
    waited_seconds: dict[str, float] = {}
    """Wall time by whose turn it was: `supplier`, `customer`, `third_party`."""
    paused: bool = False
    pauses: list[Promise] = []
    """Clocks that stand still for whoever is waited for, as long as what they promise is not done."""
    answer_due: datetime | None = None
    """Until when the third party that is waited for must answer, where the dossier says."""


class ReadClock(Model):
    """Read the clocks of an incident."""

    application: ApplicationId
    dossier: str = ""
    """Digest; the version that holds now unless given."""
    events: list[ClockEvent]
    now: Moment
    explain: bool = False
    """Whether to explain every minute by stretches."""
