"""The watch of an application: what it is started with, what it remembers and what it tells."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from models.alarms import Alarm, AlarmReceipt
from models.base import ApplicationId, Model, State
from models.dossier.monitoring import Severity
from models.slices import WatchSlice


class OpenAlarm(State):
    """A fault that a source has reported and not taken back."""

    alarm: Alarm
    incident: str | None = None
    """Workflow id of the incident that takes care of it."""
    recheck_at: datetime | None = None
    """Its incident ended; if it still fires then, it is raised again."""
    times: int = 1
    """How often it was reported."""


class OpenIncident(State):
    """An incident that is being worked on."""

    id: str
    number: int
    components: list[str]
    """The components of its alarms."""
    whole_application: bool = False
    """An alarm without a known component belongs to it: every further alarm joins."""
    opened_at: datetime


class JournalEntry(State):
    """An alarm message and its receipt, on the way to the records."""

    sequence: int
    alarm: Alarm
    receipt: AlarmReceipt


class WatchState(State):
    """All that a watch remembers; travels whole through continue-as-new."""

    slice: WatchSlice
    next_number: int
    next_alarm: int
    alarms: dict[str, OpenAlarm] = {}
    """By fingerprint."""
    incidents: dict[str, OpenIncident] = {}
    """By workflow id."""
    journal: list[JournalEntry] = []
    """Not yet in the records."""
    opened: int = 0
    """Incidents since the watch began."""


class WatchOrder(Model):
    """Starts a watch."""

    application: ApplicationId
    state: WatchState | None = None
    """From the run before; None when the watch begins."""


class DossierPublished(Model):
    """A new version of the dossier holds."""

    digest: str


class OpenByHand(Model):
    """Somebody opens an incident."""

    title: Annotated[str, Field(min_length=1, max_length=300)]
    """What is wrong, in a sentence."""
    component: str | None = None
    severity: Severity = Severity.CRITICAL
    """critical, warning or info."""
    by: Annotated[str, Field(min_length=1, max_length=80)]
    """Who opens it: your e-mail address."""
    note: Annotated[str, Field(max_length=1000)] = ""


class OpenReceipt(Model):
    """The incident that was opened, or that the matter belongs to."""

    incident: str
    joined: bool
    message: str


class WatchStatus(Model):
    """What a watch sees now."""

    application: str
    dossier: str
    alarms: list[OpenAlarm]
    incidents: list[OpenIncident]
    next_number: int
    opened: int
    unrecorded: int
    """Alarm messages that are not in the records yet."""


class LookUpIncidents(Model):
    """Incidents of which the watch is not told when they end."""

    ids: list[str]


class EndedIncidents(Model):
    """Those that no longer run."""

    ended: dict[str, str | None]
    """Workflow id to how it ended; None where it did not end by itself (terminated, failed, gone)."""
