"""The lease: the right to operate on components of an application, granted by its watch to one holder at a time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import ApplicationId, Model, Moment, State
from models.dossier.agreement import Freezable
from models.gates import Question
from models.inputs import Delivered
from models.operation import OperationKind

TOKENS_OF_A_LEASE = 1_000_000
"""So many fencing tokens a lease is given for each component: one for each remote step, rising."""


class LeaseMode(StrEnum):
    """Who else may hold a lease on the same components at the same time."""

    EXCLUSIVE = "exclusive"
    """Nobody."""
    SHARED = "shared"
    """Others that hold it shared, too: for what leaves the components as they are."""


class AskForLease(Model):
    """Ask the watch for a lease; asking again is harmless and tells how it stands."""

    application: ApplicationId
    holder: Annotated[str, Field(min_length=1, max_length=200, examples=["change.acme.shop.4"])]
    """Workflow id; the lease of a workflow that no longer runs is taken back."""
    key: Annotated[str, Field(min_length=1, max_length=200, examples=["change.acme.shop.4/lease/1"])]
    """Of this request: each lease that a holder asks for gets fencing tokens of its own."""
    kind: OperationKind
    title: Annotated[str, Field(min_length=1, max_length=300, examples=["Change 4"])]
    by: Annotated[str, Field(min_length=1, max_length=200, examples=["on-call@driftbolaget.example"])]
    mode: LeaseMode = LeaseMode.EXCLUSIVE
    components: list[str] = []
    """With all that depend on them; none: the whole application."""
    dossier: str = ""
    """Digest of the version of the dossier that the components are of; the one that holds now unless given."""
    until: Moment
    """When it is expected to end. Alarms are held until then at the latest; the lease itself is not taken back by the clock."""
    holds_alarms: bool = True
    """Whether alarms of its components are its own doing until then."""
    emergency: bool = False
    """It goes before those that wait."""
    yields: bool = False
    """It hands its lease over, at a moment at which no host is half-way, to what is more urgent: a remedy, or an emergency."""
    work: Freezable | None = None
    """What a freeze may keep back; None: what heals or restores, which none does."""
    beyond_limit: bool = False
    """Somebody has said that it may go on above the limit per hour."""


class LeaseState(StrEnum):
    """What became of a request."""

    GRANTED = "granted"
    QUEUED = "queued"
    REFUSED = "refused"
    ASKED = "asked"
    """More is acted on within the hour than is agreed: somebody has to say that it may go on."""


class LeaseAnswer(Model):
    """What became of a request for a lease."""

    state: LeaseState
    reason: str
    """One sentence: until when it is granted, who holds what it waits for, or why it is refused."""
    components: list[str] = []
    """All that it covers; none: the whole application."""
    fences: dict[str, int] = {}
    """Component (`acme.shop.db`) to the fencing token that its remote steps count on from."""
    question: Question | None = None
    """What to ask, and whom, before asking for the lease again `beyond_limit`."""
    rises: bool = True
    """Whether each remote step takes a higher token; not where the lease is shared."""


class ReleaseLease(Model):
    """Give a lease back, or take a request back."""

    application: ApplicationId
    holder: Annotated[str, Field(examples=["change.acme.shop.4"])]
    by: Annotated[str, Field(min_length=1, max_length=200, examples=["on-call@driftbolaget.example"])]
    """Who gives it back: the holder itself, or a person who takes it away from one that hangs."""
    failing: dict[str, str] = {}
    """Component to what is wrong with it at the end; an incident is opened for each that has none."""
    down: list[str] = []
    """Components that are down on purpose: their alarms are silenced until `down_until`, or until they are started again."""
    down_until: Moment | None = None
    up: list[str] = []
    """Components that are meant to be up from now on."""


class LeaseGranted(Delivered):
    """Told to a holder that waited: it has the lease now."""

    holder: Annotated[str, Field(examples=["change.acme.shop.4"])]


class LeaseWanted(Delivered):
    """Told to a holder that yields: something more urgent waits for its lease."""

    holder: str
    by: str
    """Workflow id of what waits."""
    title: str
    """What it is to do."""


class LeaseTakenBack(Delivered):
    """Told to a holder: somebody has taken its lease away, so it begins nothing more."""

    holder: Annotated[str, Field(examples=["change.acme.shop.4"])]
    by: Annotated[str, Field(examples=["on-call@driftbolaget.example"])]


class Lease(State):
    """A lease that is held, or asked for."""

    holder: str
    key: str
    """Of the request that it was granted for."""
    kind: OperationKind
    title: str
    by: str
    mode: LeaseMode
    components: list[str]
    """All that it covers, dependants included; none: the whole application."""
    asked: list[str] = []
    """The components that were asked for."""
    since: datetime
    """When it was granted, or asked for."""
    until: datetime
    holds_alarms: bool
    emergency: bool
    yields: bool = False
    work: Freezable | None = None
