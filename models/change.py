"""Changes: what one is ordered with, what is found about it before anybody approves it, and the review that follows it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, model_validator

from models.base import ApplicationId, By, Identifier, Model, Moment, digest
from models.dossier.agreement import Level
from models.dossier.approvals import Approval
from models.dossier.changes import ChangeApprovals, ChangeTerms, Risk
from models.dossier.instructions import Change
from models.freezes import Freeze
from models.operation import OperationOrder


class ChangeKind(StrEnum):
    """How a change is agreed."""

    STANDARD = "standard"
    """Once for all: a routine of the dossier that says so."""
    NORMAL = "normal"
    """Each time, before anything is done."""
    EMERGENCY = "emergency"
    """Each time, afterwards and on a clock: it cannot wait."""


class ChangeOrder(OperationOrder):
    """Carry out a change: a routine of the dossier, or one that is written out."""

    kind: ChangeKind | None = None
    """`standard` where the routine says so, else `normal`."""
    routine: Annotated[Identifier | None, Field(examples=["release"])] = None
    """Name of the change's routine in the dossier."""
    change: Change | None = None
    """What is done, where it is no routine."""
    not_before: Moment | None = None
    """Nothing is done before this moment; `window_until` says until when."""


class ChangeForm(Model):
    """What somebody fills in who starts a change in the UI."""

    application: ApplicationId
    """Customer and application: `acme.shop`."""
    routine: Annotated[Identifier, Field(examples=["release"])]
    """Name of the change's routine in the dossier."""
    by: By
    """Your e-mail address, as it stands in the dossier."""
    reason: Annotated[str, Field(max_length=2000)] = ""
    kind: ChangeKind | None = None
    """`standard` where the routine says so, else `normal`; `emergency` where it cannot wait."""
    rehearse: bool = False
    """Say what would be done on which host, and change nothing."""
    not_before: Moment | None = None
    window_until: Moment | None = None


class NumberChange(Model):
    """Ask for the next number of an application's changes; the same key gives the same."""

    key: str
    application: ApplicationId
    routine: Identifier | None = None
    """Which must be there, so that a mistyped one takes no number."""
    by: str = ""
    """Who must be known, so that a stranger takes none."""


class ChangeNumber(Model):
    """The number of a change."""

    number: Annotated[int, Field(ge=1)]


class ChangeStarted(Model):
    """The change that was started."""

    change: str
    """Workflow id: `change.acme.shop.4`."""


class ChangeWindow(Model):
    """When a change may be made."""

    since: Moment
    until: Moment

    @model_validator(mode="after")
    def _in_order(self) -> ChangeWindow:
        if self.until <= self.since:
            raise ValueError("the window ends before it begins; turn the moments round")
        return self


class ChangeFile(Model):
    """A change as it is written in a file and submitted."""

    application: ApplicationId
    kind: ChangeKind | None = None
    """`standard` where the routine says so, else `normal`."""
    reason: Annotated[str, Field(max_length=2000)] = ""
    """Why it is wanted; whoever approves reads it."""
    window: ChangeWindow | None = None
    """At once, when it is approved, unless given."""
    routine: Identifier | None = None
    """A routine of the dossier, or..."""
    change: Change | None = None
    """... what is done, written out."""

    @model_validator(mode="after")
    def _one_of_both(self) -> ChangeFile:
        if (self.routine is None) == (self.change is None):
            raise ValueError(
                "a change names a routine of the dossier or is written out under `change`; write one of them"
            )
        return self

    def order(self, by: str, *, rehearse: bool = False) -> ChangeOrder:
        """The order to carry it out."""
        return ChangeOrder(
            application=self.application,
            by=by,
            reason=self.reason,
            kind=self.kind,
            routine=self.routine,
            change=self.change,
            rehearse=rehearse,
            not_before=self.window.since if self.window else None,
            window_until=self.window.until if self.window else None,
        )


class SurveyChange(Model):
    """Look up what a change is about."""

    application: ApplicationId
    dossier: str = ""
    """Digest; the version that holds now unless given."""
    routine: str | None = None


class FlowBrief(Model):
    """A path through components that a user notices."""

    name: str
    through: list[str]
    impact: Level


class IntegrationBrief(Model):
    """Who talks to whom."""

    name: str
    source: str
    target: str
    carries: str
    party: str = ""
    """The other party's name, where one is at the other end."""
    contact: str = ""
    """Whom to tell there."""


class ChangeSurvey(Model):
    """What one version of a dossier says about a change and what is around it."""

    dossier: str
    """Digest."""
    change: Change | None = None
    """The routine; None where the change was written out."""
    standard: bool = False
    approvals: ChangeApprovals | None = None
    """The routine's own."""
    terms: ChangeTerms
    supplier: dict[str, list[str]] = {}
    """Role to who holds it at the supplier."""
    customer: dict[str, list[str]] = {}
    flows: list[FlowBrief] = []
    integrations: list[IntegrationBrief] = []
    freezes: list[Freeze] = []
    runbooks: dict[str, str] = {}
    """Runbook to the digest of its source."""


class BlastRadius(Model):
    """What a change touches, and what may notice."""

    components: list[str]
    """It acts on these."""
    whole: bool
    """Whether it may act on anything of the application."""
    hosts: list[str]
    dependants: list[str]
    """Components that need those, directly or through others."""
    flows: list[str]
    integrations: list[str]
    """`orders: app to payments (Betalt; tell maria)`."""


class PartyQuestion(Model):
    """One party's approval."""

    party: str
    """`supplier` or `customer`."""
    approval: Approval
    deciders: list[str]


class ChangePlan(Model):
    """A change as it is shown to whoever approves it, and held against what would be done before anything is."""

    kind: ChangeKind
    change: Change
    risk: Risk
    why: list[str]
    """What the risk comes from."""
    radius: BlastRadius
    questions: list[PartyQuestion]
    """Whom to ask; none for a standard change."""
    parts: dict[str, Any]
    """All that an approval is bound to: steps, hosts, how components are started and stopped, bounds, runbooks' sources."""
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of all that an approval is bound to."""
        return digest(self.parts)


class ReviewOrder(OperationOrder):
    """Look back on a change."""

    change: str
    """Workflow id of the change."""
    title: str
    said: str
    """How the change ended, in a sentence."""
    due: datetime
    """An approval: until when; a review: when people are asked."""
    questions: list[PartyQuestion] = []
    """Approvals that an emergency change still needs; none: it is a review."""
    plan: str = ""
    """What was done."""
    reviewers: list[str] = []
    roles: list[str] = []
