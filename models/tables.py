"""The tables of the records. Tables skip validation, so they are filled from validated models only and are never
payloads.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite drops the zone, so reading adds it again. A naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert a value for the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Convert a value from the database."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class DossierVersion(SQLModel, table=True):
    """A published dossier; it never changes, so that history can name it by its digest."""

    digest: str = Field(primary_key=True, max_length=64)
    application: str = Field(index=True)
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    published_at: datetime = Field(sa_type=UtcDateTime)
    published_by: str


class CurrentDossier(SQLModel, table=True):
    """The current version of each dossier."""

    application: str = Field(primary_key=True)
    digest: str = Field(foreign_key="dossierversion.digest")


class DossierUse(SQLModel, table=True):
    """From a moment on, this version was the current one of its application; a version can be published again."""

    application: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    digest: str = Field(foreign_key="dossierversion.digest")
    by: str


class IncidentRow(SQLModel, table=True):
    """An incident."""

    __tablename__ = "incident"

    id: str = Field(primary_key=True)
    application: str = Field(index=True)
    number: int
    title: str
    state: str = Field(index=True)
    priority: str | None = None
    components: list[str] = Field(sa_column=Column(JSON, nullable=False))
    dossier: str
    opened_at: datetime = Field(sa_type=UtcDateTime, index=True)
    opened_by: str
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = None
    summary: str = Field(default="", sa_column=Column(Text, nullable=False))
    clock: list[dict[str, Any]] = Field(default=[], sa_column=Column(JSON, nullable=False, server_default="[]"))
    """The events of the service-level clock, of all runs."""
    cause: str | None = None
    remedy: str | None = None
    """The remedy after which health was proven."""
    lead: str | None = None
    """The current or last lead."""
    reopened: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The number of reopenings."""
    subject: str | None = None
    """The subject, if it is not the health of the application."""


class IncidentEntry(SQLModel, table=True):
    """A line of an incident's timeline."""

    incident: str = Field(primary_key=True)
    run: str = Field(primary_key=True)
    """The run of the workflow that wrote the line."""
    sequence: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class OperationRow(SQLModel, table=True):
    """An operation."""

    __tablename__ = "operation"
    id: str = Field(primary_key=True)
    kind: str = Field(index=True)
    application: str = Field(index=True)
    name: str = Field(default="", index=True)
    title: str
    state: str
    dossier: str
    opened_at: datetime = Field(sa_type=UtcDateTime, index=True)
    opened_by: str
    rehearsed: bool = False
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = None
    summary: str = Field(default="", sa_column=Column(Text, nullable=False))
    data: dict[str, Any] = Field(default={}, sa_column=Column(JSON, nullable=False))
    first_run: str | None = None
    """The run id that a reset keeps; None in rows of earlier releases."""


class OperationEntry(SQLModel, table=True):
    """A line of an operation's timeline."""

    operation: str = Field(primary_key=True)
    run: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class AlarmEntry(SQLModel, table=True):
    """An alarm message and its disposition."""

    application: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    fingerprint: str = Field(index=True)
    title: str
    state: str
    severity: str
    component: str | None = None
    source: str
    disposition: str
    incident: str | None = Field(default=None, index=True)
    reason: str


class FencingToken(SQLModel, table=True):
    """The highest token given for a component."""

    component: str = Field(primary_key=True)
    token: int = Field(sa_column=Column(BigInteger, nullable=False))


class TokenGrant(SQLModel, table=True):
    """A token that an operation got; makes a repeated request harmless."""

    key: str = Field(primary_key=True)
    component: str = Field(primary_key=True)
    token: int = Field(sa_column=Column(BigInteger, nullable=False))
    request: str | None = Field(default=None, max_length=64)
    """The digest of the request; None in rows of earlier releases."""


class UsedDecision(SQLModel, table=True):
    """An approval that was used, with the run that used it."""

    gate: str = Field(primary_key=True)
    run: str
    option: str
    by: list[str] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)


class HaltRow(SQLModel, table=True):
    """A halt: until it is lifted, no new command starts on the hosts that it covers."""

    __tablename__ = "halt"
    key: str = Field(primary_key=True)
    customer: str
    """Empty: all customers."""
    by: str
    reason: str
    since: datetime = Field(sa_type=UtcDateTime)
    workflow: str
    lifted_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    lifted_by: str = ""
    lifted_because: str = ""


class ProofRow(SQLModel, table=True):
    """A use of an instruction, as a rehearsal or a run, and its result."""

    __tablename__ = "proof"
    application: str = Field(primary_key=True)
    instruction: str = Field(primary_key=True)
    operation: str = Field(primary_key=True)
    run: str = Field(primary_key=True)
    use: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    dossier: str
    digest: str
    """The digest of the instruction at that time."""


class RecentAction(SQLModel, table=True):
    """A host on which an operation was about to act; kept for the hour in which it counts."""

    operation: str = Field(primary_key=True)
    application: str = Field(primary_key=True)
    host: str = Field(primary_key=True)
    title: str
    by: str
    at: datetime = Field(sa_type=UtcDateTime, index=True)


