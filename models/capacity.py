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
