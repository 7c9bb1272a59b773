"""Leases: the right to operate on components of an application. The watch grants a lease to one holder at a time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from models.base import ApplicationId, Identifier, Model, Moment, State
from models.dossier.agreement import Freezable
from models.gates import Question
from models.inputs import Delivered
from models.scope import WHOLE, Scope

TOKENS_OF_A_LEASE = 1_000_000
"""The number of fencing tokens that a lease gets for each component; each remote step uses the next higher one."""


REMEDY_HOLDER: Final = "remedy"
"""The kind of holder for remedies of incidents."""

RUNBOOK_HOLDER: Final = "runbook"
"""The kind of holder for runbooks."""

Holder = Annotated[Identifier, Field(examples=["change"])]
"""The kind of holder: the name of a kind of operation, `REMEDY_HOLDER` or `RUNBOOK_HOLDER`."""


class LeaseMode(StrEnum):
    """Whether others may hold a lease of the same components at the same time."""

    EXCLUSIVE = "exclusive"
    """Nobody else may."""
    SHARED = "shared"
    """Others with a shared lease may; for work that leaves the components as they are."""


class RequestLease(Model):
    """Request a lease. A repeated request changes nothing; the answer then contains the present state."""

    application: ApplicationId
    holder: Annotated[str, Field(min_length=1, max_length=200, examples=["change.acme.shop.4"])]
    """Workflow id. The watch releases the lease of a workflow that no longer runs."""
    key: Annotated[str, Field(min_length=1, max_length=200, examples=["change.acme.shop.4/lease/1"])]
    """Identifies this request. Each lease of a holder gets fencing tokens of its own."""
    kind: Holder
    title: Annotated[str, Field(min_length=1, max_length=300, examples=["Change 4"])]
    by: Annotated[str, Field(min_length=1, max_length=200, examples=["on-call@driftbolaget.example"])]
    mode: LeaseMode = LeaseMode.EXCLUSIVE
    components: Scope = WHOLE
    """The components to act on; the lease also covers all that depend on them."""
    dossier: str = ""
    """Digest of the dossier that the names of the components come from; by default the current version."""
    until: Moment
    """The expected end. Alarms are suppressed until then at the latest; the lease itself does not expire."""
    holds_alarms: bool = True
    """Whether alarms of the components are suppressed until then."""
    emergency: bool = False
    """Whether the request goes to the front of the lease queue."""
    yields: bool = False
    """Whether the holder releases the lease early if a remedy or an emergency change waits for it. It first completes
    the present batch of hosts."""
    work: Freezable | None = None
    """The kind of work that a freeze may forbid; None for remedies and restores, which no freeze forbids."""
    beyond_limit: bool = False
    """Whether a person has approved to exceed the action rate limit."""


class LeaseState(StrEnum):
    """The state of a request for a lease."""

    GRANTED = "granted"
    QUEUED = "queued"
    REFUSED = "refused"
    ASKED = "asked"
    """The action rate limit is reached: a person must approve before the lease is granted."""


class LeaseAnswer(Model):
    """The answer to a request for a lease."""

    state: LeaseState
    reason: str
    """One sentence: until when the lease is granted, who holds what the request waits for, or why it is refused."""
    components: Scope = WHOLE
    """All components that the lease covers."""
    fences: dict[str, int] = {}
    """Component (`acme.shop.db`) to the fencing token after which its remote steps count."""
    question: Question | None = None
    """The question to people. After their approval the holder requests the lease again with `beyond_limit`."""
    rises: bool = True
    """Whether each remote step uses a higher token; false for a shared lease."""


class ReleaseLease(Model):
    """Release a lease, or withdraw a request for one."""

    application: ApplicationId
    holder: Annotated[str, Field(examples=["change.acme.shop.4"])]
    by: Annotated[str, Field(min_length=1, max_length=200, examples=["on-call@driftbolaget.example"])]
    """The holder itself, or the person who revokes the lease of an operation that hangs."""
    failing: dict[str, str] = {}
    """Component to its fault at the end of the operation. The watch opens an incident for each that has none."""
    down: list[str] = []
    """Components in planned downtime. Their alarms are suppressed until `down_until`, or until a start-up."""
    down_until: Moment | None = None
    up: list[str] = []
    """Components that are meant to run from now on."""


class LeaseGranted(Delivered):
    """Signal to a holder that waited: it has the lease now."""

    holder: Annotated[str, Field(examples=["change.acme.shop.4"])]


class LeaseWanted(Delivered):
    """Signal to a holder that yields: a more urgent operation waits for its lease."""

    holder: str
    by: str
    """Workflow id of the operation that waits."""
    title: str
    """Title of the operation that waits."""


class LeaseRevoked(Delivered):
    """Signal to a holder: a person revoked its lease, so it must start nothing more."""

    holder: Annotated[str, Field(examples=["change.acme.shop.4"])]
    by: Annotated[str, Field(examples=["on-call@driftbolaget.example"])]


class Announcement(Model):
    """The announcement of work to the customer before it began. Its lease time then counts as agreed maintenance."""

    at: datetime
    """When the customer agreed to it, or could read of it."""
    until: datetime | None = None
    """The announced end; None: the expected end of the lease."""


class LeaseTime(State):
    """A time in which an operation held a lease. The record of the operation keeps it in its data, under `LEASES`."""

    components: Scope
    """All components that the lease covered."""
    since: datetime
    until: datetime | None = None
    """None: the operation still holds the lease, or ended without releasing it."""
    announced_at: datetime | None = None
    """When the work was announced; None: never."""
    announced_until: datetime | None = None
    """The announced end of the work; None if it was never announced."""


LEASES: Final = "leases"
"""The key of the lease times in the data of an operation's record."""


class Lease(State):
    """A lease that is granted or requested."""

    holder: str
    key: str
    """Identifies the request."""
    kind: Holder
    title: str
    by: str
    mode: LeaseMode
    components: Scope
    """All components that the lease covers, with those that depend on them."""
    asked: Scope = WHOLE
    """The components that the request named."""
    since: datetime
    """When the lease was granted or requested."""
    until: datetime
    holds_alarms: bool
    emergency: bool
    yields: bool = False
    work: Freezable | None = None