class JobOutput(SQLModel, table=True):
    """The output of a remote job, as far as it is kept."""

    job: str = Field(primary_key=True)
    host: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    stdout: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    stderr: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Quarantined(SQLModel, table=True):
    """An authenticated alarm body that the intake could not read; kept until somebody has checked it."""

    id: str = Field(primary_key=True)
    """SHA-256 of source and body; the same body twice is one row."""
    received_at: datetime = Field(sa_type=UtcDateTime)
    source: str
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    times: int = 1


class Notice(SQLModel, table=True):
    """A notice to people."""

    key: str = Field(primary_key=True)
    incident: str = Field(index=True)
    application: str = Field(index=True)
    occasion: str
    language: str
    subject: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)
    receipt: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    """The answer after all receivers were tried."""
    request: str | None = Field(default=None, max_length=64)
    """The digest of the request; None in rows of earlier releases."""


class NoticeDelivery(SQLModel, table=True):
    """The delivery of a notice to one receiver; written before and after sending, so that no retry sends it twice."""

    notice: str = Field(primary_key=True)
    receiver: str = Field(primary_key=True)
    """Contact and channel."""
    state: str
    """`sending` while the notice is being sent."""
    attempts: int = 0
    detail: str = Field(default="", sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)


class PostIncidentReportRow(SQLModel, table=True):
    """The post-incident report as it was written when its incident was closed; never changed."""

    __tablename__ = "postincidentreport"

    incident: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    run: str
    digest: str
    markdown: str = Field(sa_column=Column(Text, nullable=False))
    html: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)


class SourceHeartbeat(SQLModel, table=True):
    """The last heartbeat of a source of alarms."""

    source: str = Field(primary_key=True)
    """The name of the intake's source, or `monitor.SITE` for an embedded monitor."""
    at: datetime = Field(sa_type=UtcDateTime)


class SampleRow(SQLModel, table=True):
    """A sample of a measuring point; written in bulk."""

    __tablename__ = "sample"
    # All that is read of a sample: the samples of one point lie together there, and far apart in the table.
    __table_args__ = (Index("ix_sample_of_point", "point", "at", "seen", "value", "latency_ms"),)

    id: int | None = Field(default=None, primary_key=True)
    point: str
    at: datetime = Field(sa_type=UtcDateTime)
    seen: str
    value: float | None = None
    latency_ms: float | None = None


class PointState(SQLModel, table=True):
    """The state of one threshold of one measuring point, so that a restart neither loses nor repeats an alarm."""

    key: str = Field(primary_key=True)
    """`customer.application.measuring-point/threshold`."""
    site: str = Field(index=True)
    state: str
    """ok, pending, firing, clearing, no_data."""
    since: datetime = Field(sa_type=UtcDateTime)
    """The beginning of this state."""
    fault_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The beginning of the active fault; part of the identity of its alarm."""
    reported: str | None = None
    """The alarm state that the watch has acknowledged: firing, cleared, or None."""
    reported_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    detail: str = ""


class ScheduleRow(SQLModel, table=True):
    """A schedule as it was last applied."""

    __tablename__ = "schedule"

    id: str = Field(primary_key=True)
    application: str = Field(index=True)
    shape: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    by: str
    at: datetime = Field(sa_type=UtcDateTime)


class StoredDocument(SQLModel, table=True):
    """A document by the digest of its content; one that is kept permanently never changes."""

    __tablename__ = "document"

    digest: str = Field(primary_key=True, max_length=64)
    media_type: str
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)
    needed_until: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    """When it may be deleted; None: never."""


class ReportDraftRow(SQLModel, table=True):
    """The facts of a report that is not sealed yet, with the files made from them."""

    __tablename__ = "reportdraft"

    facts: str = Field(primary_key=True, max_length=64)
    """The digest of the facts, which are a document."""
    application: str = Field(index=True)
    name: str
    period: str
    operation: str = Field(index=True)
    """The workflow that gathered them."""
    files: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    """The files as `DocumentFile`; none before they are made."""
    program: str
    """The version of Driftvakt that made the files."""
    at: datetime = Field(sa_type=UtcDateTime)


class SealedReportRow(SQLModel, table=True):
    """A report as it was approved and sent. Rows are only added: a trigger prevents every change."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("application", "name", "sequence", name="uq_report_sequence"),
        UniqueConstraint("application", "name", "period", "version", name="uq_report_version"),
    )

    seal: str = Field(primary_key=True, max_length=64)
    """The digest of all the other columns."""
    application: str = Field(index=True)
    name: str
    period: str
    version: int
    """1 for the first report of the period; each correction is one more."""
    sequence: int
    """The position among all sealed reports of this name."""
    predecessor: str
    """The seal of the report before in that order; empty for the first."""
    operation: str
    facts: str = Field(max_length=64)
    files: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    attached: int
    """The number of files that were sent, the first ones."""
    approved_by: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    sent_to: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    program: str
    at: datetime = Field(sa_type=UtcDateTime)
