"""Incidents: the order that opens one, the updates and signals that it accepts, its state and its outcome."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.alarms import Alarm
from models.base import ApplicationId, By, Identifier, Model, State
from models.clock import ClockEvent, ClockReading
from models.dossier.agreement import CauseCode, Level, Priority
from models.gates import GateState
from models.inputs import Delivered
from models.people import People
from models.records import TimelineEntry


class IncidentState(StrEnum):
    """The state of an incident; the search attribute `State`."""

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
    """A remedy was carried out, and health was proven afterwards."""
    RECOVERED_BY_ITSELF = "recovered-by-itself"
    """Health was proven without a change by a remedy."""
    CLOSED_BY_HAND = "closed-by-hand"
    """A person closed it, with a reason."""
    MERGED = "merged"
    """Another incident covers the same fault and took over."""
    CANCELLED = "cancelled"
    """A person cancelled it after its alarms were cleared, with a reason."""

    @property
    def proven(self) -> bool:
        """Whether probes showed health."""
        return self not in {IncidentEnd.CLOSED_BY_HAND, IncidentEnd.MERGED, IncidentEnd.CANCELLED}


class Reopening(Model):
    """The state from which a closed incident continues when it is reopened."""

    times: Annotated[int, Field(ge=1)]
    """The number of reopenings, including this one."""
    by: str
    reason: str
    opened_at: datetime
    """The time at which it was first opened."""
    lead: str | None = None
    end: IncidentEnd | None = None
    """Its earlier end, if that is known."""
    lost: bool = False
    """The workflow disappeared without an end of its own: somebody terminated it in Temporal, or it failed."""


class IncidentOrder(Delivered):
    """The order that opens an incident."""

    application: ApplicationId
    number: Annotated[int, Field(ge=1, examples=[17])]
    dossier: str = ""
    """The digest of the current version; empty if none is published."""
    title: Annotated[str, Field(examples=["Customers cannot pay"])]
    opened_by: Annotated[str, Field(examples=["on-call@driftbolaget.example"])]
    alarms: list[Alarm] = []
    impact: Level | None = None
    """The impact that a person gave; from the dossier by default."""
    urgency: Level | None = None
    """The urgency that a person gave; from the alarms by default."""
    note: str = ""
    reopening: Reopening | None = None


class AlarmsJoined(Delivered):
    """Signal: further alarms belong to the incident."""

    alarms: Annotated[list[Alarm], Field(min_length=1)]
    symptoms: list[str] = []
    """The fingerprints of alarms whose component needs one that is known to have failed."""


class AlarmsCleared(Delivered):
    """Signal: alarms of the incident were cleared."""

    fingerprints: Annotated[list[str], Field(examples=[["disk/db1"]])]
    moved_to: str | None = None
    """Not cleared, but moved to another incident by a person."""
    members: list[str] = []
    """The digests of further fingerprints, which the watch does not remember individually."""


class AlarmsUnhandled(Delivered):
    """Sent to the watch by an incident that ends: alarms that came too late for it."""

    incident: Annotated[str, Field(examples=["inc.acme.shop.17"])]
    """The workflow id of the incident."""
    members: list[str] = []
    """The digests of their fingerprints."""
    reported: list[Alarm] = []
    """Alarms that people reported, in full, because the watch does not remember them."""


class Merged(Delivered):
    """Sent by the watch: another incident covers the same fault and takes over."""

    into: Annotated[str, Field(examples=["inc.acme.shop.16"])]
    by: Annotated[str, Field(examples=["on-call@driftbolaget.example"])]
    reason: Annotated[str, Field(examples=["The same disk"])]


class LedByMajor(Delivered):
    """Sent by a major incident: it takes the lead, or releases it."""

    major: Annotated[str | None, Field(examples=["major.2026-03-01.1"])]
    """The workflow id of the major incident; None: the lead is released."""
    by: Annotated[str, Field(examples=["on-call@driftbolaget.example"])]
    title: str = ""


class LeadSilent(Delivered):
    """Sent by a major incident: its lead has been inactive for long."""

    major: Annotated[str, Field(examples=["major.2026-03-01.1"])]
    since: datetime
    times: Annotated[int, Field(ge=1)]
    """The number of questions to the lead without an answer, including this one."""


Why = Annotated[str, Field(min_length=1, max_length=2000, examples=["Nobody can pay"])]


class NoteFor(StrEnum):
    """The readers of a note."""

    INTERNAL = "internal"
    CUSTOMER = "customer"
    """The customer: the note is in the customer's copy of the post-incident report, and in the next draft of an
    update."""


class Note(Model):
    """A note for the timeline."""

    text: Why
    by: By
    audience: NoteFor = NoteFor.INTERNAL


class Acknowledge(Model):
    """Acknowledge the incident: the person leads it from now on."""

    by: By
    note: Annotated[str, Field(max_length=2000)] = ""


class HandOver(Model):
    """Hand the lead over to somebody else, for example at the change of shifts."""

    by: By
    to: Annotated[str, Field(min_length=1, max_length=120, examples=["next@driftbolaget.example"])]
    note: Why
    """The information that the next lead needs."""


class Waiting(Model):
    """Begin a wait for another party. The clocks that the agreement names pause after somebody of the party was
    reached.
    """

    party: Annotated[Identifier, Field(examples=["acme"])]
    """The party of the dossier that must act."""
    by: By
    note: Why
    """The reason for the wait."""
    reference: Annotated[str, Field(max_length=200)] = ""
    """The party's own ticket."""
    already_informed: bool = False
    """The party knows it already, for example by telephone: that counts, and no notice is sent."""


