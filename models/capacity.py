"""The daily use of a resource, and the forecast of when it reaches its limit."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, FiniteFloat

from models.base import Model

Probability = Annotated[float, Field(ge=0, le=1)]
"""From 0 (impossible) to 1 (certain)."""


class ResourceClass(StrEnum):
    """The kinds of resources: those of one class grow in the same manner."""

    DISK = "disk"
    MEMORY = "memory"
    CPU = "cpu"
    TRAFFIC = "traffic"
    CONNECTIONS = "connections"
    LICENCES = "licences"


def with_headroom(limit: float, headroom: float, *, falls: bool) -> float:
    """Return the limit that counts: the agreed one less the percentage that must stay free; for a floor, plus it."""
    return limit + abs(limit) * headroom / 100 * (1 if falls else -1)


class UseStatistic(StrEnum):
    """The figure of a day that stands for the use of a resource."""

    P95 = "p95"
    """The value that was exceeded for one twentieth of the day; a single peak does not count."""
    P50 = "p50"
    P99 = "p99"
    MEAN = "mean"
    MAXIMUM = "max"
    MINIMUM = "min"
    LAST = "last"


class DailyUse(Model):
    """How much of a resource was used on a day."""

    day: date
    value: FiniteFloat | None = None
    """In the unit of the resource: bytes, requests a day, ...; None: there is no data of the day."""


class ForecastDay(Model):
    """The use that is expected on a future day, in the unit of the resource."""

    day: date
    median: float
    low80: float
    high80: float
    """In four of five such forecasts, the use lies between the two."""
    low95: float
    high95: float
    p_limit: Probability | None = None
    """The probability that the limit is reached on this day or earlier; None: no limit, or too little history for a date."""


class LimitReached(Model):
    """The first days on which the limit is reached with a probability of 10, 50 and 90 %; None: not within the horizon."""

    p10: date | None = None
    p50: date | None = None
    p90: date | None = None


class LiftedStep(Model):
    """A step in the use that a recorded change explains: the days before it were shifted to the level after it."""

    day: date
    by: float
    """How far the level changed, in the unit of the resource; negative: it fell."""


class CapacityForecast(Model):
    """What the history of a resource says about the days after it."""

    days: list[ForecastDay] = []
    """One for each day of the horizon; empty if the forecast was refused."""
    reached: LimitReached = LimitReached()
    refused: str | None = None
    """Why there is no forecast: one sentence."""
    level: float | None = None
    """The median use of the last seven days with data."""
    peak: float | None = None
    """The highest use of the last 90 days; of a falling resource the lowest."""
    limit: float | None = None
    """The limit less the headroom that the probabilities refer to."""
    lifted: list[LiftedStep] = []
    unexplained: list[date] = []
    """The days of steps without a recorded change. They are not removed: people must say what happened."""
    notes: list[str] = []
    """Sentences that limit what this forecast can say."""


class ResourceOutlook(Model):
    """The forecast of a resource of the capacity plan, and when a decision has to be made."""

    key: str
    """Its name in the dossier."""
    title: str
    measuring_point: str
    unit: str
    statistic: UseStatistic
    limit: float
    """As agreed, without the headroom."""
    headroom: float
    """The percentage of the limit that must stay free."""
    risk: float
    """The agreed probability, in percent, of reaching the limit less the headroom."""
    falls: bool = False
    """The limit is a floor."""
    days_with_data: int
    forecast: CapacityForecast
    at_risk: date | None = None
    """The first day on which the probability is that of the agreed risk or more; None: not within the forecast."""
    decide_by: date | None = None
    """The last day to decide: `at_risk` less the time that the agreement plans ahead. It may be past."""
    at_limit: bool = False
    """Whether the present level is at the limit less the headroom, or beyond it."""


class CapacityOutlook(Model):
    """The resources of an application; those that must be decided first come first."""

    application: str
    today: date
    resources: list[ResourceOutlook]
