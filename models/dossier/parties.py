"""Who is who: parties, their contacts, and the ladder by which an incident is escalated."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, model_validator

from models.base import Identifier, Model, PositiveDuration
from models.channels import Channel
from models.dossier.agreement import Day, Target

OPERATOR: Final = "operator"
"""The role that decides where an instruction names none."""


class PartyKind(StrEnum):
    """A party's part in the agreement."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"


class Language(StrEnum):
    """In which language somebody is written to."""

    ENGLISH = "en"
    SWEDISH = "sv"


class Absence(Model):
    """Days on which somebody is not there."""

    since: Day
    until: Day
    """The last day of it."""
    deputy: Identifier | None = None
    """Who stands in; the usual deputy unless given."""

    @model_validator(mode="after")
    def _in_order(self) -> Absence:
        if self.until < self.since:
            raise ValueError(f"the absence ends on {self.until}, before it begins on {self.since}; turn the days round")
        return self


class Contact(Model):
    """A person or a manned function."""

    name: str
    party: Identifier
    function: str
    """What they do there: `system owner`, `on-call engineer`."""
    roles: list[Identifier] = []
    """What they may decide or be asked as: `operator`, `change-approver`, `data-owner`."""
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    login: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    """The login name under which they give commands, where that names them too."""
    phone: Annotated[str, Field(pattern=r"^\+?[0-9 ()-]{5,25}$")] | None = None
    hours: Identifier | None = None
    """Service hours in which they are reached; always unless given."""
    deputy: Identifier | None = None
    """Who stands in for them."""
    away: list[Absence] = []
    """When they are not there: the deputy is asked instead."""
    chat: Annotated[str, Field(pattern=r"^(env|file):.+$")] | None = None
    """Where the address of their chat webhook is kept: `env:NAME` or `file:PATH`; it is a secret."""
    language: Language | None = None
    """Their party's unless given."""


class Party(Model):
    """An organisation."""

    name: str
    kind: PartyKind
    support: str | None = None
    """Where their support is reached and what to state there."""
    language: Language = Language.ENGLISH
    answers_within: Target | None = None
    """A third party: until when it must have answered what was referred to it."""


class Rung(Model):
    """One step of an escalation ladder."""

    contacts: Annotated[list[Identifier], Field(min_length=1)]
    channel: Channel
    acknowledge_within: PositiveDuration
    hours: Identifier | None = None
    """Service hours in which this rung is used, else it is passed over; always unless given."""