class Resume(Model):
    """End the wait: the party has answered."""

    by: By
    note: Annotated[str, Field(max_length=2000)] = ""


class CustomerUpdate(Model):
    """Send an update to the customer."""

    by: By
    text: Annotated[str, Field(max_length=4000)] = ""
    """Empty: the draft on the details page."""
    already_informed: bool = False
    """The customer knows it already, for example by telephone: that counts, and no notice is sent."""


class Reclassify(Model):
    """Change the priority. Completed targets keep their result."""

    by: By
    reason: Why
    impact: Level | None = None
    urgency: Level | None = None
    priority: Annotated[Priority | None, Field(examples=["P1"])] = None
    """Replaces impact and urgency."""


class CloseIncident(Model):
    """Close the incident without proof of recovery."""

    by: By
    reason: Why
    cause: CauseCode


class CancelIncident(Model):
    """Cancel the incident at once, if none of its alarms is active. Running commands on hosts are stopped."""

    by: By
    reason: Why


class SetCause(Model):
    """Set the cause of the incident."""

    by: By
    cause: CauseCode
    note: Annotated[str, Field(max_length=2000)] = ""


class IncidentReply(Model):
    """The reply to an update."""

    message: str


class IncidentStatus(Model):
    """The state of an incident for queries."""

    id: str
    title: str
    state: IncidentState
    priority: str | None
    components: list[str]
    doing: str
    """The current action or wait, in one sentence."""
    gates: list[GateState]
    """The open questions."""
    alarms: list[Alarm]
    further_alarms: int = 0
    """The number of active alarms besides those in `alarms`."""
    timeline: list[TimelineEntry]
    """The latest lines; the records have all lines."""
    opened_at: datetime | None = None
    lead: str | None = None
    """The person who acknowledged the incident."""
    active_at: datetime | None = None
    """The last activity of somebody who may lead the incident."""
    waiting: str | None = None
    """The party and the reason of a wait, in a sentence."""
    clock: ClockReading | None = None
    """The latest clock reading."""
    draft: str = ""
    """The draft of the next update to the customer."""
    cause: CauseCode | None = None
    major: str | None = None
    """The workflow id of the major incident that leads this one."""
    leaders: People = People()
    """The people who may lead it."""


class IncidentOutcome(Model):
    """The result of an incident."""

    id: str
    end: IncidentEnd
    priority: str | None
    remedy: str | None = None
    """The remedy after which health was proven."""
    cause: CauseCode | None = None
    lead: str | None = None
    summary: str
    opened_at: datetime
    closed_at: datetime
    restored_at: datetime | None = None
    """The first time at which health was seen again."""
    report: str = ""
    """The digest of the post-incident report."""


class LeadState(State):
    """The lead, and the progress of the escalation policy."""

    who: str | None = None
    """The person who leads the incident."""
    handed_to: str | None = None
    """The person to whom the lead was handed over, until they acknowledge. The previous lead stays responsible until
    then."""
    acknowledged: bool = False
    active_at: datetime | None = None
    """The last activity of a person."""
    alerted: bool = False
    """Whether people were alerted."""
    level: int = 0
    """The level that was called last, counted from 1."""
    due: datetime | None = None
    """The time at which the next level is called, unless somebody acknowledges."""
    levels: int = 0
    """The number of levels of the escalation policy."""
    called_last: list[str] = []
    """The people who were called last."""
    called: list[str] = []
    """All people whom the escalation policy has called; they may acknowledge, and answer questions."""
    notified: list[str] = []
    """All people who were asked to acknowledge or to decide; they are notified at the end."""
    rounds: int = 0
    """How often the whole escalation policy was called without an answer."""


class WaitingState(State):
    """A wait for another party."""

    party: str
    name: str
    third_party: bool
    since: datetime
    note: str
    reference: str = ""
    reached: bool | None = None
    """Whether somebody of the party was reached; None while the notice is being sent."""
    answer_due: datetime | None = None
    """The time at which the party is reminded."""
    reminders: int = 0


class IncidentMemory(State):
    """The memory of a running incident."""

    priority: str | None = None
    alarms: dict[str, Alarm] = {}
    """The active alarms by fingerprint, at most `MOST_ALARMS`."""
    further: dict[str, set[str]] = {}
    """The active alarms beyond those: the digests of their fingerprints for each component, or an empty name."""
    symptoms: set[str] = set()
    """The fingerprints of alarms whose component needs one that is known to have failed."""
    caused_by_remedy: set[str] = set()
    """The fingerprints of alarms that joined while a remedy acted on their component; they do not raise the
    priority."""
    notes_for_customer: list[str] = []
    """The latest notes since the last update to the customer."""
    events: list[ClockEvent] = []
    """All events that affect the service-level clocks."""
    reading: ClockReading | None = None
    """The latest clock reading."""
    lead: LeadState = LeadState()
    waiting: WaitingState | None = None
    informed_at: datetime | None = None
    """The time of the last update to the customer; None: never."""
    cause: CauseCode | None = None
    closing: CloseIncident | None = None
    """A request to close the incident."""
    cancelling: CancelIncident | None = None
    """A request to cancel the incident."""
    cancellation: str = ""
    """A cancellation that somebody requested in Temporal and that was refused: its time and reason."""
    merged: Merged | None = None
    major: LedByMajor | None = None
