"""What `driftvakt history` shows of measuring points: their time in each state, and their figures."""

from __future__ import annotations

from datetime import datetime

from models.base import Model
from models.history import PointDay, PointHour, PointSpan


class PointLine(Model):
    """The asked time of a measuring point; faults of critical thresholds count as down."""

    point: str
    """`customer.application.measuring-point`."""
    since: datetime
    until: datetime
    up_s: int
    down_s: int
    no_data_s: int
    faults: int
    """How many spans of down time it has."""
    last_fault_at: datetime | None
    """The beginning of the last one."""
    course: str
    """The asked time in equal parts, a character each; see `starter.history.course`."""


class DayLine(PointDay):
    """A day (UTC) of a measuring point; faults of critical thresholds count as down."""

    up_s: int
    down_s: int
    course: str
    """Its hours, a character each."""
    unit: str | None
    """The unit of the value, by the latest dossier of the asked time that has the point."""


class HourLine(PointHour):
    """An hour of a measuring point; faults of critical thresholds count as down."""

    up_s: int
    down_s: int
    unit: str | None
    """The unit of the value, by the latest dossier of the asked time that has the point."""


class SpanLine(PointSpan):
    """A span of a measuring point; faults of critical thresholds count as down."""

    lasted_s: int


Line = PointLine | DayLine | HourLine | SpanLine
