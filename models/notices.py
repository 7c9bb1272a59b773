"""Notices: messages to people by phone, SMS, e-mail and chat."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import ApplicationId, Identifier, Model
from models.channels import ChannelName
from models.documents import DocumentFile
from models.dossier.agreement import Priority
from models.dossier.parties import Language


class Occasion(StrEnum):
    """The occasion of a notice; each has one template in every language."""

    ALERT = "alert"
    """A level of the escalation policy is called to acknowledge an incident."""
    REMINDER = "reminder"
    """The lead of an incident has been inactive since acknowledging it."""
    HANDED_OVER = "handed-over"
    """A lead hands the incident over to the next, with a note."""
    WARNING = "warning"
    """A percentage of a target's time is used up."""
    BREACH = "breach"
    """A target was missed."""
    CANCELLATION = "cancellation"
    """An unknown person asked Temporal to cancel an incident, which continues."""
    DECISION = "decision"
    """A question waits for a decision."""
    DECISION_REMINDER = "decision-reminder"
    """A question still waits, shortly before its deadline."""
    DECIDED = "decided"
    """To the people who were asked to decide: no further answer is needed."""
    OVER = "over"
    """To the people who were asked about an incident: it has ended."""
    HALTED = "halted"
    """A halt was ordered, or is still active."""
    LIFTED = "lifted"
    """The halt was lifted."""
    UNDELIVERED = "undelivered"
    """A notice reached nobody."""
    OPENED = "opened"
    """To the customer: the supplier works on an incident."""
    UPDATE = "update"
    """To the customer: the state of the incident."""
    WAITING = "waiting"
    """To the customer or a third party: they must act."""
    WAITING_REMINDER = "waiting-reminder"
    """To the customer or a third party: they have not answered yet."""
    RESTORED = "restored"
    """To the customer: the service works again."""
    CLOSED = "closed"
    """To the customer: the incident is closed, with its cause."""
    MESSAGE = "message"
    """A step of an instruction: the author's text for exactly these receivers."""
    ORDERED = "ordered"
    """To the person who ordered a routine: the order was received, with its time."""
    ORDER_DONE = "order-done"
    """To the person who ordered a routine: it was carried out."""
    ORDER_FAILED = "order-failed"
    """To the person who ordered a routine: it could not be carried out as ordered, and the supplier investigates."""
    REPORT = "report"
    """To the receivers of a report: it is attached."""
    REPORT_CORRECTION = "report-correction"
    """To everybody who received a report: a new version replaces it, because figures changed."""
    TEST = "test"
    """A test whether a contact can be reached; nothing has happened."""

    @property
    def customer_facing(self) -> bool:
        """Whether the notice leaves the supplier's organisation; such a notice never contains internal notes."""
        return self in _OUTWARD


_OUTWARD = {
    Occasion.OPENED,
    Occasion.UPDATE,
    Occasion.WAITING,
    Occasion.WAITING_REMINDER,
    Occasion.RESTORED,
    Occasion.CLOSED,
    Occasion.MESSAGE,
    Occasion.ORDERED,
    Occasion.ORDER_DONE,
    Occasion.ORDER_FAILED,
    Occasion.REPORT,
    Occasion.REPORT_CORRECTION,
}


class Audience(Model):
    """The receivers: exactly one of these fields."""

    level: Annotated[int, Field(ge=1)] | None = None
    """A level of the escalation policy for the priority, or the first later one that is in its hours."""
    contacts: list[str] = []
    """Contacts by identifier, e-mail address or name."""
    party: Identifier | None = None
    """All contacts of a party, its escalation contacts first. The lead gets the party's support address."""
    customer: bool = False
    """The contacts of the customer who receive updates."""
    channel: ChannelName | None = None
    """The channel; by default that of the level, and for other receivers their best one."""


