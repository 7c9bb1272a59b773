"""Operations: their orders, their states and their outcomes."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator

from models.base import ApplicationId, By, Model, Moment, PositiveDuration
from models.gates import GateState
from models.records import TimelineEntry
from models.runbooks import StepReport
from models.scope import WHOLE, Scope


class OperationState(StrEnum):
    """The state of an operation."""

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
    """Somebody aborted it."""
    REFUSED = "refused"
    """It was not allowed, or not approved; nothing was done."""
    MISSED = "missed"
    """Its window or deadline passed before it could begin."""
    REHEARSED = "rehearsed"
    CANCELLED = "cancelled"


LONGEST_DOWN = timedelta(days=30)
"""The longest planned downtime of an application; after it, the alarms are raised again."""


class OperationOrder(Model):
    """The fields of every operation; a subclass adds its own inputs."""

    application: ApplicationId
    """Customer and application: `acme.shop`."""
    by: By
    """The requester: your e-mail address, or `schedule`."""
    reason: Annotated[str, Field(max_length=2000)] = ""
    """The reason; people read it in the UI."""
    dossier: str = ""
    """The digest of the dossier version to use; the current one by default."""
    rehearse: bool = False
    """Only show the commands and hosts, and change nothing."""
    unattended: bool = False
    """Nobody waits for the result: questions about failures have a short deadline."""
    window_until: Moment | None = None
    """No new step begins after this moment."""


class ComponentsOrder(OperationOrder):
    """Start or stop a whole application, or a part of it."""

    components: Scope = WHOLE
    """Only these components, with those they need (start) or those that need them (stop); by default the whole application."""

    verb: ClassVar[str] = "Start up"

    @property
    def title(self) -> str:
        """The title of the operation for people, such as `Shut down web`."""
        return f"{self.verb} {self.application if self.components.whole else self.components}"


class ShutDownOrder(ComponentsOrder):
    """Stop a whole application, or a part of it."""

    verb: ClassVar[str] = "Shut down"

    down_for: PositiveDuration = timedelta(hours=8)
    """The longest planned downtime; components that are still down after it raise alarms. 30 days at most."""

    @field_validator("down_for")
    @classmethod
    def _not_for_ever(cls, span: timedelta) -> timedelta:
        if span > LONGEST_DOWN:
            raise ValueError(f"this is at most {LONGEST_DOWN.days}d: a longer downtime would hide alarms")
        return span


class AbortOperation(Model):
    """Abort an operation: running commands on hosts are completed, and no new step begins."""

    by: By
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["The customer calls"])]


class OperationReply(Model):
    """The reply to an update."""

    message: str


class OperationStatus(Model):
    """The state of an operation for queries."""

    id: str
    kind: str
    """The name of its kind: `restore`."""
    application: str
    title: str
    state: OperationState
    doing: str
    """The current action or wait, in one sentence."""
    by: str
    rehearsed: bool
    opened_at: datetime
    components: list[str]
    """The components that it may act on; empty: the whole application, or none yet."""
    lease: str
    """Whether it holds the lease, or why it waits for the lease."""
    gates: list[GateState]
    """The open questions."""
    steps: list[StepReport]
    timeline: list[TimelineEntry]
    progress: str = ""
    """The progress of a long step."""


class OperationOutcome(Model):
    """The result of an operation."""

    id: str
    kind: str
    """The name of its kind: `restore`."""
    end: OperationEnd
    summary: str
    steps: list[StepReport]
    opened_at: datetime
    closed_at: datetime
    data: dict[str, Any] = {}
    """Data of its kind: the achieved restore point, the maintained hosts."""
