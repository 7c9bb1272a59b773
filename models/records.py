"""The messages of the activities on the records; each is idempotent by its key."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from models.alarms import AlarmReceipt
from models.base import ApplicationId, Model
from models.clock import ClockEvent
from models.gates import Question
from models.proof import ProofRecord


class EntryKind(StrEnum):
    """The topic of a line in a timeline."""

    ALARM = "alarm"
    PROBE = "probe"
    EVIDENCE = "evidence"
    ACTION = "action"
    DECISION = "decision"
    NOTE = "note"
    STATE = "state"
    CLOCK = "clock"
    """A warning, a breach, a pause."""
    NOTICE = "notice"
    """A notice was sent, or could not be sent."""
    LEAD = "lead"
    """The lead: acknowledged, handed over, escalated."""


class TimelineEntry(Model):
    """One line of an incident's timeline; keyed by incident, run and sequence."""

    sequence: Annotated[int, Field(ge=0)]
    at: datetime
    kind: EntryKind
    text: str
    """One or two sentences for people."""
    data: dict[str, Any] = {}
    """The evidence: job results, samples, answers; cut, with secrets masked."""


class IncidentRecord(Model):
    """An incident in the records; keyed by its id."""

    type: Literal["incident"] = "incident"
    id: str
    """The workflow id: `inc.acme.shop.17`."""
    application: ApplicationId
    number: int
    title: str
    state: str
    priority: str | None = None
    components: list[str] = []
    dossier: str
    """The digest of the dossier that the incident used."""
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None
    outcome: str | None = None
    summary: str = ""
    clock: list[ClockEvent] = []
    cause: str | None = None
    """The cause code."""
    lead: str | None = None
    reopened: Annotated[int, Field(ge=0)] = 0
    """The number of reopenings."""
    remedy: str | None = None
    """The remedy after which health was proven."""
    subject: str | None = None
    """The subject, if it is not the health of the application."""
    run: str = ""
    """The run id. The lines of a reset run are stored beside those of the run before, and overwrite nothing."""
    timeline: list[TimelineEntry] = []
    """Appended to the stored lines; a line with a known sequence stays unchanged."""


class AlarmRecord(Model):
    """An alarm message and its disposition; keyed by application and sequence."""

    type: Literal["alarm"] = "alarm"
    application: ApplicationId
    sequence: int
    """The number that the watch gave; it only grows."""
    at: datetime
    title: str
    state: str
    severity: str
    component: str | None = None
    source: str
    receipt: AlarmReceipt


class OperationRecord(Model):
    """An operation in the records; keyed by its id."""

    type: Literal["operation"] = "operation"
    id: str
    """The workflow id: `change.acme.shop.4`."""
    kind: str
    application: ApplicationId
    name: str = ""
    """The routine or instruction in the dossier that it carries out."""
    title: str
    state: str
    dossier: str
    """The digest of the dossier that it uses."""
    opened_at: datetime
    opened_by: str
    rehearsed: bool = False
    closed_at: datetime | None = None
    outcome: str | None = None
    """The end of the operation."""
    summary: str = ""
    data: dict[str, Any] = {}
    """Data of its kind."""
    run: str = ""
    """The run id, as for incidents."""
    first_run: str | None = None
    """The first run id, which a reset keeps. Another operation under the same id has another one."""
    timeline: list[TimelineEntry] = []
    """Appended to the stored lines."""


class WriteRecords(Model):
    """Write a batch in one transaction; writing the same again changes nothing."""

    incidents: list[IncidentRecord] = []
    alarms: list[AlarmRecord] = []
    operations: list[OperationRecord] = []
    proofs: list[ProofRecord] = []


class TakeTokens(Model):
    """Ask for fencing tokens; the same key returns the same tokens."""

    key: str
    """The key of one step: workflow id and step."""
    components: Annotated[list[str], Field(min_length=1)]
    """The components as `customer.application.component`."""
    count: Annotated[int, Field(ge=0)] = 1
    """The number of consecutive tokens, of which the first is returned. 0: the highest token so far, for operations
    that share a lease."""
    counted: bool = False
    """Count from 1, for numbers that people read. Tokens follow the clock instead."""


class Tokens(Model):
    """A token for each component, higher than any given before."""

    tokens: dict[str, int]


class OpenGate(Model):
    """A question that is about to be asked."""

    workflow: str
    gate: str
    nonce: str
    question: Question


class OpenedGate(Model):
    """The values that an answer must name."""

    digest: str
    """SHA-256 of the whole question."""


class UseDecision(Model):
    """Consume an approval: it counts for one run of one workflow, once."""

    gate: str
    """`WORKFLOW_ID/GATE/NONCE`."""
    run: str
    """The run id; a reset run has another one and must ask again."""
    option: str
    by: list[str]
    at: datetime


class DecisionUse(Model):
    """Whether the approval may be used."""

    accepted: bool
    used_by_run: str
