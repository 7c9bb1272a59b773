"""An incident: what it is opened with, what an operator can tell it, and how it ended."""

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
from models.records import TimelineEntry
from models.timeline import Timeline


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
    MERGED = "merged"
    """It was the same matter as another incident, which took over."""
    CANCELLED = "cancelled"
    """Somebody gave it up after its alarms were cleared, and said why."""

    @property
    def proven(self) -> bool:
        """Whether health was shown by probes."""
        return self not in {IncidentEnd.CLOSED_BY_HAND, IncidentEnd.MERGED, IncidentEnd.CANCELLED}


class Reopening(Model):
    """What a closed incident goes on from when it is opened again."""

    times: Annotated[int, Field(ge=1)]
    """How often it has been opened again, this time counted."""
    by: str
    reason: str
    opened_at: datetime
    """When it was opened for the first time."""
    lead: str | None = None
    end: IncidentEnd | None = None
    """How it had ended, where that is known."""
    lost: bool = False
    """Its workflow was gone without an end of its own: somebody ended it in Temporal, or it failed."""


class IncidentOrder(Delivered):
    """Opens an incident."""

    application: ApplicationId
    number: Annotated[int, Field(ge=1, examples=[17])]
    dossier: str = ""
    """Digest of the version that holds; empty when none is published."""
    title: Annotated[str, Field(examples=["Customers cannot pay"])]
    opened_by: Annotated[str, Field(examples=["on-call@driftbolaget.example"])]
    alarms: list[Alarm] = []
    impact: Level | None = None
    """Of whoever opened it; from the dossier unless given."""
    urgency: Level | None = None
    """Of whoever opened it; from the alarms unless given."""
    note: str = ""
    reopening: Reopening | None = None


class AlarmsJoined(Delivered):
    """Further alarms that belong to the incident."""

    alarms: Annotated[list[Alarm], Field(min_length=1)]
    symptoms: list[str] = []
    """Fingerprints of those that are symptoms: their component needs one that is known to have failed."""


class AlarmsCleared(Delivered):
    """Alarms of the incident that were taken back by their source."""

    fingerprints: Annotated[list[str], Field(examples=[["disk/db1"]])]
    moved_to: str | None = None
    """Not taken back, but given to another incident by a person."""
    members: list[str] = []
    """Digests of further fingerprints, which the watch does not remember one by one."""


class AlarmsUnhandled(Delivered):
    """Sent to the watch by an incident that ends: alarms that came too late for it to handle."""

    incident: Annotated[str, Field(examples=["inc.acme.shop.17"])]
    """Workflow id."""
    members: list[str] = []
    """Digests of their fingerprints."""
    reported: list[Alarm] = []
    """Alarms that people reported, in full: the watch does not remember these."""


class Merged(Delivered):
    """Sent by the watch: the incident is the same matter as another, which takes over."""

    into: Annotated[str, Field(examples=["inc.acme.shop.16"])]
    by: Annotated[str, Field(examples=["on-call@driftbolaget.example"])]
    reason: Annotated[str, Field(examples=["The same disk"])]


class LedByMajor(Delivered):
    """Sent by a major incident: it takes the lead, or gives it back."""

    major: Annotated[str | None, Field(examples=["major.2026-03-01.1"])]
    """Workflow id; None: given back."""
    by: Annotated[str, Field(examples=["on-call@driftbolaget.example"])]
    title: str = ""


class LeadSilent(Delivered):
    """Sent by a major incident: nobody who leads it has been heard of for long."""

    major: Annotated[str, Field(examples=["major.2026-03-01.1"])]
    since: datetime
    times: Annotated[int, Field(ge=1)]
    """How often they were asked about it in vain, this time counted."""


Why = Annotated[str, Field(min_length=1, max_length=2000, examples=["Nobody can pay"])]


class NoteFor(StrEnum):
    """Who may read a note."""

    INTERNAL = "internal"
    CUSTOMER = "customer"
    """Stands in the customer's copy of the account and in the next draft of an update."""


class Note(Model):
    """A note for the timeline."""

    text: Why
    by: By
    audience: NoteFor = NoteFor.INTERNAL


class Acknowledge(Model):
    """Somebody takes the incident up: they lead it from now on."""

    by: By
    note: Annotated[str, Field(max_length=2000)] = ""


class HandOver(Model):
    """The lead goes to somebody else, as at the change of shifts."""

    by: By
    to: Annotated[str, Field(min_length=1, max_length=120, examples=["next@driftbolaget.example"])]
    note: Why
    """What the next one must know."""


class Waiting(Model):
    """It is somebody else's turn; pauses the clocks that the agreement names, once somebody of the party was reached."""

    party: Annotated[Identifier, Field(examples=["acme"])]
    """Which party of the dossier is waited for."""
    by: By
    note: Why
    """What for."""
    reference: Annotated[str, Field(max_length=200)] = ""
    """Their ticket."""
    already_told: bool = False
    """They were told by other means, by telephone say: it is noted and counts, and nothing is sent."""


class Resume(Model):
    """They have answered: it is our turn again."""

    by: By
    note: Annotated[str, Field(max_length=2000)] = ""


