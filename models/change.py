"""Changes: the order, the survey before the approval, and the review afterwards."""

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
from models.scope import WHOLE, Scope


class ChangeKind(StrEnum):
    """The way in which a change is approved."""

    STANDARD = "standard"
    """Pre-approved: a routine that the dossier marks as standard."""
    NORMAL = "normal"
    """Approved each time, before the change begins."""
    EMERGENCY = "emergency"
    """Approved afterwards, before a deadline, because the change cannot wait."""


class ChangeOrder(OperationOrder):
    """An order to carry out a change: a routine of the dossier, or a change that is written out."""

    kind: ChangeKind | None = None
    """Default: `standard` if the routine is marked so, otherwise `normal`."""
    routine: Annotated[Identifier | None, Field(examples=["release"])] = None
    """The name of the change routine in the dossier."""
    change: Change | None = None
    """The change, if it is no routine."""
    not_before: Moment | None = None
    """The change does not begin before this moment; `window_until` is the end."""


class ChangeForm(Model):
    """The start form of a change in the UI."""

    application: ApplicationId
    """Customer and application: `acme.shop`."""
    routine: Annotated[Identifier, Field(examples=["release"])]
    """The name of the change routine in the dossier."""
    by: By
    """Your e-mail address in the dossier."""
    reason: Annotated[str, Field(max_length=2000)] = ""
    kind: ChangeKind | None = None
    """Default: `standard` if the routine is marked so, otherwise `normal`. `emergency` if the change cannot wait."""
    rehearse: bool = False
    """Only show the commands and hosts, and change nothing."""
    not_before: Moment | None = None
    window_until: Moment | None = None


class NumberChange(Model):
    """Ask for the next change number of an application; the same key returns the same number."""

    key: str
    application: ApplicationId
    routine: Identifier | None = None
    """The routine must exist, so that a mistyped name uses no number."""
    by: str = ""
    """The requester must be known, so that a stranger uses no number."""


class ChangeNumber(Model):
    """The number of a change."""

    number: Annotated[int, Field(ge=1)]


class ChangeStarted(Model):
    """The change that was started."""

    change: str
    """The workflow id: `change.acme.shop.4`."""


class ChangeWindow(Model):
    """The time in which a change may be carried out."""

    since: Moment
    until: Moment

    @model_validator(mode="after")
    def _in_order(self) -> ChangeWindow:
        if self.until <= self.since:
            raise ValueError("the window ends before it begins; exchange the two times")
        return self


class ChangeFile(Model):
    """A change as a file that people submit."""

    application: ApplicationId
    kind: ChangeKind | None = None
    """Default: `standard` if the routine is marked so, otherwise `normal`."""
    reason: Annotated[str, Field(max_length=2000)] = ""
    """The reason for the change; approvers read it."""
    window: ChangeWindow | None = None
    """Default: at once after the approval."""
    routine: Identifier | None = None
    """A routine of the dossier; otherwise write `change`."""
    change: Change | None = None
    """The change written out; otherwise name a `routine`."""

    @model_validator(mode="after")
    def _one_of_both(self) -> ChangeFile:
        if (self.routine is None) == (self.change is None):
            raise ValueError("a change needs either the `routine` of a dossier or its own `change`; write one of them")
        return self

    def order(self, by: str, *, rehearse: bool = False) -> ChangeOrder:
        """Return the order to carry out the change."""
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
    """Find the parts of a dossier that concern a change."""

    application: ApplicationId
    dossier: str = ""
    """The digest of the dossier; the current version by default."""
    routine: str | None = None


class FlowBrief(Model):
    """A path through components that a user notices."""

    name: str
    through: list[str]
    impact: Level


class IntegrationBrief(Model):
    """An integration that the change may disturb."""

    name: str
    source: str
    target: str
    carries: str
    party: str = ""
    """The name of the other party, if another party is at the other end."""
    contact: str = ""
    """The contact at the other party."""


class ChangeSurvey(Model):
    """The parts of one version of a dossier that concern a change."""

    dossier: str
    """The digest of the dossier."""
    change: Change | None = None
    """The routine; None if the change was written out."""
    standard: bool = False
    approvals: ChangeApprovals | None = None
    """The routine's own approvals."""
    terms: ChangeTerms
    supplier: dict[str, list[str]] = {}
    """The people of the supplier who hold each role."""
    customer: dict[str, list[str]] = {}
    flows: list[FlowBrief] = []
    integrations: list[IntegrationBrief] = []
    freezes: list[Freeze] = []
    runbooks: dict[str, str] = {}
    """The digest of the source of each runbook."""


class BlastRadius(Model):
    """The components that a change acts on, and all parts that may notice it."""

    components: list[str]
    """The components that the change acts on."""
    whole: bool
    """Whether the change may act on any component of the application."""
    hosts: list[str]
    dependants: list[str]
    """The components that need those, directly or through others."""
    flows: list[str]
    integrations: list[str]
    """The integrations, as `orders: app to payments (Betalt; inform maria)`."""

    @property
    def scope(self) -> Scope | None:
        """The components for which it needs a lease; None: it acts on nothing."""
        return WHOLE if self.whole else Scope.of(self.components) if self.components else None


class PartyQuestion(Model):
    """The approval of one party."""

    party: str
    """`supplier` or `customer`."""
    approval: Approval
    deciders: list[str]


class ChangePlan(Model):
    """The plan that approvers see. Before the change begins, it is compared with the steps that would be run."""

    kind: ChangeKind
    change: Change
    risk: Risk
    why: list[str]
    """The reasons for the risk."""
    radius: BlastRadius
    questions: list[PartyQuestion]
    """The approvals to ask for; empty for a standard change."""
    parts: dict[str, Any]
    """The data for which an approval is valid: steps, hosts, start and stop of components, bounds, source of
    runbooks."""
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the data for which an approval is valid."""
        return digest(self.parts)


class ReviewOrder(OperationOrder):
    """An order to review a change."""

    change: str
    """The workflow id of the change."""
    title: str
    said: str
    """The end of the change, in a sentence."""
    due: datetime
    """For an approval: the deadline. For a review: the time at which people are asked."""
    questions: list[PartyQuestion] = []
    """The approvals that an emergency change still needs; empty for a review."""
    plan: str = ""
    """The plan that was carried out."""
    reviewers: list[str] = []
    roles: list[str] = []
