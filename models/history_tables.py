"""The tables of the history: spans, hours and days of measuring points, and the days that are folded."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from models.tables import UtcDateTime

_BY_KEY = {"sqlite_with_rowid": False}
"""SQLite then stores the rows in the order of the key, once: a range of one point is read without a detour."""


class PointSpanRow(SQLModel, table=True):
    """A span of a point, within one day (UTC)."""

    __tablename__ = "pointspan"
    __table_args__ = (Index("ix_pointspan_day", "point", "day"), _BY_KEY)

    point: str = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    threshold: str = Field(primary_key=True)
    """Empty for spans that say whether the point was measured."""
    day: date
    """The day whose samples gave the span; later than that of `since` if a fault fired after midnight."""
    state: str
    """measured, no_data, or down (of a threshold)."""
    until: datetime = Field(sa_type=UtcDateTime)
    severity: str
    """Of the threshold at that time; empty without one."""


class PointHourRow(SQLModel, table=True):
    """An hour of a point; see `models.history.PointHour`."""

    __tablename__ = "pointhour"
    __table_args__ = (_BY_KEY,)

    point: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    samples: int
    failed: int
    expected: int
    watched_s: int
    no_data_s: int
    value_count: int
    value_min: float | None = None
    value_mean: float | None = None
    value_max: float | None = None
    latency_count: int
    latency_min: float | None = None
    latency_mean: float | None = None
    latency_max: float | None = None


class PointDayRow(SQLModel, table=True):
    """A day (UTC) of a point; see `models.history.PointDay`."""

    __tablename__ = "pointday"
    __table_args__ = (_BY_KEY,)

    point: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    samples: int
    failed: int
    expected: int
    watched_s: int
    no_data_s: int
    blips: dict[str, int] = Field(sa_column=Column(JSON, nullable=False))
    value_count: int
    value_min: float | None = None
    value_mean: float | None = None
    value_max: float | None = None
    value_p50: float | None = None
    value_p95: float | None = None
    value_p99: float | None = None
    value_last: float | None = None
    latency_count: int
    latency_min: float | None = None
    latency_mean: float | None = None
    latency_max: float | None = None
    latency_p50: float | None = None
    latency_p95: float | None = None
    latency_p99: float | None = None
    latency_last: float | None = None


class HistoryMark(SQLModel, table=True):
    """A day of a point that is folded, or is to be folded (again)."""

    __tablename__ = "historymark"
    __table_args__ = (
        Index("ix_historymark_dirty", "day", sqlite_where=text("dirty"), postgresql_where=text("dirty")),
        _BY_KEY,
    )

    point: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    dirty: bool
    """Samples arrived after the day was folded, or it could not be folded."""
    why: str = Field(default="", sa_column=Column(Text, nullable=False))
    """Why it could not be folded; its samples are kept until it is. Empty for all other days."""
    folded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    carry: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    """The state that the day leaves to the next one; None before the first fold."""


class HistoryProgress(SQLModel, table=True):
    """How far the history is folded: one row."""

    __tablename__ = "historyprogress"

    id: int = Field(default=1, primary_key=True)
    opened_until: date | None = None
    """Days before this one are being folded or are folded; a sample that arrives for them marks its day dirty."""
    folded_until: date | None = None
    """Days before this one are folded, except those whose marks give a reason."""
    sealed_until: date | None = None
    """Samples of days before this one may be deleted, and these days are never folded again, except those whose marks
    give a reason."""
    checked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The last check for days to fold."""
