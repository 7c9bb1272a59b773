"""Tables of the records. They skip validation, so they never travel as payloads and are filled from checked models only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, Index, LargeBinary, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets the zone, so it is put back on the way out. A naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be kept")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class DossierVersion(SQLModel, table=True):
    """A dossier as it was published; never changed, so that history can name it by its digest."""

    digest: str = Field(primary_key=True, max_length=64)
    application: str = Field(index=True)
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    published_at: datetime = Field(sa_type=UtcDateTime)
    published_by: str


class CurrentDossier(SQLModel, table=True):
    """Which version of a dossier holds now."""

    application: str = Field(primary_key=True)
    digest: str = Field(foreign_key="dossierversion.digest")


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
    """Events of the service-level clock, of all runs."""
    cause: str | None = None
    lead: str | None = None
    """Who leads it, or led it last."""
    reopened: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How often it was opened again after it had been closed."""
    subject: str | None = None
    """What it is about, where that is not the health of the application."""


class IncidentEntry(SQLModel, table=True):
    """A line of an incident's timeline."""

    incident: str = Field(primary_key=True)
    run: str = Field(primary_key=True)
    """Run of the workflow that told it."""
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
    """Run id that a reset keeps; none in what was written before it was kept."""


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
    """An alarm message and what became of it."""

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
    """A token that was given to an operation; makes asking again harmless."""

    key: str = Field(primary_key=True)
    component: str = Field(primary_key=True)
    token: int = Field(sa_column=Column(BigInteger, nullable=False))
    request: str | None = Field(default=None, max_length=64)
    """Digest of how many tokens were asked for and how; None where an earlier version gave it."""


class UsedDecision(SQLModel, table=True):
    """An approval that was used, and by which run."""

    gate: str = Field(primary_key=True)
    run: str
    option: str
    by: list[str] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)


class HaltRow(SQLModel, table=True):
    """A halt: while it is not lifted, nothing new is begun on the hosts it concerns."""

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
    """A use of an instruction: a rehearsal, or the real thing, and how it went."""

    __tablename__ = "proof"
    application: str = Field(primary_key=True)
    instruction: str = Field(primary_key=True)
    operation: str = Field(primary_key=True)
    run: str = Field(primary_key=True)
    use: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    dossier: str
    digest: str
    """Of the instruction as it was."""


class ActedOn(SQLModel, table=True):
    """A host that an operation was about to act on; kept for the hour in which it counts."""

    __tablename__ = "acted_on"
    operation: str = Field(primary_key=True)
    application: str = Field(primary_key=True)
    host: str = Field(primary_key=True)
    title: str
    by: str
    at: datetime = Field(sa_type=UtcDateTime, index=True)


class JobOutput(SQLModel, table=True):
    """What a remote job wrote, as far as it is kept."""

    job: str = Field(primary_key=True)
    host: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    stdout: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    stderr: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Quarantined(SQLModel, table=True):
    """An alarm body that was authenticated but not understood; kept until somebody has looked at it."""

    id: str = Field(primary_key=True)
    """SHA-256 of source and body: the same body twice is one row."""
    received_at: datetime = Field(sa_type=UtcDateTime)
    source: str
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    times: int = 1


class Notice(SQLModel, table=True):
    """A notice that people were to get."""

    key: str = Field(primary_key=True)
    incident: str = Field(index=True)
    application: str = Field(index=True)
    occasion: str
    language: str
    subject: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)
    receipt: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    """What was answered once all receivers were tried."""
    request: str | None = Field(default=None, max_length=64)
    """Digest of what was asked for; None where an earlier version kept it."""


class NoticeDelivery(SQLModel, table=True):
    """What became of a notice to one receiver; written before and after handing it over, so that no retry sends it twice."""

    notice: str = Field(primary_key=True)
    receiver: str = Field(primary_key=True)
    """Contact and channel."""
    state: str
    """`sending` while it is handed over."""
    attempts: int = 0
    detail: str = Field(default="", sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)


class IncidentAccount(SQLModel, table=True):
    """The account of an incident as it was when it was closed; never changed."""

    incident: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    run: str
    digest: str
    markdown: str = Field(sa_column=Column(Text, nullable=False))
    html: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)


class SourceSign(SQLModel, table=True):
    """When a source of alarms was last heard of."""

    source: str = Field(primary_key=True)
    """Name of the intake's source, or `monitor.SITE` for an embedded monitor."""
    at: datetime = Field(sa_type=UtcDateTime)


class SampleRow(SQLModel, table=True):
    """A look at a measuring point; written in bulk."""

    __tablename__ = "sample"
    __table_args__ = (Index("ix_sample_point_at", "point", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    point: str
    at: datetime = Field(sa_type=UtcDateTime)
    seen: str
    value: float | None = None
    latency_ms: float | None = None


class PointState(SQLModel, table=True):
    """What the embedded monitor knows of one threshold of one measuring point, so that a restart neither forgets nor repeats."""

    key: str = Field(primary_key=True)
    """`customer.application.measuring-point/threshold`."""
    site: str = Field(index=True)
    state: str
    """ok, pending, firing, clearing, no_data."""
    since: datetime = Field(sa_type=UtcDateTime)
    """When this state began."""
    fault_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the fault that is firing began; part of what makes its alarm the same."""
    reported: str | None = None
    """The alarm state that the watch has acknowledged: firing, cleared or none yet."""
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
