"""What workflows write to the records and read from them: messages of the records' activities, each idempotent by its key."""

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
    """What a line of a timeline is about."""

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
    """Somebody was written to, or could not be."""
    LEAD = "lead"
    """Who has it: acknowledged, handed over, escalated."""


class TimelineEntry(Model):
    """One line of an incident's timeline; keyed by incident, run and sequence."""

    sequence: Annotated[int, Field(ge=0)]
    at: datetime
    kind: EntryKind
    text: str
    """One or two sentences for people."""
    data: dict[str, Any] = {}
    """What it rests on: job results, samples, answers; cut, masked."""


class IncidentRecord(Model):
    """An incident as the records keep it; keyed by its id."""

    type: Literal["incident"] = "incident"
    id: str
    """Workflow id: `inc.acme.shop.17`."""
    application: ApplicationId
    number: int
    title: str
    state: str
    priority: str | None = None
    components: list[str] = []
    dossier: str
    """Digest of the dossier that it ran by."""
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None
    outcome: str | None = None
    summary: str = ""
    clock: list[ClockEvent] = []
    cause: str | None = None
    """Cause code."""
    lead: str | None = None
    reopened: Annotated[int, Field(ge=0)] = 0
    """How often it was opened again."""
    subject: str | None = None
    """What it is about, where that is not the health of the application."""
    run: str = ""
    """Run id: a run that was reset tells its part beside that of the run before, and overwrites nothing."""
    timeline: list[TimelineEntry] = []
    """Added to what is there; an entry with a known sequence is left as it was."""


class AlarmRecord(Model):
    """An alarm message and what became of it; keyed by application and sequence."""

    type: Literal["alarm"] = "alarm"
    application: ApplicationId
    sequence: int
    """Given by the watch; counts on for ever."""
    at: datetime
    title: str
    state: str
    severity: str
    component: str | None = None
    source: str
    receipt: AlarmReceipt


class OperationRecord(Model):
    """An operation as the records keep it; keyed by its id."""

    type: Literal["operation"] = "operation"
    id: str
    """Workflow id: `change.acme.shop.4`."""
    kind: str
    application: ApplicationId
    name: str = ""
    """Of the routine or instruction in the dossier that it carries out."""
    title: str
    state: str
    dossier: str
    """Digest of the dossier that it acts by."""
    opened_at: datetime
    opened_by: str
    rehearsed: bool = False
    closed_at: datetime | None = None
    outcome: str | None = None
    """How it ended."""
    summary: str = ""
    data: dict[str, Any] = {}
    """What is particular to its kind."""
    run: str = ""
    """Run id, as for incidents."""
    first_run: str | None = None
    """Run id that it keeps when it is reset: another operation under the same id has another one."""
    timeline: list[TimelineEntry] = []
    """Added to what is there."""


class WriteRecords(Model):
    """Write a batch in one transaction; writing the same again changes nothing."""

    incidents: list[IncidentRecord] = []
    alarms: list[AlarmRecord] = []
    operations: list[OperationRecord] = []
    proofs: list[ProofRecord] = []


class TakeTokens(Model):
    """Ask for fencing tokens; the same key gives the same tokens."""

    key: str
    """Stable for one operation: workflow id and step."""
    components: Annotated[list[str], Field(min_length=1)]
    """`customer.application.component`, each."""
    count: Annotated[int, Field(ge=0)] = 1
    """So many in a row, of which the first is told; 0: the highest that was given, for whoever shares and raises none."""
    counted: bool = False
    """Counted from 1, for numbers that people read; tokens are ahead of the clock."""


class Tokens(Model):
    """A token for each component, higher than any given before for it."""

    tokens: dict[str, int]


class OpenGate(Model):
    """A question that is about to be asked."""

    workflow: str
    gate: str
    nonce: str
    question: Question


class OpenedGate(Model):
    """What answers to it must name."""

    digest: str
    """SHA-256 of all of it."""


class UseDecision(Model):
    """Use an approval up: it counts for one run of one workflow, once."""

    gate: str
    """`WORKFLOW_ID/GATE/NONCE`."""
    run: str
    """Run id; a reset run has another and must ask again."""
    option: str
    by: list[str]
    at: datetime


class DecisionUse(Model):
    """Whether the approval may be used."""

    accepted: bool
    used_by_run: str
