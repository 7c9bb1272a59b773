"""Notices: what people are told, when they are not looking."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import ApplicationId, Identifier, Model
from models.channels import Channel
from models.dossier.agreement import Priority
from models.dossier.parties import Language


class Occasion(StrEnum):
    """Why somebody is written to; one template each, in every language."""

    ALERT = "alert"
    """A rung of the ladder is asked to take an incident up."""
    REMINDER = "reminder"
    """Whoever took it up has not been heard of since."""
    HANDED_OVER = "handed-over"
    """A shift hands the lead to the next, with a note."""
    WARNING = "warning"
    """So much of a promised time is used up."""
    BREACH = "breach"
    """A promised time is over."""
    CANCELLATION = "cancellation"
    """Somebody unknown asked Temporal to cancel an incident; it goes on."""
    DECISION = "decision"
    """A question waits for whoever may decide it."""
    DECISION_REMINDER = "decision-reminder"
    """The same again, before its time is over."""
    DECIDED = "decided"
    """To whoever was asked to decide: nobody needs to answer any more."""
    OVER = "over"
    """To whoever was asked about an incident: it has ended."""
    HALTED = "halted"
    """Somebody has halted an application's hosts, or they still are."""
    LIFTED = "lifted"
    """The halt is lifted."""
    UNDELIVERED = "undelivered"
    """A notice reached nobody."""
    OPENED = "opened"
    """To the customer: we have seen it and work on it."""
    UPDATE = "update"
    """To the customer: how it stands."""
    WAITING = "waiting"
    """To the customer or a third party: it is your turn."""
    WAITING_REMINDER = "waiting-reminder"
    """The same again: no answer yet."""
    RESTORED = "restored"
    """To the customer: it works again."""
    CLOSED = "closed"
    """To the customer: closed, with its cause."""
    MESSAGE = "message"
    """A step of an instruction: what its author wrote for exactly these receivers."""
    ORDERED = "ordered"
    """To whoever ordered a routine: we have it, and when it is carried out."""
    ORDER_DONE = "order-done"
    """To the same: it is done."""
    ORDER_FAILED = "order-failed"
    """To the same: it could not be done as ordered, and we look into it."""
    TEST = "test"
    """Somebody tries whether a contact can be reached; nothing has happened."""

    @property
    def customer_facing(self) -> bool:
        """Whether it leaves the supplier's house; internal notes never stand in such a notice."""
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
}


class Audience(Model):
    """Who is written to: exactly one of these."""

    rung: Annotated[int, Field(ge=1)] | None = None
    """A rung of the ladder for the priority, or the first after it whose hours these are."""
    contacts: list[str] = []
    """Contacts by identifier, e-mail address or name."""
    party: Identifier | None = None
    """Everybody of a party who may be written to, by its ladder contacts first; its support address is told to the lead."""
    customer: bool = False
    """The customer's contacts who are to be kept informed."""
    channel: Channel | None = None
    """By this channel; of a rung by its own, of everybody else by the best they have, unless given."""


class Facts(Model):
    """What a template may say; everything that a host or a customer wrote is escaped there."""

    title: str
    state: str = ""
    """What is being done, in a sentence; customer-facing texts leave it out."""
    opened_at: datetime
    components: list[str] = []
    """Titles of the affected components."""
    text: Annotated[str, Field(max_length=4000)] = ""
    """What a person wrote for exactly these receivers, or what happened."""
    by: str = ""
    reference: str = ""
    """The third party's ticket, or the customer's."""
    deadline: datetime | None = None
    percent: int | None = None
    promise: str = ""
    cause: str = ""
    question: Annotated[str, Field(max_length=1000)] = ""
    """What somebody is asked to decide, in words for everybody who may decide it."""
    silence: str = ""
    """What happens when nobody answers, of a question: `refuse`, `approve` or `ask_again`."""
    command: str = ""
    """What colleagues type to see how it stands, or to answer; that of an incident unless given."""
    link: str = ""
    """Path of the incident in the Temporal UI; internal notices only."""


class SendNotice(Model):
    """Write to people, once for each key, however often it is asked."""

    key: Annotated[str, Field(max_length=200)]
    """Of this notice alone: `WORKFLOW/RUN/PURPOSE/NUMBER`."""
    incident: str
    application: ApplicationId
    dossier: str = ""
    """Digest; the version that holds now unless given."""
    occasion: Occasion
    audience: Audience
    priority: Priority | None = None
    facts: Facts


class DeliveryState(StrEnum):
    """What became of a notice to one receiver."""

    SENT = "sent"
    """Handed to the channel, which took it."""
    FAILED = "failed"
    """The channel refused it, or was not reached in all tries."""
    NO_CHANNEL = "no-channel"
    """No address, or no such channel is configured here."""
    UNCERTAIN = "uncertain"
    """The worker died while handing it over: it is not sent twice, so somebody may not have got it."""


class Delivery(Model):
    """What became of a notice to one receiver."""

    to: str
    """The contact's name."""
    email: str = ""
    """By which they decide; empty without one."""
    channel: Channel
    state: DeliveryState
    detail: str = ""
    at: datetime


class Undelivered(Model):
    """A message that did not reach somebody, or may not have."""

    application: str
    incident: str
    """Of the workflow that sent it; empty for what belongs to none."""
    subject: str
    to: str
    """The contact's name."""
    channel: Channel
    state: DeliveryState
    detail: str = ""
    at: datetime


class RungReached(Model):
    """The rung that was asked."""

    number: int
    """Counted from 1; of the one that was really asked, later than the one wanted where that was passed over."""
    rungs: int
    acknowledge_within_seconds: float
    people: list[str] = []
    """E-mail addresses, or identifiers without one, of those asked, deputies in place of who is away."""
    notes: list[str] = []
    """Who was passed over, and why."""


class NoticeReceipt(Model):
    """What became of a notice."""

    key: str
    deliveries: list[Delivery] = []
    rung: RungReached | None = None
    """Of an audience by rung; None where the ladder has no further rung."""
    subject: str = ""
    text: str = ""
    """What was written, as the first receiver got it."""
    notes: list[str] = []
    """Why somebody was chosen instead of another, or why there is nobody to write to; of a rung they stand there."""

    @property
    def reached(self) -> bool:
        """Whether it reached anybody."""
        return any(d.state is DeliveryState.SENT for d in self.deliveries)


class SentNotice(Model):
    """A notice as the records keep it."""

    key: str
    incident: str
    occasion: Occasion
    at: datetime
    """When it was first to be sent."""
    language: Language
    subject: str
    text: str
    deliveries: list[Delivery] = []
    finished: bool = False
    """Whether all receivers have been tried; until then a delivery that is under way is `uncertain`."""
