"""The messages and the state of a watch: its order, its memory, and the answers that it gives."""

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
from models.plans import WatchPlan
from models.scope import WHOLE, Named, Scope


class Suppression(State):
    """Why an active alarm opens no incident for now: it is held or suppressed."""

    disposition: Disposition
    """`held` or `suppressed`."""
    why: str
    until: datetime
    """When the watch checks the alarm again. It does so earlier if a silence is lifted or an operation ends."""


class OpenAlarm(State):
    """An active alarm: its source has reported it and not cleared it."""

    alarm: Alarm
    incident: str | None = None
    """Workflow id of the incident that the alarm belongs to."""
    recheck_at: datetime | None = None
    """Set when the incident ended while the alarm was active. If the alarm is still active then, the watch raises it
    again."""
    times: int = 1
    """How often the source reported the alarm."""
    suppression: Suppression | None = None
    flapping_since: datetime | None = None
    """Since when the alarm flaps. Until it calms down it counts as one active alarm, even while its source clears it."""
    quiet_since: datetime | None = None
    """Since when the source of a flapping alarm reports it as cleared."""
    unconfirmed: int = 0
    """How many incidents were opened for this occurrence and closed as not confirmed. Each one doubles the next wait."""
    members: set[str] = set()
    """Digests of fingerprints, if this entry represents several alarms that the watch does not remember one by one; see
    `AlarmFlood`."""

    @property
    def count(self) -> int:
        """The number of alarms that this entry represents."""
        return max(len(self.members), 1)


class OpenIncidentState(State):
    """An open incident, as the watch remembers it."""

    id: str
    number: int
    components: list[str]
    """The components of its alarms."""
    whole_application: bool = False
    """Whether one of its alarms names no known component; then every later alarm joins this incident."""
    subject: Subject | None = None
    """The subject, if the incident is not about the application's health. Then only alarms with this subject join."""
    opened_at: datetime
    title: str = ""
    fingerprints: list[str] = []
    """Fingerprints of its latest alarms; by them the watch recognises a fault that comes back."""
    points: list[str] = []
    """The latest measuring points that its alarms named, for the same purpose."""
    by_hand: list[str] = []
    """Components that people named; an empty name is the application as a whole."""
    reopened: int = 0
    """How often the incident was opened again."""
    recovered_at: datetime | None = None
    """When the incident was closed before, if it was opened again after a proven recovery."""
    recovered: str | None = None
    """How the incident ended at that time."""
    unhandled: list[str] = []
    """Digests of the fingerprints of alarms that came too late for the incident to handle. The watch raises them when
    it has ended."""
    reported: list[Alarm] = []
    """Alarms that people reported too late for it to handle."""


LOST: Final = "lost"
"""The end of an incident whose workflow was terminated in Temporal, or failed."""


class ClosedIncident(OpenIncidentState):
    """An incident that has ended. The watch remembers the latest ones, to recognise faults that come back."""

    closed_at: datetime
    end: str | None
    """How it ended, or `LOST`; None if that is unknown."""
    lead: str | None = None


class JournalEntry(State):
    """An alarm message and its receipt that the watch has still to write to the records."""

    sequence: int
    alarm: Alarm
    receipt: AlarmReceipt


class Silence(State):
    """An active silence."""

    id: str
    """The number of the silence, as in `s1`."""
    by: str
    reason: str
    since: datetime
    until: datetime
    whole: bool = False
    """Whether it covers the whole application; then it names no components."""
    components: list[str] = []
    measuring_points: list[str] = []
    shut_down: str = ""
    """Title of the operation that stopped the components, for planned downtime. A start-up lifts the silence."""

    @property
    def what(self) -> str:
        """The silenced components and measuring points, as text."""
        return "the whole application" if self.whole else ", ".join([*self.components, *self.measuring_points])


class OperationUnderWay(State):
    """An operation in progress. The watch suppresses alarms that the operation can cause."""

    holder: str
    title: str
    by: str
    since: datetime
    until: datetime
    components: Scope = WHOLE


class OpenReceipt(Model):
    """The answer to `open_incident`: the incident that was opened, or the open one that the report joined."""

    incident: str
    joined: bool
    message: str


class UnsentSignal(State):
    """A signal that the watch had not sent when it continued as new."""

    to: str
    """Workflow id of the receiver."""
    signal: str
    message: dict[str, Any]


class WatchState(State):
    """The whole memory of a watch; continue-as-new carries it to the next run."""

    plan: WatchPlan
    next_number: int
    next_alarm: int
    alarms: dict[str, OpenAlarm] = {}
    """By fingerprint."""
    incidents: dict[str, OpenIncidentState] = {}
    """By workflow id."""
    journal: list[JournalEntry] = []
    """Entries that are not in the records yet."""
    unsent: list[UnsentSignal] = []
    """Signals that are not sent yet, in order."""
    opened: int = 0
    """Incidents that this watch has opened since it began."""
    closed: dict[str, ClosedIncident] = {}
    """By workflow id; the latest comes last."""
    fired: dict[str, list[datetime]] = {}
    """The latest times at which each alarm started, by fingerprint; the latest comes last."""
    over: Cleared = {}
    """Cleared occurrences, so that a late message about one of them opens no incident."""
    silences: dict[str, Silence] = {}
    next_silence: int = 1
    operations: dict[str, OperationUnderWay] = {}
    """By holder."""
    leases: dict[str, Lease] = {}
    """Granted leases, by holder."""
    waiting: list[Lease] = []
    """The lease queue: requests in the order in which they will be granted."""
    by_hand: dict[str, OpenReceipt] = {}
    """The answers to the latest `open_incident` updates, by a digest of the update's id; the latest comes last."""
    shortened: str = ""
    """What the watch last removed from its memory to continue as new, and when."""


