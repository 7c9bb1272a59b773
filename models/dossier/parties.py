"""Who is who: parties, their contacts, and the ladder by which an incident is escalated."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import Identifier, Model, PositiveDuration


class PartyKind(StrEnum):
    """A party's part in the agreement."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"


class Contact(Model):
    """A person or a manned function."""

    name: str
    party: Identifier
    function: str
    """What they do there: `system owner`, `on-call engineer`."""
    roles: list[Identifier] = []
    """What they may decide or be asked as: `operator`, `change-approver`, `data-owner`."""
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    phone: Annotated[str, Field(pattern=r"^\+?[0-9 ()-]{5,25}$")] | None = None
    hours: Identifier | None = None
    """Service hours in which they are reached; always unless given."""
    deputy: Identifier | None = None
    """Who stands in for them."""


class Party(Model):
    """An organisation."""

    name: str
    kind: PartyKind
    support: str | None = None
    """Where their support is reached and what to state there."""


class Channel(StrEnum):
    """How somebody is reached."""

    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    CHAT = "chat"


class Rung(Model):
    """One step of an escalation ladder."""

    contacts: Annotated[list[Identifier], Field(min_length=1)]
    channel: Channel
    acknowledge_within: PositiveDuration
