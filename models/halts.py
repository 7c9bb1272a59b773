"""Halts: while one is active, no new command starts on any host, or on any host of one customer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from models.base import By, Model


class HaltOrder(Model):
    """Halt all customers, or one."""

    customer: Annotated[str, Field(pattern=r"^([a-z][a-z0-9-]{0,39})?$", examples=["acme"])] = ""
    """As in `acme`; by default all customers."""
    by: By
    """The person who halts: your e-mail address."""
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["Orders vanish"])]
    """The reason, for everybody whose work waits."""
    key: Annotated[str, Field(max_length=100)] = ""
    """Identifies a halt that the command has already stored; leave it out."""


class LiftHalt(Model):
    """Lift a halt. Steps that waited continue."""

    by: By
    """The person who lifts it: your e-mail address."""
    reason: Annotated[str, Field(max_length=500, examples=["The cause is found"])] = ""
    """Why work may continue."""


class Halt(Model):
    """A halt, active or lifted."""

    key: str
    customer: str
    """None: all customers."""
    by: str
    reason: str
    since: datetime
    workflow: str
    """Workflow id of the halt. The Temporal UI shows it and can lift it."""
    lifted_at: datetime | None = None
    lifted_by: str = ""
    lifted_because: str = ""

    @property
    def scope(self) -> str:
        """The customers whose hosts are halted, as text."""
        return f"customer {self.customer}" if self.customer else "all customers"

    @property
    def text(self) -> str:
        """Who has halted what, since when and why, in one sentence."""
        return f"{self.by} has halted {self.scope} since {self.since:%Y-%m-%d %H:%M:%S} UTC: {self.reason}"

    @property
    def link(self) -> str:
        """The same sentence with the workflow that lifts the halt; pages make it a link."""
        return f"{self.text} ({self.workflow})"

    def concerns(self, application: str) -> bool:
        """Whether the halt covers an application; one of all customers covers every application."""
        return not self.customer or self.customer == application.partition(".")[0]


class BeginHalt(Model):
    """Store a halt in the records; it is active from then on."""

    key: str
    customer: str
    by: str
    reason: str
    workflow: str


class FindLifters(Model):
    """Ask who may lift a halt, to notify them."""

    customer: str
    """Empty: all customers."""


class Lifters(Model):
    """The people who may lift a halt, each once."""

    people: dict[str, list[str]]
    """Application to its operators, without those that an earlier application lists."""


class EndHalt(Model):
    """Store in the records that a halt was lifted."""

    key: str
    by: str
    reason: str


class AwaitLift(Model):
    """Wait until one halt is lifted, or all that cover an application."""

    key: str = ""
    application: str = ""


class Lifted(Model):
    """The halts were lifted."""

    by: str = ""
    """The person who lifted the halt that the request named."""
    reason: str = ""


class HaltReply(Model):
    """The answer to an update of a halt."""

    message: str


class HaltStatus(Model):
    """The state of a halt."""

    halt: Halt | None
    """None: the halt is not active yet."""
