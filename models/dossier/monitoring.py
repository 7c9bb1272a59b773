"""What is measured, how often, and from which value on it is an alarm."""

from __future__ import annotations

import operator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from models.base import Duration, Identifier, Model, PositiveDuration
from models.dossier.agreement import Level
from models.probes import Probe, Sample, Seen

CONDITION = r"^(failed|(value|latency_ms) (>=|<=|==|!=|>|<) -?\d+(\.\d+)?)$"

Condition = Annotated[str, Field(pattern=CONDITION)]
"""`failed`, or `value` or `latency_ms` against a number: `value > 90`."""


_COMPARE = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


def holds(condition: str, sample: Sample) -> bool | None:
    """Tell whether a condition holds of a sample; None when the sample says nothing about it (no data, or no such number)."""
    if sample.seen is Seen.NO_DATA:
        return None
    if condition == "failed":
        return sample.seen is Seen.FAILED
    quantity, comparison, limit = condition.split()
    number = sample.value if quantity == "value" else sample.latency_ms
    return None if number is None else bool(_COMPARE[comparison](number, float(limit)))


class Severity(StrEnum):
    """How bad an alarm is; gives an incident its urgency."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"

    @property
    def urgency(self) -> Level:
        """The urgency an incident gets from it."""
        return {Severity.CRITICAL: Level.HIGH, Severity.WARNING: Level.MEDIUM, Severity.INFO: Level.LOW}[self]


class Threshold(Model):
    """When a measuring point is in alarm, and when it no longer is."""

    when: Condition = "failed"
    duration: Duration = timedelta(0)
    """How long the condition must hold before the alarm is raised."""
    severity: Severity = Severity.CRITICAL
    clear: Condition | None = None
    """When the alarm clears; unless given, as soon as `when` no longer holds."""
    clear_duration: Duration = timedelta(0)
    """How long the clear condition must hold."""


class MeasuringPoint(Model):
    """Something that is looked at regularly."""

    component: Identifier
    host: Identifier | None = None
    """The one host of its component that it shows; unless given, the host that the probe looks at, if it is one of them."""
    probe: Probe
    every: PositiveDuration = timedelta(seconds=30)
    site: Identifier | None = None
    """From which site it is probed; the component's own unless given."""
    unit: str | None = None
    thresholds: dict[Identifier, Threshold] = {"down": Threshold()}
    no_data_after: PositiveDuration | None = None
    """Raise an alarm when nothing could be measured for so long; ten intervals unless given."""
    no_data_severity: Severity = Severity.WARNING
    health: bool = True
    """Whether it counts in proving the component's health."""
    purpose: str | None = None


class Source(StrEnum):
    """Which system watches the measuring points."""

    EMBEDDED = "embedded"
    CENTRAL = "central"


class Flapping(Model):
    """When an alarm comes and goes so often that each coming is no news any more."""

    within: PositiveDuration = timedelta(minutes=30)
    enter: Annotated[int, Field(ge=2, le=100)] = 5
    """So many times fired within that span: it flaps, and is kept as one open alarm."""
    leave: Annotated[int, Field(ge=0, le=99)] = 1
    """At most so many times fired within that span: it is an ordinary alarm again."""

    @model_validator(mode="after")
    def _leaves_below_entering(self) -> Flapping:
        if self.leave >= self.enter:
            raise ValueError(f"leave ({self.leave}) must be less than enter ({self.enter}), or it would flap itself")
        return self


class MonitoringSource(Model):
    """A system that sends alarms, and shows by regular messages that it lives (dead-man's switch)."""

    silent_after: PositiveDuration
    """Silence after which an alarm is raised that nobody watches."""
    severity: Severity = Severity.CRITICAL


class Monitoring(Model):
    """The agreed measuring points."""

    watched_by: Source = Source.EMBEDDED
    measuring_points: dict[Identifier, MeasuringPoint] = {}
    flapping: Flapping = Flapping()
    sources: dict[Identifier, MonitoringSource] = {}
    """Sources of alarms, by the name that the intake knows them by, of which silence is itself an alarm."""
