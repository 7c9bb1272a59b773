"""Reports: what each tells about which period, who approves it, and who receives it."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Field, model_validator

from models.base import Duration, Identifier, Model, PositiveDuration
from models.dossier.agreement import TimeZone
from models.dossier.approvals import Approval, OnSilence
from models.dossier.frequency import Frequency
from models.dossier.parties import OPERATOR, Language, PartyKind
from models.report_block_kinds import REPORT_BLOCKS, ReportBlock

_T = TypeVar("_T", bound=Hashable)


def _once(entries: list[_T]) -> list[_T]:
    for number, entry in enumerate(entries):
        if entry in entries[:number]:
            raise ValueError(f"{entry} appears twice; keep one of them")
    return entries


class ReportSpan(StrEnum):
    """The period that a report covers: the last one that is over."""

    WEEK = "previous week"
    """From Monday."""
    MONTH = "previous month"
    QUARTER = "previous quarter"
    YEAR = "previous year"


class ReportAudience(StrEnum):
    """The readers of a report."""

    CUSTOMER = "customer"
    """Without hosts, internal notes and names of other customers."""
    INTERNAL = "internal"
    """For the supplier only."""


class Attachment(StrEnum):
    """A form in which a report is sent."""

    PDF = "pdf"
    HTML = "html"
    CSV = "csv"
    XLSX = "xlsx"


class ApprovedBy(StrEnum):
    """The parties that approve a report."""

    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    BOTH = "both"
    """First the supplier, then the customer."""

    @property
    def parties(self) -> list[PartyKind]:
        """The parties, in the order in which they are asked."""
        return [PartyKind.SUPPLIER, PartyKind.CUSTOMER] if self is ApprovedBy.BOTH else [PartyKind(self.value)]


class ReportApproval(Approval):
    """The people who must agree before a report is sent."""

    roles: Annotated[list[Identifier], Field(min_length=1)] = [OPERATOR]
    """Contacts with any of these roles may decide."""
    by: ApprovedBy = ApprovedBy.SUPPLIER
    """Only contacts of this party count; `both` asks the supplier first, and then the customer."""
    within: PositiveDuration = timedelta(days=5)
    on_silence: OnSilence = OnSilence.ASK_AGAIN


_BY_FREQUENCY: Final = {"weekly": ReportSpan.WEEK, "quarterly": ReportSpan.QUARTER}

OLD_CONTENT: Final = "content"
"""The field that reports had before `blocks`: a list of free words."""

_OLD_WORDS: Final = {"restores": "restore_drills", "drills": "restore_drills", "sla": "service_levels"}


def block_of_word(word: object) -> str | None:
    """Return the block for a word of the old field `content`; None if there is none."""
    name = str(word).strip().lower().replace("-", "_").replace(" ", "_")
    name = _OLD_WORDS.get(name, name)
    return name if REPORT_BLOCKS.has(name) else None


class Report(Model):
    """A report on the application, made again for every period."""

    title: str
    period: ReportSpan | None = None
    """The period that the report covers; by default that of the frequency, and the month for `daily` and `cron`."""
    frequency: Frequency
    """The time at which the report is begun, in `time_zone`; written as for maintenance."""
    time_zone: TimeZone | None = None
    """The time zone of the period and of all times; by default that of the first service hours that have one, otherwise
    UTC."""
    language: Language = Language.ENGLISH
    audience: ReportAudience = ReportAudience.CUSTOMER
    """`customer` leaves out hosts, internal notes and names of other customers; `internal` goes to the supplier only."""
    receivers: Annotated[list[Identifier], Field(min_length=1)]
    """The contacts who receive the report."""
    approval: ReportApproval = ReportApproval()
    """The people who must agree before the report is sent; an operator by default."""
    settle: Duration = timedelta(hours=6)
    """How long after the end of the period the report waits for late data."""
    attachments: Annotated[list[Attachment], Field(min_length=1), AfterValidator(_once)] = [Attachment.PDF]
    """The forms in which the report is sent."""
    blocks: Annotated[list[ReportBlock], Field(min_length=1, max_length=60)]
    """The parts of the report, in this order."""

    @model_validator(mode="before")
    @classmethod
    def _read_old_content(cls, data: Any) -> Any:
        """Read the old field `content`. Words that are no block are left out, because they never had an effect."""
        if not isinstance(data, dict) or "blocks" in data or not isinstance(data.get(OLD_CONTENT), list):
            return data
        words = data[OLD_CONTENT]
        blocks = list(dict.fromkeys(name for word in words if (name := block_of_word(word))))
        return {**{k: v for k, v in data.items() if k != OLD_CONTENT}, "blocks": blocks or ["summary"]}

    @property
    def covers(self) -> ReportSpan:
        """The period that the report covers."""
        return self.period or _BY_FREQUENCY.get(self.frequency.split()[0], ReportSpan.MONTH)
