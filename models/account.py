"""The account of an incident: what happened, who decided, what was promised and kept; written once, never changed."""

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


class WriteAccount(Model):
    """Write the account of an incident that is closed."""

    incident: str
    run: str
    """A reopened incident gets a further account."""
    now: datetime


class AccountReceipt(Model):
    """The account that was written, or that stood there already."""

    incident: str
    version: int
    """Counts the times that the incident was closed."""
    digest: str
    """SHA-256 of its Markdown."""


class ToldByIncident(Model):
    """What an incident that is open says of itself: more than the records have, where it has not written since."""

    run: str
    status: IncidentStatus
    events: list[ClockEvent]
    """Of its clock."""


class Excerpt(Model):
    """A text that may have been cut."""

    text: str = ""
    left_out: Annotated[int, Field(ge=0)] = 0
    """Characters that were cut off."""


class Standpoint(StrEnum):
    """How binding an account is."""

    FINAL = "final"
    """Written when the incident was closed; it has a digest."""
    PRELIMINARY = "preliminary"
    """The incident is open: how it stands so far."""
    NOT_WRITTEN = "not-written"
    """The incident was closed without an account; made from the records afterwards."""


class AccountParty(Model):
    """A party of the agreement."""

    id: str
    name: str
    kind: PartyKind


class AccountHead(Model):
    """What an incident was, in short."""

    incident: str
    number: int
    title: str
    application: str
    application_name: str
    customer: str
    """Name of the customer."""
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


class AccountWait(Model):
    """A time in which it was somebody else's turn."""

    since: datetime
    until: datetime
    party: str
    """Name of the party."""
    kind: PartyKind | None = None
    seconds: float
    note: str = ""
    """What for; for the supplier's own eyes."""
    ended: bool = True


class AccountEntry(Model):
    """A line of the timeline."""

    at: datetime
    run: int
    """Counts the times that the incident was opened."""
    kind: EntryKind
    text: Excerpt
    for_customer: bool = False
    """Whether it was written for the customer."""


class AccountAnswer(Model):
    """What somebody decided."""

    option: str
    by: str
    party: PartyKind | None = None
    """The party of whoever decided; None where the dossier does not know them."""
    via: Via | None = None
    note: str = ""
    at: datetime | None = None


class AccountDecision(Model):
    """A question and its answers."""

    at: datetime
    text: Excerpt
    """The question; with the answers in words where they are kept no other way."""
    option: str = ""
    answers: list[AccountAnswer] = []


class AccountCommand(Model):
    """A step that was carried out, and what came of it."""

    at: datetime
    kind: EntryKind
    title: str
    host: str | None = None
    command: Excerpt
    outcome: Outcome
    changed: bool
    detail: str
    """What came of it, in one sentence."""
    output: Excerpt


class AccountDelivery(Model):
    """What became of a notice to one receiver."""

    to: str
    channel: str = ""
    state: str
    detail: str = ""
    attempts: int = 0
    at: datetime
    party: PartyKind | None = None


class AccountNotice(Model):
    """A notice that people were to get."""

    at: datetime
    occasion: Occasion | None = None
    """None: one of a later release."""
    subject: str
    text: Excerpt
    deliveries: list[AccountDelivery] = []


class AccountAlarm(Model):
    """An alarm message that belonged to the incident."""

    at: datetime
    title: str
    state: str
    severity: str
    component: str | None = None
    source: str
    disposition: str
    reason: str


class EarlierAccount(Model):
    """An account that was written when the incident had been closed before."""

    version: int
    at: datetime
    digest: str


class Account(Model):
    """All that is told of an incident; what the Markdown and the HTML page are made from."""

    standpoint: Standpoint
    version: int | None = None
    at: datetime
    """When it was made."""
    head: AccountHead
    parties: list[AccountParty] = []
    agreement: str = ""
    """Number and version."""
    dossier: str = ""
    """Digest of the dossier that the incident ran by."""
    zone: str = "UTC"
    """The agreement's time zone."""
    events: list[ClockEvent] = []
    clock: ClockReading | None = None
    clock_missing: str = ""
    """Why there is no reading."""
    waits: list[AccountWait] = []
    entries: list[AccountEntry] = []
    decisions: list[AccountDecision] = []
    commands: list[AccountCommand] = []
    notices: list[AccountNotice] = []
    alarms: list[AccountAlarm] = []
    earlier: list[EarlierAccount] = []
    left_out: dict[str, int] = {}
    """How many lines were left out of a part because it is too long."""
    for_customer: bool = False
    language: Language = Language.ENGLISH
    internal_digest: str | None = None
    """Of a copy for the customer: digest of the account that it was made beside."""


class AccountText(Model):
    """An account as it is read."""

    incident: str
    standpoint: Standpoint
    version: int | None = None
    digest: str | None = None
    """SHA-256 of the Markdown, of one that was written when the incident was closed."""
    at: datetime
    for_customer: bool = False
    language: Language = Language.ENGLISH
    markdown: str
    html: str


class AccountCheck(Model):
    """Whether an account is still what was written, and whether its promises follow from its events."""

    incident: str
    version: int
    digest: str
    """As it is computed now."""
    sound: bool
    faults: list[str] = []
    """What does not fit, a sentence each."""
    notes: list[str] = []
    """What could not be checked, or differs for a reason that is no fault."""


class ClockEvidence(Model):
    """The part of an account by which anybody can compute the promises again; stands in its Markdown as JSON."""

    dossier: str
    agreement: str
    calendar: str
    as_of: datetime
    events: list[ClockEvent]
    promises: list[dict[str, object]]
    """`PromiseReading` without its stretches."""
