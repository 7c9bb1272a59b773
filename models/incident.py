"""An incident: what it is opened with, what an operator can tell it, and how it ended."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.alarms import Alarm
from models.base import ApplicationId, Model, State
from models.gates import GateState
from models.records import TimelineEntry


class IncidentState(StrEnum):
    """Where an incident stands; the search attribute `State`."""

    CONFIRMING = "confirming"
    COLLECTING = "collecting-evidence"
    DECIDING = "awaiting-decision"
    REMEDYING = "remedying"
    VERIFYING = "verifying"
    CLOSED = "closed"


class IncidentEnd(StrEnum):
    """How an incident ended."""

    NOT_CONFIRMED = "not-confirmed"
    """Further probes found nothing wrong."""
    RECOVERED = "recovered"
    """A remedy was carried out and health was proven afterwards."""
    RECOVERED_BY_ITSELF = "recovered-by-itself"
    """Health was proven without a remedy having changed anything."""
    CLOSED_BY_HAND = "closed-by-hand"
    """Somebody closed it, and said why."""
    CANCELLED = "cancelled"
    """Somebody cancelled the workflow."""

    @property
    def proven(self) -> bool:
        """Whether health was shown by probes."""
        return self is not IncidentEnd.CLOSED_BY_HAND and self is not IncidentEnd.CANCELLED


class IncidentOrder(Model):
    """Opens an incident."""

    application: ApplicationId
    number: Annotated[int, Field(ge=1)]
    dossier: str = ""
    """Digest of the version that holds; empty when none is published."""
    title: str
    opened_by: str
    alarms: list[Alarm] = []


class AlarmsJoined(Model):
    """Further alarms that belong to the incident."""

    alarms: Annotated[list[Alarm], Field(min_length=1)]


class AlarmsCleared(Model):
    """Alarms of the incident that were taken back by their source."""

    fingerprints: Annotated[list[str], Field(min_length=1)]


class Note(Model):
    """A note for the timeline."""

    text: Annotated[str, Field(min_length=1, max_length=2000)]
    by: Annotated[str, Field(min_length=1, max_length=120)]


class IncidentStatus(Model):
    """Where an incident stands."""

    id: str
    title: str
    state: IncidentState
    priority: str | None
    components: list[str]
    doing: str
    """What it is doing or waiting for, in one sentence."""
    gates: list[GateState]
    """Open questions."""
    alarms: list[Alarm]
    timeline: list[TimelineEntry]


class IncidentOutcome(Model):
    """How an incident ended."""

    id: str
    end: IncidentEnd
    priority: str | None
    remedy: str | None = None
    """Name of the remedy after which health was proven."""
    summary: str
    opened_at: datetime
    closed_at: datetime
    restored_at: datetime | None = None
    """When health was first seen again."""


class IncidentMemory(State):
    """What an incident remembers while it runs."""

    state: IncidentState = IncidentState.CONFIRMING
    priority: str | None = None
    doing: str = "Starting"
    alarms: dict[str, Alarm] = {}
    """By fingerprint; only those that have not been taken back."""
    timeline: list[TimelineEntry] = []
    recorded: int = 0
    """How many entries of the timeline are in the records."""
