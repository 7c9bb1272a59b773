"""The facts of a report: figures with their rules and evidence, for one period. The document is a function of them."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, PlainSerializer

from models.base import ApplicationId, Identifier, Model, canonical_json, digest
from models.dossier.parties import Language
from models.dossier.reports import ReportAudience


def whole_second(moment: datetime) -> datetime:
    """Return a moment in UTC without the fraction of its second."""
    if moment.tzinfo is UTC and not moment.microsecond:
        return moment
    return moment.astimezone(UTC).replace(microsecond=0)


Second = Annotated[
    datetime,
    AfterValidator(whole_second),
    PlainSerializer(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}", return_type=str, when_used="json"),
]
"""A moment in UTC, in whole seconds: `2026-11-30T23:00:00Z`."""


class ReportPeriod(Model):
    """A period of a calendar: [since, until)."""

    name: str
    """`2026W48`, `2026-11`, `2026Q4` or `2026`."""
    since: Second
    until: Second
    time_zone: str
    """The zone in which the period begins and ends at midnight."""

    def holds(self, moment: datetime) -> bool:
        """Return whether a moment belongs to the period."""
        return self.since <= moment < self.until


class Figure(Model):
    """A number of a report, with the rule that gave it and the records that it was computed from."""

    value: int | str | None
    """A whole number, a decimal number as text, or None: it cannot be given."""
    unit: str = ""
    """`s`, `%`, the unit of a measuring point; empty for a count."""
    rule: str
    """The key of the rule: `incidents.opened`. The block `definitions` says it in words."""
    evidence: list[str] = []
    """The ids of `ReportFacts.evidence`, in order."""
    before: int | str | None = None
    """The value of the same figure in the period before; None: there is none to compare with."""


class ReportVerdict(StrEnum):
    """The result of a judgement."""

    MET = "met"
    MISSED = "missed"
    UNPROVEN = "cannot-be-proven"
    """The records do not decide it."""
    NOTHING = "nothing"
    """There was nothing to judge."""


class BlockVerdict(Model):
    """A judgement that a block contributes to the summary."""

    key: str
    """Identifies it among the verdicts of its block: `P1 restore`."""
    about: str
    """A key of the block's texts."""
    values: list[str] = []
    """The values of that text."""
    verdict: ReportVerdict
    figures: list[Figure] = []
    """The figures that decided it."""
    before: ReportVerdict | None = None
    """The same verdict in the period before; None: there is none to compare with."""


class EvidenceRecord(Model):
    """A record from which figures were computed."""

    kind: str
    """`incident`, `change`, `maintenance`, `drill`, `point`, `span`, `proof`, `dossier`."""
    title: str = ""
    since: Second | None = None
    until: Second | None = None
    digest: str = ""
    """SHA-256 of its own document: of the post-incident report, of the plan of a change."""


class GapReason(StrEnum):
    """A reason for which a report does not have everything."""

    NO_DOSSIER = "no-dossier"
    """No dossier was in force at the time, or this release cannot read it."""
    LATE = "late"
    """The source is complete only up to a moment before the end of the period; it may still be completed."""
    NO_HISTORY = "no-history"
    """The history has nothing about the point in the period."""
    UNREADABLE = "unreadable"
    """The records keep it in a form that this release cannot read."""
    BROKEN = "broken"
    """The block of a package failed."""


class MissingPart(Model):
    """A part that a report does not have."""

    source: str
    """`history`, `incidents`, or the name of a measuring point."""
    reason: GapReason
    since: Second | None = None
    """The beginning of the missing time."""
    until: Second | None = None
    count: Annotated[int, Field(ge=0)] = 0
    """The number of records concerned."""

    def __str__(self) -> str:
        many = f"{self.count} of {self.source}" if self.count else self.source
        times = [f"{name} {moment:%Y-%m-%d %H:%M} UTC" for name, moment in self._times if moment is not None]
        return " ".join([f"{many}:", _REASONS[self.reason], *times])

    @property
    def _times(self) -> tuple[tuple[str, datetime | None], ...]:
        return ("from", self.since), ("until", self.until)


_REASONS: Final = {
    GapReason.NO_DOSSIER: "no readable dossier was in force",
    GapReason.LATE: "the data is not complete yet",
    GapReason.NO_HISTORY: "there is no history",
    GapReason.UNREADABLE: "this release cannot read the records",
    GapReason.BROKEN: "the block failed",
}


class DossierUsed(Model):
    """A version of the dossier that was in force during a part of the period: [since, until)."""

    digest: str
    since: Second
    until: Second
    agreement: str
    """The number and version of the agreement; empty if this release cannot read the dossier."""


class Commentary(Model):
    """A text of a person in a report."""

    by: str
    at: datetime
    text: str


class FigureChange(Model):
    """A figure that differs from the one in another report."""

    name: str
    """The place of the figure in the facts, in words."""
    old: str
    new: str
    why: str
    """The evidence that is new, gone, or computed otherwise."""


class ReportCorrection(Model):
    """What a correction says about the version that it replaces."""

    version: int
    """The version that it replaces."""
    seal: str
    """The seal of that version."""
    changes: list[FigureChange]
    turned: list[str]
    """The verdicts that turned, one line each."""


class BlockFacts(Model):
    """The facts of one block."""

    key: str
    """Identifies the block within the report: its type, with a number from the second block of that type on."""
    type: str
    title: str | None = None
    """The heading in the dossier; None: that of the block."""
    verdicts: list[BlockVerdict] = []
    facts: dict[str, Any] = {}
    """The facts as the block's own model writes them as JSON."""


class ReportFacts(Model):
    """All that a report says, as data. The same facts give the same documents."""

    format: Literal[1] = 1
    application: ApplicationId
    application_name: str
    customer: str
    """The name of the customer."""
    supplier: str
    """The name of the supplier."""
    report: Identifier
    """The name of the report in the dossier."""
    title: str
    period: ReportPeriod
    language: Language
    audience: ReportAudience
    counts_until: Second | None = None
    """The end of the time that is judged, if the period was not over when the facts were gathered; None: all of it."""
    compared_with: ReportPeriod | None = None
    """The period before; None: no dossier was in force during all of it, or this period is not over, so nothing is
    compared."""
    gathered_at: Second
    dossier: str
    """The digest of the dossier that declares the report."""
    agreement: str
    """The number and version of the agreement."""
    dossiers: list[DossierUsed]
    """The versions in force during the period, in order."""
    versions: dict[str, str]
    """Of the program and of the calendar data: `driftvakt`, `tzdata`, `holidays`."""
    complete_until: dict[str, Second]
    """For each source, the moment up to which it is complete."""
    missing: list[MissingPart]
    commentary: list[Commentary] = []
    correction: ReportCorrection | None = None
    """None: it is the first version of its period."""
    blocks: list[BlockFacts]
    evidence: dict[str, EvidenceRecord]
    """The records that the figures name, by id."""

    @property
    def judged_until(self) -> datetime:
        """The end of the time that the report judges."""
        return self.counts_until or self.period.until

    @property
    def late(self) -> list[MissingPart]:
        """The missing parts that sources may still complete."""
        return [part for part in self.missing if part.reason is GapReason.LATE]


def facts_json(facts: ReportFacts) -> str:
    """Return the facts as canonical JSON: sorted keys, no spaces, moments in UTC."""
    return canonical_json(facts)


def facts_digest(facts: ReportFacts) -> str:
    """Return SHA-256 (hex) of the canonical JSON."""
    return digest(facts)
