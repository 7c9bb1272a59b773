"""Halts: nothing is changed on any host, or on those of one customer, until somebody lifts it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from models.base import By, Model


class HaltOrder(Model):
    """Halt everything, or one customer."""

    customer: Annotated[str, Field(pattern=r"^([a-z][a-z0-9-]{0,39})?$", examples=["acme"])] = ""
    """As in `acme`; none: all customers."""
    by: By
    """Who halts: your e-mail address."""
    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["Orders vanish"])]
    """Why; everybody who waits reads it."""
    key: Annotated[str, Field(max_length=100)] = ""
    """Of a halt that holds already, as the command makes it; leave it out."""


class LiftHalt(Model):
    """End a halt; what waits goes on."""

    by: By
    """Who lifts it: your e-mail address."""
    reason: Annotated[str, Field(max_length=500, examples=["The cause is found"])] = ""
    """Why it may go on."""


class Halt(Model):
    """A halt that holds, or held."""

    key: str
    customer: str
    """None: all customers."""
    by: str
    reason: str
    since: datetime
    workflow: str
    """Where it shows in the UI, and can be lifted."""
    lifted_at: datetime | None = None
    lifted_by: str = ""
    lifted_because: str = ""

    @property
    def scope(self) -> str:
        """What it halts, for people."""
        return f"customer {self.customer}" if self.customer else "all customers"

    @property
    def text(self) -> str:
        """Who halted what, since when and why, in one sentence."""
        return f"{self.by} has halted {self.scope} since {self.since:%Y-%m-%d %H:%M:%S} UTC: {self.reason}"

    @property
    def link(self) -> str:
        """The same, with the workflow that lifts it, which pages make a link of."""
        return f"{self.text} ({self.workflow})"

    def concerns(self, application: str) -> bool:
        """Whether it keeps an application's hosts as they are; one that is not known is kept by any halt of everything."""
        return not self.customer or self.customer == application.partition(".")[0]


class BeginHalt(Model):
    """Note a halt: it acts from then on."""

    key: str
    customer: str
    by: str
    reason: str
    workflow: str


class FindLifters(Model):
    """Look up who may lift a halt, to write to them."""

    customer: str
    """Empty: all customers."""


class Lifters(Model):
    """Who may lift a halt, each person once."""

    people: dict[str, list[str]]
    """Application to its operators who stand under no application before it."""


class EndHalt(Model):
    """Note that a halt was lifted."""

    key: str
    by: str
    reason: str


class AwaitLift(Model):
    """Wait until one halt is lifted, or all that concern an application."""

    key: str = ""
    application: str = ""


class Lifted(Model):
    """What was waited for has come."""

    by: str = ""
    """Who lifted the halt that was named."""
    reason: str = ""


class HaltTold(Model):
    """The answer to whoever told a halt something."""

    message: str


class HaltStatus(Model):
    """How a halt stands."""

    halt: Halt | None
    """None: it does not hold yet."""