class Facts(Model):
    """The values for a template; texts from hosts and customers are escaped there."""

    title: str
    state: str = ""
    """The current action, in a sentence; customer-facing texts leave it out."""
    opened_at: datetime
    components: list[str] = []
    """The titles of the affected components."""
    text: Annotated[str, Field(max_length=4000)] = ""
    """A person's text for exactly these receivers, or a description of the event."""
    by: str = ""
    reference: str = ""
    """The ticket of the third party or the customer."""
    deadline: datetime | None = None
    percent: int | None = None
    target: str = ""
    cause: str = ""
    question: Annotated[str, Field(max_length=1000)] = ""
    """The question, in words that every decider understands."""
    silence: str = ""
    """The result of a question if nobody answers: `refuse`, `approve` or `ask_again`."""
    command: str = ""
    """The command with which colleagues see the state, or answer; by default that of an incident."""
    link: str = ""
    """The path of the incident in the Temporal UI; only in internal notices."""
    report: Annotated[str, Field(max_length=200)] = ""
    """The title of a report with its period; the receivers of the report read it."""


class SendNotice(Model):
    """Send a notice to people, once for each key even if the activity is retried."""

    key: Annotated[str, Field(max_length=200)]
    """The key of this notice alone: `WORKFLOW/RUN/PURPOSE/NUMBER`."""
    incident: str
    application: ApplicationId
    dossier: str = ""
    """The digest of the dossier; the current version by default."""
    occasion: Occasion
    audience: Audience
    priority: Priority | None = None
    facts: Facts
    attachments: list[DocumentFile] = []
    """The documents to attach, the most important first. A channel that cannot carry one names it in the text."""


class DeliveryState(StrEnum):
    """The state of a notice for one receiver."""

    SENT = "sent"
    """The channel accepted it."""
    FAILED = "failed"
    """The channel refused it, or was unavailable in all attempts."""
    NO_CHANNEL = "no-channel"
    """No address, or the channel is not configured here."""
    UNCERTAIN = "uncertain"
    """The worker died while sending. The notice is not sent twice, so the receiver may not have it."""


class Delivery(Model):
    """The delivery of a notice to one receiver."""

    to: str
    """The name of the contact."""
    email: str = ""
    """The e-mail address under which the contact decides; empty without one."""
    channel: str
    state: DeliveryState
    detail: str = ""
    at: datetime


class Undelivered(Model):
    """A message that did not reach a receiver, or may not have reached them."""

    application: str
    incident: str
    """The workflow that sent the message; empty if no workflow did."""
    subject: str
    to: str
    """The name of the contact."""
    channel: str
    state: DeliveryState
    detail: str = ""
    at: datetime


class LevelReached(Model):
    """The level of the escalation policy that was called."""

    number: int
    """Counted from 1. It may be later than the requested one, if that was skipped."""
    levels: int
    acknowledge_within_seconds: float
    people: list[str] = []
    """The people who were called, with deputies for absent ones: e-mail addresses, or identifiers without one."""
    notes: list[str] = []
    """The people who were skipped, and the reasons."""


class NoticeReceipt(Model):
    """The result of a notice."""

    key: str
    deliveries: list[Delivery] = []
    level: LevelReached | None = None
    """For an audience by level; None if the escalation policy has no further level."""
    subject: str = ""
    text: str = ""
    """The text, as the first receiver got it."""
    notes: list[str] = []
    """The reasons for choosing deputies or nobody; for a level, these are in `level`."""

    @property
    def reached(self) -> bool:
        """Whether the notice reached anybody."""
        return any(d.state is DeliveryState.SENT for d in self.deliveries)


class SentNotice(Model):
    """A notice as the records store it."""

    key: str
    incident: str
    occasion: Occasion
    at: datetime
    """The time of the first attempt."""
    language: Language
    subject: str
    text: str
    deliveries: list[Delivery] = []
    finished: bool = False
    """Whether all receivers have been tried; until then, a delivery in progress is `uncertain`."""