class CustomerUpdate(Model):
    """Tell the customer how it stands."""

    by: By
    text: Annotated[str, Field(max_length=4000)] = ""
    """Empty: the draft, as the details page shows it."""
    already_told: bool = False
    """They were told by other means, by telephone say: it is noted and counts, and nothing is sent."""


class Reclassify(Model):
    """Change the priority; what is done stays judged under the one that held then."""

    by: By
    reason: Why
    impact: Level | None = None
    urgency: Level | None = None
    priority: Annotated[Priority | None, Field(examples=["P1"])] = None
    """Instead of impact and urgency."""


class CloseIncident(Model):
    """Close it without proof of recovery."""

    by: By
    reason: Why
    cause: CauseCode


class CancelIncident(Model):
    """Give it up at once, where none of its alarms fires any more; what runs on a host is told to end."""

    by: By
    reason: Why


class SetCause(Model):
    """Say what it came from."""

    by: By
    cause: CauseCode
    note: Annotated[str, Field(max_length=2000)] = ""


class Told(Model):
    """The answer to whoever told an incident something."""

    message: str


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
    further_alarms: int = 0
    """Alarms that fire besides those."""
    timeline: list[TimelineEntry]
    """The latest lines; the records have all of them."""
    opened_at: datetime | None = None
    lead: str | None = None
    """Who has taken it up."""
    heard_at: datetime | None = None
    """When somebody who may lead it last said anything."""
    waiting: str | None = None
    """For whom and for what, in a sentence."""
    clock: ClockReading | None = None
    """As it was read last."""
    draft: str = ""
    """Of the next update to the customer."""
    cause: CauseCode | None = None
    major: str | None = None
    """Workflow id of the major incident that leads it."""
    leaders: list[str] = []
    """Who may lead it; anybody where none is named."""


class IncidentOutcome(Model):
    """How an incident ended."""

    id: str
    end: IncidentEnd
    priority: str | None
    remedy: str | None = None
    """Name of the remedy after which health was proven."""
    cause: CauseCode | None = None
    lead: str | None = None
    summary: str
    opened_at: datetime
    closed_at: datetime
    restored_at: datetime | None = None
    """When health was first seen again."""
    account: str = ""
    """Digest of the account that was written."""


class LeadState(State):
    """Who leads, and how far the ladder was climbed to find them."""

    who: str | None = None
    """Who leads it."""
    handed_to: str | None = None
    """To whom it was handed over, until somebody takes it up; whoever handed it over leads it until then."""
    acknowledged: bool = False
    heard_at: datetime | None = None
    """When a person last said anything."""
    alerted: bool = False
    """Whether people were alerted at all."""
    rung: int = 0
    """The rung that was asked last, counted from 1."""
    due: datetime | None = None
    """When the next rung is asked unless somebody takes it up."""
    rungs: int = 0
    """How many rungs the ladder has."""
    asked: list[str] = []
    """Who was asked last."""
    called: list[str] = []
    """Everybody whom the ladder has asked: who is asked may take it up, and answer."""
    told: list[str] = []
    """Everybody who was asked to take it up or to decide something: they hear that it is over."""
    rounds: int = 0
    """How often the whole ladder was climbed in vain."""


class WaitingState(State):
    """It is somebody else's turn."""

    party: str
    name: str
    third_party: bool
    since: datetime
    note: str
    reference: str = ""
    reached: bool | None = None
    """Whether somebody of the party was told; None while that is being tried."""
    answer_due: datetime | None = None
    """When they are asked again."""
    reminders: int = 0


class IncidentMemory(State):
    """What an incident remembers while it runs."""

    state: IncidentState = IncidentState.CONFIRMING
    priority: str | None = None
    doing: str = "Starting"
    alarms: dict[str, Alarm] = {}
    """By fingerprint; only those that have not been taken back, and at most `MOST_ALARMS`."""
    further: dict[str, set[str]] = {}
    """Of the alarms beyond those: component, or an empty name, to the digests of their fingerprints."""
    symptoms: set[str] = set()
    """Fingerprints of alarms whose component needs one that is known to have failed."""
    own_doing: set[str] = set()
    """Fingerprints of alarms that joined while a remedy acted on their component: they do not raise the priority."""
    timeline: Timeline = Timeline()
    notes_for_customer: list[str] = []
    """Since the customer was last told how it stands; the latest ones."""
    events: list[ClockEvent] = []
    """All that matters to the service-level clocks."""
    reading: ClockReading | None = None
    """The clocks, as they were read last."""
    lead: LeadState = LeadState()
    waiting: WaitingState | None = None
    informed_at: datetime | None = None
    """When the customer was last told how it stands; None: never."""
    cause: CauseCode | None = None
    closing: CloseIncident | None = None
    """Somebody wants it closed."""
    cancelling: CancelIncident | None = None
    """Somebody gives it up."""
    cancellation: str = ""
    """That its cancellation was requested in Temporal, and refused: when, and with which reason."""
    merged: Merged | None = None
    major: LedByMajor | None = None
