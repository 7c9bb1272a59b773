"""Measuring points: the probe, the interval, and the thresholds for alarms."""

from __future__ import annotations

import operator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from models.base import Duration, Identifier, Model, PositiveDuration
from models.dossier.agreement import Level
from models.probe_kinds import Probe
from models.probes import Sample, Seen

CONDITION = r"^(failed|(value|latency_ms) (>=|<=|==|!=|>|<) -?\d+(\.\d+)?)$"

Condition = Annotated[str, Field(pattern=CONDITION)]
"""A condition on a sample: `failed`, or `value` or `latency_ms` compared with a number: `value > 90`."""


_COMPARE = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


def holds(condition: str, sample: Sample) -> bool | None:
    """Return whether a condition is true of a sample; None if the sample cannot say (no data, or no such number)."""
    if sample.seen is Seen.NO_DATA:
        return None
    if condition == "failed":
        return sample.seen is Seen.FAILED
    quantity, comparison, limit = condition.split()
    number = sample.value if quantity == "value" else sample.latency_ms
    return None if number is None else bool(_COMPARE[comparison](number, float(limit)))


class Severity(StrEnum):
    """The severity of an alarm; it determines the urgency of an incident."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"

    @property
    def urgency(self) -> Level:
        """The urgency of an incident that an alarm of this severity opens."""
        return {Severity.CRITICAL: Level.HIGH, Severity.WARNING: Level.MEDIUM, Severity.INFO: Level.LOW}[self]


class Threshold(Model):
    """The conditions under which a measuring point raises and clears an alarm."""

    when: Condition = "failed"
    duration: Duration = timedelta(0)
    """How long the condition must be true before the alarm is raised."""
    severity: Severity = Severity.CRITICAL
    clear: Condition | None = None
    """The condition that clears the alarm; by default, the alarm clears when `when` is no longer true."""
    clear_duration: Duration = timedelta(0)
    """How long the clear condition must be true."""


class MeasuringPoint(Model):
    """A probe of a component at regular intervals."""

    component: Identifier
    host: Identifier | None = None
    """The host whose health the point shows; by default the host that the probe contacts, if the component runs on
    it."""
    probe: Probe
    every: PositiveDuration = timedelta(seconds=30)
    site: Identifier | None = None
    """The site that probes; by default the site of the component."""
    unit: str | None = None
    thresholds: dict[Identifier, Threshold] = {"down": Threshold()}
    no_data_after: PositiveDuration | None = None
    """An alarm is raised if no measurement succeeded for this time; ten intervals by default."""
    no_data_severity: Severity = Severity.WARNING
    health: bool = True
    """Whether the point counts as proof of the component's health."""
    purpose: str | None = None


class Source(StrEnum):
    """The system that probes the measuring points."""

    EMBEDDED = "embedded"
    CENTRAL = "central"


class Flapping(Model):
    """The limits above which an alarm that fires and clears repeatedly counts as flapping."""

    within: PositiveDuration = timedelta(minutes=30)
    enter: Annotated[int, Field(ge=2, le=100)] = 5
    """An alarm that fires this often within the span is flapping: it stays one open alarm."""
    leave: Annotated[int, Field(ge=0, le=99)] = 1
    """A flapping alarm that fires at most this often within the span is an ordinary alarm again."""

    @model_validator(mode="after")
    def _leaves_below_entering(self) -> Flapping:
        if self.leave >= self.enter:
            raise ValueError(
                f"leave ({self.leave}) must be less than enter ({self.enter}); otherwise the alarm would flap"
            )
        return self


class MonitoringSource(Model):
    """A system that sends alarms, and heartbeats that show that it runs (dead-man's switch)."""

    silent_after: PositiveDuration
    """After this time without a message, an alarm says that the source is silent."""
    severity: Severity = Severity.CRITICAL


class Monitoring(Model):
    """The agreed measuring points and sources."""

    watched_by: Source = Source.EMBEDDED
    measuring_points: dict[Identifier, MeasuringPoint] = {}
    flapping: Flapping = Flapping()
    sources: dict[Identifier, MonitoringSource] = {}
    """The sources of alarms whose silence raises an alarm, by their name at the intake."""
