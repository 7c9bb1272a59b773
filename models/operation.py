"""Operations: what is done to an application on purpose. What each is started with, tells while it runs, and returns."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_validator

from models.base import ApplicationId, By, Identifier, Model, Moment, PositiveDuration
from models.gates import GateState
from models.records import TimelineEntry
from models.runbooks import StepReport


class OperationKind(StrEnum):
    """What an operation is; also the type of its workflow, remedies and runbooks aside."""

    START_UP = "start-up"
    SHUT_DOWN = "shut-down"
    MAINTENANCE = "maintenance"
    CHANGE = "change"
    RESTORE = "restore"
    DRILL = "drill"
    ROUTINE = "routine"
    RUNBOOK = "runbook"
    REMEDY = "remedy"
    REVIEW = "review"
    """What follows a change: its approval afterwards, or the look back on it."""


class OperationState(StrEnum):
    """Where an operation stands."""

    PREPARING = "preparing"
    WAITING = "awaiting-lease"
    DECIDING = "awaiting-decision"
    ACTING = "carrying-out"
    VERIFYING = "verifying"
    UNDOING = "undoing"
    CLOSED = "closed"


class OperationEnd(StrEnum):
    """How an operation ended."""

    DONE = "done"
    NOTHING_TO_DO = "nothing-to-do"
    FAILED = "failed"
    UNDONE = "undone"
    ABORTED = "aborted"
    """Somebody stopped it."""
    REFUSED = "refused"
    """It was not allowed, or not approved; nothing was done."""
    MISSED = "missed"
    """Its time passed before it could begin."""
    REHEARSED = "rehearsed"
    CANCELLED = "cancelled"


LONGEST_DOWN = timedelta(days=30)
"""An application is down on purpose for at most so long; then its silence is an alarm again."""


class OperationOrder(Model):
    """What every operation takes; its own inputs are fields of a subclass."""

    application: ApplicationId
    """Customer and application: `acme.shop`."""
    by: By
    """Who wants it: your e-mail address, or `schedule`."""
    reason: Annotated[str, Field(max_length=2000)] = ""
    """Why; people read it in the UI."""
    dossier: str = ""
    """Digest of the version to act by; the one that holds now unless given."""
    rehearse: bool = False
    """Say what would be done on which host, and change nothing."""
    unattended: bool = False
    """Nobody sits and waits: what fails is not asked about for long."""
    window_until: Moment | None = None
    """Nothing new is begun after this moment."""


class ComponentsOrder(OperationOrder):
    """Start or stop a whole application, or part of it."""

    components: list[Identifier] = []
    """Only these, with what they need (to start) or what needs them (to stop); none: the whole application."""


class ShutDownOrder(ComponentsOrder):
    """Stop a whole application, or part of it."""

    down_for: PositiveDuration = timedelta(hours=8)
    """So long at most it is down on purpose; what is still down then is an alarm. 30 days at most."""

    @field_validator("down_for")
    @classmethod
    def _not_for_ever(cls, span: timedelta) -> timedelta:
        if span > LONGEST_DOWN:
            raise ValueError(f"this is at most {LONGEST_DOWN.days}d: nothing is silenced for ever")
        return span


class AbortOperation(Model):
    """Stop an operation: what runs on a host is brought to its end, and nothing new is begun."""

    by: By
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["The customer calls"])]


class OperationTold(Model):
    """The answer to whoever told an operation something."""

    message: str


class OperationStatus(Model):
    """Where an operation stands."""

    id: str
    kind: OperationKind
    application: str
    title: str
    state: OperationState
    doing: str
    """What it is doing or waiting for, in one sentence."""
    by: str
    rehearsed: bool
    opened_at: datetime
    components: list[str]
    """That it may act on; none: the whole application, or none yet."""
    lease: str
    """Whether it holds the lease, or why it waits for it."""
    gates: list[GateState]
    """Open questions."""
    steps: list[StepReport]
    timeline: list[TimelineEntry]
    progress: str = ""
    """How far a long step has come."""


class OperationOutcome(Model):
    """How an operation ended."""

    id: str
    kind: OperationKind
    end: OperationEnd
    summary: str
    steps: list[StepReport]
    opened_at: datetime
    closed_at: datetime
    data: dict[str, Any] = {}
    """What is particular to its kind: achieved restore point, hosts that are done."""
