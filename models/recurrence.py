"""Incidents that come back: what is compared, and what was found."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from models.base import Model
from models.dossier.agreement import CauseCode, Priority
from models.incident import IncidentEnd


class PastIncident(Model):
    """An incident as the records keep it, with the fields that tell whether two incidents have the same fault."""

    id: str
    number: int
    title: str
    opened_at: datetime
    closed_at: datetime | None = None
    priority: Priority | None = None
    end: IncidentEnd | None = None
    """None: it is open, or its workflow was lost."""
    cause: CauseCode | None = None
    remedy: str | None = None
    """The remedy after which health was proven."""
    components: list[str] = []
    """The components that it affected."""
    alarms: list[str] = []
    """The fingerprints of the alarms that it handled, the first one first."""
    component: str | None = None
    """The component of its first alarm; None: the whole application."""


class ProblemReason(StrEnum):
    """Why the cause of incidents has to be found."""

    RECURRENCE = "recurrence"
    PRIORITY = "priority"
    UNKNOWN_CAUSE = "unknown-cause"
    RECOVERED_BY_ITSELF = "recovered-by-itself"


class ReasonGiven(Model):
    """One reason, with the incidents that it counts."""

    reason: ProblemReason
    text: str
    """The reason as a sentence."""
    incidents: list[str]
    """The ids of the incidents."""


class SimilarIncident(Model):
    """An incident that may have the same fault; a person decides."""

    incident: str
    why: str


class ProblemCandidate(Model):
    """Incidents with the same fault, whose cause has to be found by what was agreed."""

    fingerprint: str
    """Identifies the fault: 16 characters, the same for the same component and alarms."""
    component: str | None
    """The component that failed first; None: the whole application."""
    title: str
    """The title of the latest incident."""
    incidents: list[PastIncident]
    """The incidents with exactly this fault, the earliest first."""
    days: list[date]
    """The separate days on which they began, in the time zone of the agreement."""
    open_seconds: int
    """The time in which at least one of them was open."""
    reasons: list[ReasonGiven]
    similar: list[SimilarIncident] = []


class RecurrenceReading(Model):
    """The faults of an application that came back."""

    application: str
    since: datetime
    until: datetime
    time_zone: str
    incidents: int
    """The number of incidents that were compared."""
    candidates: list[ProblemCandidate]
    """The faults whose cause has to be found; those with the longest time of incidents first."""
    below: list[ProblemCandidate]
    """Faults that came back, but not as often as agreed."""
