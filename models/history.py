"""The history of measuring points: spans of up, down and no data, hourly and daily figures, and the versions in force."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field

from models.base import Model, PositiveDuration
from models.inputs import Delivered


class SpanState(StrEnum):
    """The state of a measuring point during a span."""

    UP = "up"
    """Measured, and no fault that counts was active."""
    DOWN = "down"
    """Measured, and a fault that counts was active; from its first failed sample to its first good one."""
    NO_DATA = "no_data"
    """Not measured: the monitor did not run, the probe could not measure, or no threshold could judge the sample."""


class PointSpan(Model):
    """A span of time in which a measuring point had one state: [since, until)."""

    point: str
    """`customer.application.measuring-point`."""
    state: SpanState
    since: datetime
    """UTC, a whole second."""
    until: datetime
    """UTC, a whole second, later than `since`."""

    @property
    def seconds(self) -> int:
        """The length in seconds."""
        return round((self.until - self.since).total_seconds())


class SampleNumbers(Model):
    """Figures of the numbers that the `ok` samples of an hour have."""

    count: int
    """How many samples had the number; at least 1."""
    min: float
    mean: float
    max: float


class DayNumbers(SampleNumbers):
    """Figures of the numbers that the `ok` samples of a day have.

    A percentile is a number that was measured: the smallest one that at least this share of the samples do not exceed
    (nearest rank). Percentiles of several days cannot be combined.
    """

    p50: float
    p95: float
    p99: float
    last: float
    """The number of the last sample."""


class PointFigures(Model):
    """The figures that hours and days of a measuring point both have."""

    point: str
    """`customer.application.measuring-point`."""
    samples: int
    """All samples, of any result."""
    failed: int
    """The samples with the result `failed`."""
    expected: int
    """The probes that were due by the point's interval. Retries after a start can make `samples` larger."""
    watched_s: int
    """The seconds in which the point was to be measured: from its first sample on, while a dossier in force has it."""
    no_data_s: int
    """The seconds of `watched_s` without a measurement."""

    @property
    def no_data_share(self) -> float:
        """The share of the watched time without a measurement, from 0 to 1; 0 if nothing was to be measured."""
        return self.no_data_s / self.watched_s if self.watched_s else 0.0


class PointHour(PointFigures):
    """An hour of a measuring point."""

    at: datetime
    """The beginning of the hour, UTC."""
    value: SampleNumbers | None = None
    """In the unit of the measuring point; None without a number."""
    latency_ms: SampleNumbers | None = None
    """In milliseconds."""


class PointDay(PointFigures):
    """A day (UTC) of a measuring point."""

    day: date
    value: DayNumbers | None = None
    """In the unit of the measuring point; None without a number."""
    latency_ms: DayNumbers | None = None
    """In milliseconds."""
    blips: dict[str, int] = {}
    """By threshold: the failed runs that ended on this day before the threshold's duration was over. They are no down
    time."""


class DayValues(NamedTuple):
    """Chosen statistics of the value of a measuring point on one day (UTC)."""

    day: date
    no_data_s: int
    values: tuple[float | None, ...]
    """In the order of the request; None without a number."""


class UnfoldedDay(Model):
    """A finished day of a point that could not be folded; its samples are kept, and it has no spans."""

    point: str
    day: date
    why: str
    """One sentence."""


class DossierInForce(Model):
    """A span in which one version of a dossier was the current one: [since, until)."""

    application: str
    digest: str
    since: datetime
    until: datetime | None
    """None: it still is."""
    by: str
    """The person who published it."""


class HistoryBeat(Model):
    """The state of the history: the details of each heartbeat of the activity that keeps it."""

    checked_at: datetime
    """The last check for days to fold."""
    folded_until: date | None = None
    """Every day before this one is folded, except those in `faults`; None before the first check."""
    folded: int = 0
    """The days of points that this activity has folded."""
    faults: Annotated[list[str], Field(max_length=10)] = []
    """Why days are not folded, a sentence each; at most ten."""


class KeepHistory(Model):
    """Fold finished days until the time is up."""

    lasts: PositiveDuration = timedelta(hours=24)


class HistoryOrder(Delivered):
    """Start the workflow that keeps the history of an installation."""

    lasts: PositiveDuration = timedelta(hours=24)
    """How long one run of the workflow lasts."""
    heartbeat_timeout: PositiveDuration = timedelta(minutes=1)
    """The activity moves to another worker if it is inactive for this time."""
