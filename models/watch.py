"""The watch of an application: what it is started with, what it remembers and what it tells."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from models.alarms import Alarm, AlarmReceipt, Disposition, Subject
from models.base import ApplicationId, By, Identifier, Model, Moment, State
from models.cleared import Cleared
from models.dossier.agreement import Level
from models.dossier.monitoring import Severity
from models.inputs import Delivered
from models.lease import Lease
from models.slices import WatchSlice


class KeptBack(State):
    """Why a fault that fires is not acted on for now."""

    disposition: Disposition
    """`held` or `suppressed`."""
    why: str
    until: datetime
    """Then it is looked at again; sooner, when a silence is lifted or an operation ends."""


class OpenAlarm(State):
    """A fault that a source has reported and not taken back."""

    alarm: Alarm
    incident: str | None = None
    """Workflow id of the incident that takes care of it."""
    recheck_at: datetime | None = None
    """Its incident ended; if it still fires then, it is raised again."""
    times: int = 1
    """How often it was reported."""
    kept: KeptBack | None = None
    flapping_since: datetime | None = None
    """It flaps: kept as one open alarm, whatever its source says, until it calms down."""
    quiet_since: datetime | None = None
    """It flaps, and its source has taken it back for now."""
    unconfirmed: int = 0
    """How many incidents were opened for this occurrence and not confirmed; each makes the next wait longer."""
    members: set[str] = set()
    """Digests of fingerprints, where this stands for alarms beyond those that are remembered one by one; see `Crowd`."""

    @property
    def count(self) -> int:
        """How many alarms it stands for."""
        return max(len(self.members), 1)


class OpenIncidentState(State):
    """An incident that is being worked on."""

    id: str
    number: int
    components: list[str]
    """The components of its alarms."""
    whole_application: bool = False
    """An alarm without a known component belongs to it: every further alarm joins."""
    subject: Subject | None = None
    """What it is about, where that is not the health of the application: only alarms with this subject join."""
    opened_at: datetime
    title: str = ""
    fingerprints: list[str] = []
    """Of its alarms, the latest; by these a fault that comes back is known."""
    points: list[str] = []
    """Measuring points that its alarms named, the latest; for the same."""
    by_hand: list[str] = []
    """Components that people named; an empty name for the application as a whole."""
    reopened: int = 0
    """How often it was opened again."""
    recovered_at: datetime | None = None
    """It was opened again after its recovery had been proven: when it had been closed."""
    recovered: str | None = None
    """How it had ended then."""
    unhandled: list[str] = []
    """Digests of the fingerprints of alarms that came too late for it to handle; they are raised when it has ended."""
    reported: list[Alarm] = []
    """Alarms that people reported too late for it to handle."""


LOST: Final = "lost"
"""How an incident ended whose workflow is gone without an end of its own: it was terminated in Temporal, or it failed."""


class ClosedIncident(OpenIncidentState):
    """An incident that has ended; the latest are remembered, for what comes back."""

    closed_at: datetime
    end: str | None
    """How it ended, or `LOST`; None where that is not known."""
    lead: str | None = None


class JournalEntry(State):
    """An alarm message and its receipt, on the way to the records."""

    sequence: int
    alarm: Alarm
    receipt: AlarmReceipt


class Silence(State):
    """A silence that holds."""

    id: str
    """`s1`."""
    by: str
    reason: str
    since: datetime
    until: datetime
    components: list[str] = []
    measuring_points: list[str] = []
    shut_down: str = ""
    """The operation that stopped them, where they are down on purpose; a start-up lifts it."""


class OperationUnderWay(State):
    """An operation that is under way."""

    holder: str
    title: str
    by: str
    since: datetime
    until: datetime
    components: list[str] = []


class OpenReceipt(Model):
    """The incident that was opened, or that the matter belongs to."""

    incident: str
    joined: bool
    message: str


class Untold(State):
    """A message to a workflow that the watch had not sent yet when it handed on."""

    to: str
    """Workflow id."""
    signal: str
    message: dict[str, Any]


class WatchState(State):
    """All that a watch remembers; travels whole through continue-as-new."""

    slice: WatchSlice
    next_number: int
    next_alarm: int
    alarms: dict[str, OpenAlarm] = {}
    """By fingerprint."""
    incidents: dict[str, OpenIncidentState] = {}
    """By workflow id."""
    journal: list[JournalEntry] = []
    """Not yet in the records."""
    untold: list[Untold] = []
    """Not yet sent; in order."""
    opened: int = 0
    """Incidents since the watch began."""
    closed: dict[str, ClosedIncident] = {}
    """By workflow id, the latest last."""
    fired: dict[str, list[datetime]] = {}
    """Fingerprint to when it fired lately; the latest last."""
    over: Cleared = {}
    """Cleared occurrences."""
    silences: dict[str, Silence] = {}
    next_silence: int = 1
    operations: dict[str, OperationUnderWay] = {}
    """By holder."""
    leases: dict[str, Lease] = {}
    """By holder."""
    waiting: list[Lease] = []
    """For a lease, in the order in which they are granted."""
    by_hand: dict[str, OpenReceipt] = {}
    """What came of the latest orders to open an incident, by a digest of the id of the update, the latest last."""
    shortened: str = ""
    """What was cut when this memory was last too large to be handed on, and when."""


class WatchOrder(Delivered):
    """Starts a watch."""

    application: ApplicationId
    state: WatchState | None = None
    """From the run before; None when the watch begins."""


class DossierPublished(Delivered):
    """A new version of the dossier holds."""

    digest: Annotated[str, Field(examples=["1a2b3c4d"])]


class OpenByHand(Model):
    """Somebody opens an incident."""

    title: Annotated[str, Field(min_length=1, max_length=300, examples=["Customers cannot pay"])]
    """What is wrong, in a sentence."""
    component: Annotated[str | None, Field(examples=["web"])] = None
    severity: Severity = Severity.CRITICAL
    """critical, warning or info."""
    by: Annotated[str, Field(min_length=1, max_length=80, examples=["on-call@driftbolaget.example"])]
    """Who opens it: your e-mail address."""
    note: Annotated[str, Field(max_length=1000)] = ""
    impact: Level | None = None
    """high, medium or low; from the dossier unless given."""
    separate: bool = False
    """Open one of its own, even where the matter seems to belong to an open one."""


LONGEST_SILENCE: Final = timedelta(days=30)
"""A silence lasts so long at most."""


class SilenceOrder(Model):
    """Agree that some alarms are not acted on for a while; never without an end."""

    by: By
    reason: Annotated[str, Field(min_length=1, max_length=1000, examples=["The disk is replaced"])]
    until: Moment
    """At most `LONGEST_SILENCE` ahead; what still fires then is raised again."""
    components: list[Identifier] = []
    measuring_points: list[Identifier] = []
    """None of either: the whole application."""


class LiftSilence(Model):
    """End a silence before its time; what still fires is raised again."""

    id: Annotated[str, Field(examples=["s1"])]
    by: By


Holder = Annotated[str, Field(examples=["change.acme.shop.4"])]
"""Workflow id of an operation."""


class BeginOperation(Delivered):
    """An operation begins whose alarms are its own doing: they are held and looked at again when it ends."""

    holder: Holder
    """Workflow id; an operation whose workflow no longer runs is over."""
    title: Annotated[str, Field(min_length=1, max_length=300, examples=["Change 4"])]
    by: By
    until: Moment
    """Over by then at the latest."""
    components: list[Identifier] = []
    """With all that depend on them; none: the whole application."""


class EndOperation(Delivered):
    """An operation is over: what still fires is raised again."""

    holder: Holder
    by: Annotated[str, Field(max_length=120, examples=["on-call@driftbolaget.example"])] = ""
    """Who says so, where a person does."""


class MergeIncidents(Model):
    """Two incidents are one matter: the first ends, the second takes its alarms over."""

    incident: Annotated[str, Field(examples=["17"])]
    """Workflow id, or the number alone."""
    into: Annotated[str, Field(examples=["16"])]
    by: By
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["The same disk"])]


class SplitIncident(Model):
    """Some alarms of an incident are another matter: a new incident is opened for them."""

    incident: Annotated[str, Field(examples=["17"])]
    by: By
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["The same disk"])]
    title: Annotated[str, Field(max_length=300)] = ""
    """Of the new one; that of its first alarm unless given."""
    fingerprints: list[str] = []
    components: list[Identifier] = []
    """Alarms of these components, besides those named."""


class ReopenIncident(Model):
    """A closed incident was not over after all."""

    incident: Annotated[str, Field(examples=["17"])]
    by: By
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["The same disk"])]


class WatchTold(Model):
    """The answer to whoever told the watch something."""

    message: str
    incident: str | None = None
    """The incident that it is about, or that was opened by it."""


class WaitingForLease(Model):
    """An operation that waits for its lease."""

    lease: Lease
    reason: str
    """Who holds what it waits for."""


class WatchStatus(Model):
    """What a watch sees now."""

    application: str
    dossier: str
    alarms: list[OpenAlarm]
    """The first ones, where they are many; one that stands for several has their number in `times`."""
    firing: int
    """How many alarms fire in all."""
    incidents: list[OpenIncidentState]
    """The first ones, where they are many, without the faults by which the watch knows each."""
    open: int = 0
    """How many incidents are open in all."""
    next_number: int
    opened: int
    unrecorded: int
    """Alarm messages that are not in the records yet."""
    silences: list[Silence] = []
    operations: list[OperationUnderWay] = []
    held: int = 0
    """Alarms that wait for service hours."""
    suppressed: int = 0
    """Alarms that a silence or an operation covers."""
    flapping: int = 0
    leases: list[Lease] = []
    """Held now."""
    waiting: list[WaitingForLease] = []
    shortened: str = ""
    """What the watch had to cut from its memory, and when."""


class LookUpIncidents(Model):
    """Incidents, and holders of operations, of which the watch is not told when they end."""

    ids: list[str]


class EndedIncidents(Model):
    """Those that no longer run."""

    ended: dict[str, str | None]
    """Workflow id to how it ended; None where it did not end by itself (terminated, failed, gone)."""
