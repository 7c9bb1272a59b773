"""Major incidents: several incidents, of several applications or customers, under one lead."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from models.base import By, Model, State
from models.dossier.agreement import Priority
from models.incident import CustomerUpdate, Note, Why
from models.people import People
from models.records import TimelineEntry
from models.timeline import Timeline

MOST_MEMBERS = 100
"""The most incidents of one major incident."""

_NAME = r"^(inc\.)?[a-z][a-z0-9-]{0,39}\.[a-z][a-z0-9-]{0,39}\.[0-9]{1,9}$"


def _whole(name: str) -> str:
    return name if name.startswith("inc.") else f"inc.{name}"


IncidentName = Annotated[str, Field(pattern=_NAME, examples=["acme.shop.17"]), AfterValidator(_whole)]
"""`acme.shop.17` or `inc.acme.shop.17`; the second form after validation."""

IncidentNames = Annotated[list[IncidentName], Field(min_length=1, max_length=MOST_MEMBERS)]


class MajorState(StrEnum):
    """The state of a major incident; the search attribute `State`."""

    LED = "led"
    CLOSED = "closed"


class IncidentSnapshot(Model):
    """The state of an incident as a query found it."""

    id: str
    runs: bool
    """Whether it is open."""
    known: bool = True
    """Whether an incident of that name ever existed."""
    answers: bool = True
    """Whether it answered the query; without a worker, none does."""
    title: str = ""
    state: str = ""
    """The state of an open incident."""
    outcome: str | None = None
    """The outcome of an ended incident, if it is known."""
    priority: Priority | None = None
    lead: str | None = None
    leaders: People | None = None
    """The people who may lead it; None: the incident did not answer."""
    active_at: datetime | None = None
    """The last activity of somebody who may lead it."""
    major: str | None = None
    """The workflow id of another open major incident that leads it."""
    opened_at: datetime | None = None
    closed_at: datetime | None = None


class QueryIncidents(Model):
    """Query the state of incidents."""

    ids: Annotated[list[str], Field(max_length=MOST_MEMBERS)]
    major: str | None = None
    """The workflow id of the major incident that asks."""


class IncidentSnapshots(Model):
    """The snapshots, in the given order."""

    incidents: list[IncidentSnapshot]


class SendToIncidents(Model):
    """Send a note or a customer update to incidents, once for each key even if the activity is retried."""

    key: Annotated[str, Field(min_length=1, max_length=200)]
    ids: Annotated[list[str], Field(max_length=MOST_MEMBERS)]
    note: Note | None = None
    customer_update: CustomerUpdate | None = None


class IncidentAnswer(Model):
    """The answer of an incident to a message."""

    id: str
    taken: bool
    message: str
    """The answer, or the reason of the refusal."""


class IncidentAnswers(Model):
    """One answer for each incident, in the given order."""

    answers: list[IncidentAnswer]


class Member(State):
    """An incident of a major incident, as of the last query."""

    seen: IncidentSnapshot
    joined_at: datetime


_TEXT = 2_000
"""Bytes of a line of its timeline."""


class MajorMemory(State):
    """The memory of a major incident, which continue-as-new passes on whole."""

    lead: str
    opened_at: datetime
    members: dict[str, Member] = {}
    """The members by workflow id."""
    timeline: Timeline = Timeline(recorded=False, longest=_TEXT)
    seen_at: datetime | None = None
    """The time of the last query of all members."""
    reminders: int = 0
    """The number of consecutive questions to the lead without an answer."""
    reminded_at: datetime | None = None


class MajorOrder(Model):
    """The order that opens a major incident; also the start form in the UI."""

    title: Annotated[str, Field(min_length=1, max_length=300, examples=["The data centre is dark"])]
    """The fault, in a sentence."""
    lead: By
    """The lead: an e-mail address."""
    incidents: Annotated[list[IncidentName], Field(max_length=MOST_MEMBERS, examples=[["acme.shop.17"]])] = []
    """The first incidents: `acme.shop.17`."""
    by: Annotated[str, Field(max_length=120, examples=["on-call@driftbolaget.example"])] = ""
    """The person who opens it; the lead by default."""
    memory: MajorMemory | None = None
    """From the run before; nothing to fill in."""


class AddIncidents(Model):
    """Add these incidents."""

    incidents: IncidentNames
    by: By
    note: Annotated[str, Field(max_length=2000)] = ""


class RemoveIncident(Model):
    """Remove an incident that is another fault: its own lead leads it again."""

    incident: IncidentName
    by: By
    reason: Why


class UpdateCustomers(Model):
    """Send one text to the customers of all its open incidents."""

    by: By
    text: Annotated[str, Field(min_length=1, max_length=4000, examples=["We expect light at 14:00"])]


class CloseMajor(Model):
    """Close the major incident; incidents that are still open get their own lead again."""

    by: By
    reason: Why
    force: bool = False
    """Close it even if some of its incidents are open."""


class MajorReply(Model):
    """The reply to an update."""

    message: str
    answers: list[IncidentAnswer] = []
    """The answers of its incidents, if the update was sent to them."""


class MajorStatus(Model):
    """The state of a major incident for queries."""

    id: str
    title: str
    state: MajorState
    priority: Priority | None
    """The most urgent priority of its open incidents."""
    lead: str
    opened_at: datetime
    members: list[IncidentSnapshot]
    seen_at: datetime | None
    """The time of the last query of its incidents."""
    timeline: list[TimelineEntry]
    """The latest lines. Lines that concern incidents are also in their own timelines, permanently."""


class MajorOutcome(Model):
    """The result of a major incident."""

    id: str
    title: str
    lead: str
    opened_at: datetime
    closed_at: datetime
    closed_by: str
    reason: str
    members: list[IncidentSnapshot]
    timeline: list[TimelineEntry]
