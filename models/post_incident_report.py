"""The post-incident report: the events, the decisions, and the targets that were met. Written once, never changed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import Model
from models.clock import ClockEvent, ClockReading
from models.dossier.parties import Language, PartyKind
from models.gates import Via
from models.incident import IncidentStatus
from models.jobs import Outcome
from models.notices import Occasion
from models.records import EntryKind


class WriteReport(Model):
    """Write the post-incident report of a closed incident."""

    incident: str
    run: str
    """A run of the workflow; a reopened incident gets another report."""
    now: datetime


class ReportReceipt(Model):
    """The report that was written, or that existed already."""

    incident: str
    version: int
    """The number of times that the incident was closed."""
    digest: str
    """SHA-256 of the Markdown."""


class LiveIncident(Model):
    """The answer of an open incident about itself; more recent than the records."""

    run: str
    status: IncidentStatus
    events: list[ClockEvent]
    """The events of its clock."""


class Excerpt(Model):
    """A text that may have been cut."""

    text: str = ""
    left_out: Annotated[int, Field(ge=0)] = 0
    """The number of characters that were cut off."""


class Standpoint(StrEnum):
    """Whether a report is final."""

    FINAL = "final"
    """Written when the incident was closed; it has a digest."""
    PRELIMINARY = "preliminary"
    """The incident is open: the state until now."""
    NOT_WRITTEN = "not-written"
    """The incident was closed without a report; made from the records later."""


class ReportParty(Model):
    """A party of the agreement."""

    id: str
    name: str
    kind: PartyKind


class ReportHead(Model):
    """The summary of an incident."""

    incident: str
    number: int
    title: str
    application: str
    application_name: str
    customer: str
    """The name of the customer."""
    components: list[str] = []
    state: str
    priority: str | None = None
    opened_at: datetime
    opened_by: str
    responded_at: datetime | None = None
    restored_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    cause: str | None = None
    lead: str | None = None
    reopened: int = 0
    summary: str = ""


class ReportWait(Model):
    """A time in which another party had to act."""

    since: datetime
    until: datetime
    party: str
    """The name of the party."""
    kind: PartyKind | None = None
    seconds: float
    note: str = ""
    """The reason for the wait; only the supplier reads it."""
    ended: bool = True


class ReportEntry(Model):
    """A line of the timeline."""

    at: datetime
    run: int
    """The number of times that the incident had been opened."""
    kind: EntryKind
    text: Excerpt
    for_customer: bool = False
    """Whether the line was written for the customer."""


class ReportAnswer(Model):
    """The answer of one person to a question."""

    option: str
    by: str
    party: PartyKind | None = None
    """The party of the person; None if the dossier does not contain the person."""
    via: Via | None = None
    note: str = ""
    at: datetime | None = None


class ReportDecision(Model):
    """A question and its answers."""

    at: datetime
    text: Excerpt
    """The question; with the answers as text if they are not stored separately."""
    option: str = ""
    answers: list[ReportAnswer] = []


class ReportCommand(Model):
    """A step that was carried out, and its result."""

    at: datetime
    kind: EntryKind
    title: str
    host: str | None = None
    command: Excerpt
    outcome: Outcome
    changed: bool
    detail: str
    """The result in one sentence."""
    output: Excerpt


class ReportDelivery(Model):
    """The result of a notice for one receiver."""

    to: str
    channel: str = ""
    state: str
    detail: str = ""
    attempts: int = 0
    at: datetime
    party: PartyKind | None = None


class ReportNotice(Model):
    """A notice to people."""

    at: datetime
    occasion: Occasion | None = None
    """None: an occasion that only a later release knows."""
    subject: str
    text: Excerpt
    deliveries: list[ReportDelivery] = []


class ReportAlarm(Model):
    """An alarm message that belonged to the incident."""

    at: datetime
    title: str
    state: str
    severity: str
    component: str | None = None
    source: str
    disposition: str
    reason: str


class EarlierReport(Model):
    """The report of an earlier time at which the incident was closed."""

    version: int
    at: datetime
    digest: str


class PostIncidentReport(Model):
    """All content of a post-incident report; the Markdown and the HTML page are rendered from it."""

    standpoint: Standpoint
    version: int | None = None
    at: datetime
    """The time at which the report was made."""
    head: ReportHead
    parties: list[ReportParty] = []
    agreement: str = ""
    """The number and version of the agreement."""
    dossier: str = ""
    """The digest of the dossier version that the incident used."""
    zone: str = "UTC"
    """The agreement's time zone."""
    events: list[ClockEvent] = []
    clock: ClockReading | None = None
    clock_missing: str = ""
    """The reason why there is no clock reading."""
    waits: list[ReportWait] = []
    entries: list[ReportEntry] = []
    decisions: list[ReportDecision] = []
    commands: list[ReportCommand] = []
    notices: list[ReportNotice] = []
    alarms: list[ReportAlarm] = []
    earlier: list[EarlierReport] = []
    left_out: dict[str, int] = {}
    """The number of lines that were left out of each part because the part is too long."""
    for_customer: bool = False
    language: Language = Language.ENGLISH
    internal_digest: str | None = None
    """In the customer's copy: the digest of the internal report that was made at the same time."""


class ReportText(Model):
    """A report as text."""

    incident: str
    standpoint: Standpoint
    version: int | None = None
    digest: str | None = None
    """SHA-256 of the Markdown, if the report was written when the incident was closed."""
    at: datetime
    for_customer: bool = False
    language: Language = Language.ENGLISH
    markdown: str
    html: str


class ReportCheck(Model):
    """The result of verifying a report: whether it is unchanged, and whether its targets follow from its events."""

    incident: str
    version: int
    digest: str
    """The digest as computed now."""
    sound: bool
    faults: list[str] = []
    """The differences, one sentence each."""
    notes: list[str] = []
    """Facts that could not be checked, or that differ for a legitimate reason."""


class ClockEvidence(Model):
    """The part of a report from which anybody can compute the targets again; it is JSON inside the Markdown."""

    dossier: str
    agreement: str
    calendar: str
    as_of: datetime
    events: list[ClockEvent]
    targets: list[dict[str, object]]
    """Each `ClockedTarget` without its stretches."""
