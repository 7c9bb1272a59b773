"""Parties, their contacts, and the levels of an escalation policy."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, model_validator

from models.base import Identifier, Model, PositiveDuration
from models.channels import ChannelName
from models.dossier.agreement import Day, Target

OPERATOR: Final = "operator"
"""The role that decides if an instruction names no role."""


class PartyKind(StrEnum):
    """The part that a party has in the agreement."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"


class Language(StrEnum):
    """The language of texts to a contact."""

    ENGLISH = "en"
    SWEDISH = "sv"


class Absence(Model):
    """Days on which a contact is away."""

    since: Day
    until: Day
    """The last day of the absence."""
    deputy: Identifier | None = None
    """The deputy for this absence; the usual deputy by default."""

    @model_validator(mode="after")
    def _in_order(self) -> Absence:
        if self.until < self.since:
            raise ValueError(
                f"the absence ends on {self.until}, before it begins on {self.since}; exchange the two days"
            )
        return self


class Contact(Model):
    """A person, or a staffed function such as a service desk."""

    name: str
    party: Identifier
    function: str
    """The job of the contact: `system owner`, `on-call engineer`."""
    roles: list[Identifier] = []
    """The decisions that the contact may take: `operator`, `change-approver`, `data-owner`."""
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    login: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    """The login name under which the contact gives commands, if it differs from the e-mail address."""
    phone: Annotated[str, Field(pattern=r"^\+?[0-9 ()-]{5,25}$")] | None = None
    hours: Identifier | None = None
    """The service hours in which the contact can be reached; always by default."""
    deputy: Identifier | None = None
    """The contact who replaces this one."""
    away: list[Absence] = []
    """Absences; during them, the deputy is asked."""
    chat: Annotated[str, Field(pattern=r"^(env|file):.+$")] | None = None
    """A reference to the secret address of the contact's chat webhook: `env:NAME` or `file:PATH`."""
    addresses: dict[Identifier, str] = {}
    """Addresses for channels from other packages, by the name of the channel."""
    language: Language | None = None
    """The language of the party by default."""


class Party(Model):
    """An organisation: the supplier, the customer or a third party."""

    name: str
    kind: PartyKind
    support: str | None = None
    """How to reach the support of this party, and which details to give."""
    language: Language = Language.ENGLISH
    answers_within: Target | None = None
    """For a third party: the time within which it must answer an incident that was referred to it."""


class EscalationLevel(Model):
    """One level of an escalation policy."""

    contacts: Annotated[list[Identifier], Field(min_length=1)]
    channel: ChannelName
    acknowledge_within: PositiveDuration
    hours: Identifier | None = None
    """The service hours in which this level is called; outside them, it is skipped. Always by default."""