class WatchOrder(Delivered):
    """Starts a watch."""

    application: ApplicationId
    state: WatchState | None = None
    """The memory from the previous run; None for a new watch."""


class DossierPublished(Delivered):
    """A new version of the dossier was published."""

    digest: Annotated[str, Field(examples=["1a2b3c4d"])]


class OpenByHand(Model):
    """A person opens an incident."""

    title: Annotated[str, Field(min_length=1, max_length=300, examples=["Customers cannot pay"])]
    """What is wrong, in one sentence."""
    component: Annotated[str | None, Field(examples=["web"])] = None
    severity: Severity = Severity.CRITICAL
    """critical, warning or info."""
    by: Annotated[str, Field(min_length=1, max_length=80, examples=["on-call@driftbolaget.example"])]
    """The reporter: your e-mail address."""
    note: Annotated[str, Field(max_length=1000)] = ""
    impact: Level | None = None
    """high, medium or low; by default the value in the dossier."""
    separate: bool = False
    """Open a new incident even if the report seems to belong to an open one."""


LONGEST_SILENCE: Final = timedelta(days=30)
"""The longest time that a silence may last."""


class SilenceOrder(Model):
    """Suppress some alarms for a limited time."""

    by: By
    reason: Annotated[str, Field(min_length=1, max_length=1000, examples=["The disk is replaced"])]
    until: Moment
    """At most `LONGEST_SILENCE` from now. The watch then raises alarms that are still active."""
    components: Named | None = None
    measuring_points: Named | None = None
    """Leave out components and measuring points to silence the whole application."""


class LiftSilence(Model):
    """End a silence early. The watch raises alarms that are still active."""

    id: Annotated[str, Field(examples=["s1"])]
    by: By


Holder = Annotated[str, Field(examples=["change.acme.shop.4"])]
"""Workflow id of the operation."""


class BeginOperation(Delivered):
    """An operation begins. The watch suppresses alarms that it can cause, and checks them again when it ends."""

    holder: Holder
    """Workflow id. The operation ends at the latest when its workflow does."""
    title: Annotated[str, Field(min_length=1, max_length=300, examples=["Change 4"])]
    by: By
    until: Moment
    """The operation ends by then at the latest."""
    components: Scope = WHOLE
    """The components of the operation; the watch adds all that depend on them. The whole application by default."""


class EndOperation(Delivered):
    """An operation has ended. The watch raises alarms that are still active."""

    holder: Holder
    by: Annotated[str, Field(max_length=120, examples=["on-call@driftbolaget.example"])] = ""
    """The person who ends it, if a person does."""


class MergeIncidents(Model):
    """Two incidents have the same cause: the first ends, and the second takes over its alarms."""

    incident: Annotated[str, Field(examples=["17"])]
    """Workflow id, or only the number."""
    into: Annotated[str, Field(examples=["16"])]
    by: By
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["The same disk"])]


class SplitIncident(Model):
    """Some alarms of an incident have another cause: a new incident is opened for them."""

    incident: Annotated[str, Field(examples=["17"])]
    by: By
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["The same disk"])]
    title: Annotated[str, Field(max_length=300)] = ""
    """Title of the new incident; by default the title of its first alarm."""
    fingerprints: list[str] = []
    components: list[Identifier] = []
    """The new incident gets all alarms of these components, and the alarms named by fingerprint."""


class ReopenIncident(Model):
    """Open a closed incident again, under the same number."""

    incident: Annotated[str, Field(examples=["17"])]
    by: By
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["The same disk"])]


class WatchReply(Model):
    """The watch's answer to an update."""

    message: str
    incident: str | None = None
    """The incident that the update opened or changed."""


class WaitingForLease(Model):
    """An operation that waits for a lease."""

    lease: Lease
    reason: str
    """The operations that hold what it waits for, as text."""


class WatchStatus(Model):
    """The state of a watch, for queries."""

    application: str
    dossier: str
    alarms: list[OpenAlarm]
    """The first active alarms. An entry that represents several alarms has their number in `times`."""
    firing: int
    """The number of all active alarms."""
    incidents: list[OpenIncidentState]
    """The first open incidents, without the fingerprints and points of their alarms."""
    open: int = 0
    """The number of all open incidents."""
    next_number: int
    opened: int
    unrecorded: int
    """The number of alarm messages that are not in the records yet."""
    silences: list[Silence] = []
    operations: list[OperationUnderWay] = []
    deferred: int = 0
    """The number of alarms that wait for service hours."""
    suppressed: int = 0
    """The number of alarms that a silence or an operation suppresses."""
    flapping: int = 0
    leases: list[Lease] = []
    """Granted leases."""
    waiting: list[WaitingForLease] = []
    shortened: str = ""
    """Which parts of its memory the watch had to remove, and when."""


class FindEndedIncidents(Model):
    """Ask which of these incidents and operations have ended. No signal informs the watch about their end."""

    ids: list[str]


class EndedIncidents(Model):
    """The incidents and operations that have ended."""

    ended: dict[str, str | None]
    """Workflow id to how it ended; None if the workflow was terminated, failed, or does not exist."""
