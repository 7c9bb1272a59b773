"""A major incident: several incidents, of several applications or customers, under one lead."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from models.base import By, Model, State
from models.dossier.agreement import Priority
from models.incident import CustomerUpdate, Note, Why
from models.records import EntryKind, TimelineEntry
from models.sizes import cut

MOST_MEMBERS = 100
"""Incidents that one major incident holds."""

_NAME = r"^(inc\.)?[a-z][a-z0-9-]{0,39}\.[a-z][a-z0-9-]{0,39}\.[0-9]{1,9}$"


def _whole(name: str) -> str:
    return name if name.startswith("inc.") else f"inc.{name}"


IncidentName = Annotated[str, Field(pattern=_NAME, examples=["acme.shop.17"]), AfterValidator(_whole)]
"""`acme.shop.17` or `inc.acme.shop.17`; the latter once it is read."""

IncidentNames = Annotated[list[IncidentName], Field(min_length=1, max_length=MOST_MEMBERS)]


class MajorState(StrEnum):
    """Where a major incident stands; the search attribute `State`."""

    LED = "led"
    CLOSED = "closed"


class SeenIncident(Model):
    """An incident as somebody saw it who looked."""

    id: str
    runs: bool
    """Whether it is open."""
    known: bool = True
    """Whether there ever was one of that name."""
    answers: bool = True
    """Whether it said how it stands: without a worker none does."""
    title: str = ""
    state: str = ""
    """Of an incident that is open."""
    outcome: str | None = None
    """Of one that has ended, as far as is known."""
    priority: Priority | None = None
    lead: str | None = None
    leaders: list[str] = []
    """Who may lead it; empty where anybody may, or it did not say."""
    heard_at: datetime | None = None
    """When somebody who may lead it last said anything."""
    major: str | None = None
    """Workflow id of another major incident that leads it, and is open."""
    opened_at: datetime | None = None
    closed_at: datetime | None = None


class LookAtIncidents(Model):
    """Look how incidents stand."""

    ids: Annotated[list[str], Field(max_length=MOST_MEMBERS)]
    major: str | None = None
    """Workflow id of the major incident that looks."""


class SeenIncidents(Model):
    """How they stand, in the order asked."""

    incidents: list[SeenIncident]


class TellIncidents(Model):
    """Tell incidents something, each once for a key however often it is asked: a note, or a word to their customers."""

    key: Annotated[str, Field(min_length=1, max_length=200)]
    ids: Annotated[list[str], Field(max_length=MOST_MEMBERS)]
    note: Note | None = None
    customer_update: CustomerUpdate | None = None


class IncidentAnswer(Model):
    """What an incident answered to what it was told."""

    id: str
    taken: bool
    message: str
    """Its answer; else why it did not take it."""


class IncidentAnswers(Model):
    """One answer an incident, in the order told."""

    answers: list[IncidentAnswer]


class Member(State):
    """An incident of a major incident, as it was last seen."""

    seen: SeenIncident
    joined_at: datetime


_MOST_LINES = 200
"""Of its timeline that are remembered."""

_TEXT = 2_000
"""Bytes of a line of its timeline."""


class MajorMemory(State):
    """What a major incident remembers; travels whole through continue-as-new."""

    lead: str
    opened_at: datetime
    members: dict[str, Member] = {}
    """By workflow id."""
    timeline: list[TimelineEntry] = []
    """The latest lines; see `sequence` for how many there were."""
    sequence: int = 0
    seen_at: datetime | None = None
    """When all members were last looked at."""
    asked: int = 0
    """How often in a row whoever leads was asked in vain whether they still do."""
    asked_at: datetime | None = None

    def tell(self, at: datetime, kind: EntryKind, text: str) -> None:
        """Add a line to the timeline; the earliest is forgotten where there are too many."""
        self.timeline.append(TimelineEntry(sequence=self.sequence, at=at, kind=kind, text=cut(text, _TEXT)))
        self.sequence += 1
        del self.timeline[:-_MOST_LINES]


class MajorOrder(Model):
    """Opens a major incident; what stands in the UI's start form."""

    title: Annotated[str, Field(min_length=1, max_length=300, examples=["The data centre is dark"])]
    """What is wrong, in a sentence."""
    lead: By
    """Who leads it: an e-mail address."""
    incidents: Annotated[list[IncidentName], Field(max_length=MOST_MEMBERS, examples=[["acme.shop.17"]])] = []
    """Those that it begins with: `acme.shop.17`."""
    by: Annotated[str, Field(max_length=120, examples=["on-call@driftbolaget.example"])] = ""
    """Who opens it; the lead unless given."""
    memory: MajorMemory | None = None
    """From the run before; nothing to fill in."""


class AddIncidents(Model):
    """These incidents belong to it too."""

    incidents: IncidentNames
    by: By
    note: Annotated[str, Field(max_length=2000)] = ""


class RemoveIncident(Model):
    """An incident is another matter after all: its own lead leads it again."""

    incident: IncidentName
    by: By
    reason: Why


class UpdateCustomers(Model):
    """One text to the customers of all its open incidents."""

    by: By
    text: Annotated[str, Field(min_length=1, max_length=4000, examples=["We expect light at 14:00"])]


class CloseMajor(Model):
    """It is over: what still is open is led on its own again."""

    by: By
    reason: Why
    force: bool = False
    """Even while incidents of it are open."""


class MajorTold(Model):
    """The answer to whoever told a major incident something."""

    message: str
    answers: list[IncidentAnswer] = []
    """Of its incidents, where they were told too."""


class MajorStatus(Model):
    """Where a major incident stands."""

    id: str
    title: str
    state: MajorState
    priority: Priority | None
    """The most urgent of its open incidents."""
    lead: str
    opened_at: datetime
    members: list[SeenIncident]
    seen_at: datetime | None
    """When its incidents were last looked at."""
    timeline: list[TimelineEntry]
    """The latest lines; those that reach incidents stand in their timelines for ever."""


class MajorOutcome(Model):
    """How a major incident ended."""

    id: str
    title: str
    lead: str
    opened_at: datetime
    closed_at: datetime
    closed_by: str
    reason: str
    members: list[SeenIncident]
    timeline: list[TimelineEntry]
