"""Reports as work: the orders, the drafts that people approve, the seals, and the messages of the activities."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from models.base import ApplicationId, By, Duration, Identifier, Model, Moment, digest
from models.documents import DocumentFile, Sha256
from models.dossier.approvals import Approval
from models.dossier.parties import PartyKind
from models.notices import DeliveryState
from models.operation import OperationOrder
from models.report import Commentary

LONGEST_COMMENTARY: Final = 10_000
"""Characters of all commentary on one report."""

_PERIOD: Final = re.compile(r"\d{4}(-(0[1-9]|1[0-2])|Q[1-4]|W(0[1-9]|[1-4]\d|5[0-3]))?")


def is_period(text: str) -> bool:
    """Return whether a text is the name of a period: `2026-11`, `2026Q4`, `2026W48` or `2026`."""
    return _PERIOD.fullmatch(text) is not None


def _period(text: str) -> str:
    if not is_period(text):
        raise ValueError(f"{text[:40]!r} is no period; write 2026-11, 2026Q4, 2026W48 or 2026")
    return text


def _writable(text: str) -> str:
    if not text.strip():
        raise ValueError("the commentary is empty; write a text")
    return text


PeriodName = Annotated[str, Field(examples=["2026-11"]), AfterValidator(_period)]
"""The period of a report: `2026-11`, `2026Q4`, `2026W48` or `2026`."""

CommentaryText = Annotated[str, Field(max_length=LONGEST_COMMENTARY), AfterValidator(_writable)]


class ReportOrder(OperationOrder):
    """Make a report for a period, and send it when it is approved."""

    report: Annotated[Identifier, Field(examples=["monthly"])]
    """The name of the report in the dossier."""
    period: PeriodName
    """The period: `2026-11`, `2026Q4`, `2026W48` or `2026`."""
    corrects: Annotated[int, Field(ge=0)] = 0
    """The version that this report corrects; 0: it is the first of its period."""
    commentary: CommentaryText | None = None
    """A text by the requester that becomes a part of the report."""
    resend: bool = False
    """Send the sealed report again, and do nothing else."""
    to: list[Identifier] = []
    """With `resend`: the contacts to send it to, among its receivers; by default all whom it did not reach."""

    @model_validator(mode="after")
    def _one_thing(self) -> ReportOrder:
        if self.resend and (self.corrects or self.commentary):
            raise ValueError("a report that is sent again stays as it is; leave out corrects and commentary")
        if self.to and not self.resend:
            raise ValueError("the dossier names the receivers of a report; `to` is for sending it again")
        return self


class StartReport(Model):
    """The start form of a report in the UI, and the input of its schedule."""

    application: ApplicationId
    """Customer and application: `acme.shop`."""
    report: Annotated[Identifier, Field(examples=["monthly"])]
    """The name of the report in the dossier."""
    by: By
    """Your e-mail address in the dossier."""
    period: PeriodName | None = None
    """The period: `2026-11`, `2026Q4`, `2026W48` or `2026`; by default the last one that is over."""
    reason: Annotated[str, Field(max_length=2000)] = ""
    rehearse: bool = False
    """Only make a preview; nobody is asked, and nothing is sent."""
    unattended: bool = False
    exact_until: Moment | None = None
    """For a schedule: until this time it starts at the exact times only, later more often."""


class ReportStarted(Model):
    """The report that was started, or that exists already."""

    report: str
    """The workflow id: `report.acme.shop.monthly.2026-11`; empty: the report is not due."""
    started: bool
    message: str


class PlaceReport(Model):
    """Ask which workflow makes a report for a period."""

    application: ApplicationId
    report: str
    by: str
    period: PeriodName | None = None
    """By default the last period that was over at `at`."""
    at: datetime
    """The scheduled time; for a person, now."""
    scheduled: bool = False
    """Whether a schedule started it; then it may be not due."""
    rehearsal: str = ""
    """A word that makes the id of a rehearsal unique; empty: it is none."""


class PlacedReport(Model):
    """The workflow of a report."""

    due: bool = True
    """False: its schedule started more often than the dossier asks for."""
    id: str = ""
    order: ReportOrder | None = None
    """The order to start it with; None: it exists already."""
    title: str = ""
    message: str = ""
    """The state of the report that exists already, in one sentence."""
    rechecks: list[PeriodName] = []
    """The sealed periods to compute once more, because the sources of their figures are deleted soon."""


class AddCommentary(Model):
    """Add a text to the report. An open question is withdrawn, and asked again with the text."""

    by: By
    text: Annotated[CommentaryText, Field(examples=["The payment provider was down on 12 November."])]
    instead: bool = False
    """Replace all commentary so far."""


class PartyApproval(Model):
    """The people of one party who must agree to a report."""

    party: PartyKind
    approval: Approval
    deciders: list[str]


class SurveyReport(Model):
    """Ask for the terms of a report in one version of a dossier."""

    application: ApplicationId
    dossier: str
    report: str
    period: PeriodName
    corrects: int = 0
    rehearse: bool = False
    at: datetime
    """The moment at which it is asked for."""


class ReportSurvey(Model):
    """The terms of a report."""

    faults: list[str] = []
    """The reasons why it cannot be made, one sentence each; with faults, the other fields do not matter."""
    title: str = ""
    """The title with the period, in the language of the report."""
    ends: datetime | None = None
    """The end of the period."""
    settle: Duration | None = None
    """How long after the end of the period it waits for late data."""
    version: int = 1
    asks: list[PartyApproval] = []
    """The parties to ask, one after the other."""
    receivers: list[str] = []
    """The contacts who receive it."""
    attachments: list[str] = []
    """The forms in which it is sent, such as `pdf`."""
    authors: list[str] = []
    """The people who may write commentary."""
    commentary: list[Commentary] = []
    """Of a correction: the commentary of the version that it corrects."""


class GatherFacts(Model):
    """Gather the facts of a report and store them."""

    application: ApplicationId
    dossier: str
    report: str
    period: PeriodName
    operation: str
    corrects: int = 0
    commentary: list[Commentary] = []
    complete_only: bool = False
    """Store nothing while sources are incomplete."""
    at: datetime
    """The moment as of which the facts hold."""


class GatheredFacts(Model):
    """The facts of a report. The records have them; messages carry the digest."""

    facts: str = ""
    """The digest; empty: sources are incomplete, and nothing was stored."""
    missing: list[str] = []
    """The incomplete sources, one sentence each."""
    verdicts: list[str] = []
    """The verdicts of the report, one line each."""
    differences: list[str] = []
    """The figures that differ from the last report, one line each; of a correction: from the version that it corrects."""
    turned: list[str] = []
    """Of a correction: the verdicts that turned, one line each."""


class RenderReport(Model):
    """Make the files of a report from its facts."""

    facts: Sha256
    application: ApplicationId
    report: str
    period: PeriodName
    version: int
    attachments: list[str]
    """The forms in which it is sent, such as `pdf`."""


class RenderedReport(Model):
    """The files of a report."""

    files: list[DocumentFile]
    """All files, those that are sent first."""
    attached: int
    """The number of files that are sent."""
    folder: str
    """The folder with the preview, below the home of the installation."""


class ReportApprover(Model):
    """A person who approved a report."""

    by: str
    party: PartyKind
    at: datetime
    note: str = ""
    question: Sha256
    """The digest of the question that the person answered."""


class ReceiverDelivery(Model):
    """The delivery of a report to one receiver."""

    contact: str
    """The contact in the dossier."""
    to: str
    channel: str
    state: DeliveryState
    detail: str = ""
    at: datetime


class SealReport(Model):
    """Seal a report that was approved and sent."""

    application: ApplicationId
    report: str
    period: PeriodName
    version: Annotated[int, Field(ge=1)]
    operation: str
    facts: Sha256
    attached: Annotated[int, Field(ge=1)]
    """The number of files that were sent, the first ones."""
    approved_by: list[ReportApprover]
    sent_to: list[ReceiverDelivery]
    at: datetime


class SealedReport(Model):
    """A sealed report. Its seal is the digest of all other fields."""

    seal: Sha256
    application: ApplicationId
    report: str
    period: PeriodName
    version: int
    sequence: int
    """The position among all sealed reports of this name."""
    predecessor: str
    """The seal of the report before in that order; empty for the first."""
    operation: str
    facts: Sha256
    files: list[DocumentFile]
    attached: int
    """The number of files that were sent, the first ones."""
    approved_by: list[ReportApprover]
    sent_to: list[ReceiverDelivery]
    program: str
    """The version of Driftvakt that made the files."""
    at: datetime

    def computed_seal(self) -> str:
        """Return the seal that the other fields give."""
        return digest(self.model_dump(mode="json", exclude={"seal"}))


class ReportSealed(Model):
    """The seal of a report."""

    seal: Sha256
    version: int
    folder: str
    """The folder with its files, below the home of the installation."""


class LoadSealed(Model):
    """Ask for the latest sealed version of a report."""

    application: ApplicationId
    report: str
    period: PeriodName


class LoadedSealed(Model):
    """The latest sealed version of a report."""

    sealed: SealedReport | None
    """None: no report of the period is sealed."""
    title: str = ""
    """The title with the period."""
    changes: list[str] = []
    """Of a correction: the changed figures, one line each."""
    attachments: list[DocumentFile] = []
    """The files that its receivers get."""


class VerifiedReport(Model):
    """Whether a file is a report as it was sealed, and whether its figures follow from the records."""

    digest: Sha256
    """The SHA-256 of the file."""
    operation: str = ""
    """The workflow that sealed the report; empty: no sealed report has this file."""
    version: int = 0
    latest: int = 0
    """The latest version of the report."""
    sound: bool
    figures: int = 0
    """The number of figures that were computed again."""
    faults: list[str] = []
    """One sentence each."""
    notes: list[str] = []


def reached(deliveries: Sequence[ReceiverDelivery]) -> list[str]:
    """Return the contacts whom a report reached."""
    return [one.contact for one in deliveries if one.state is DeliveryState.SENT]
