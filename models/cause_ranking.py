"""The measurements around one incident, and the ranking of the components in which it may have begun."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, FiniteFloat

from models.base import Model

Name = Annotated[str, Field(min_length=1, max_length=200)]
"""The name of a component or of a measure, as its system writes it."""

Values = Annotated[list[FiniteFloat | None], Field(max_length=200_000)]
"""Samples in order of time, at the interval of the measurements; null where there is no data."""


class MeasuredSymptom(Model):
    """What people noticed: one measure of one component."""

    component: Name
    measure: Name


class MeasuredSeries(Model):
    """The samples of one measure of one component."""

    component: Name
    measure: Name
    """`latency`, `cpu`, `availability`: the name says whether it shows an effect, the component's own state, or its load."""
    seen_from: Name | None = None
    """The component that measured it by calling this one; None: the component itself, or a probe."""
    quiet: Values
    """Before the incident."""
    incident: Values
    """From the beginning of the incident on; the interval follows directly after `quiet`."""


class NearbyOperation(Model):
    """A change, a maintenance run or another operation near the incident."""

    id: Name
    component: Name
    seconds_before: FiniteFloat
    """How long before the incident began the operation acted; negative: after it had begun."""


class LogLines(Model):
    """Lines of a component's log."""

    component: Name
    quiet: Annotated[list[str], Field(max_length=200_000)] = []
    """From an ordinary time."""
    incident: Annotated[list[str], Field(max_length=200_000)]
    """From the time of the incident."""


class IncidentMeasurements(Model):
    """One incident with what was measured before and during it."""

    id: str = ""
    interval_seconds: Annotated[FiniteFloat, Field(gt=0)]
    """The time between two samples of a series."""
    needs: dict[Name, list[Name]] = {}
    """Each component with the components that it needs directly. A component without an entry needs nothing."""
    symptom: MeasuredSymptom | None = None
    """None: nobody says what people noticed, so nothing can be compared with it."""
    series: Annotated[list[MeasuredSeries], Field(min_length=1)]
    operations: list[NearbyOperation] = []
    logs: list[LogLines] = []

    @property
    def interval(self) -> timedelta:
        """The time between two samples."""
        return timedelta(seconds=self.interval_seconds)


class CauseStatus(StrEnum):
    """How far the measurements speak for a component. None of these words means that the cause is confirmed: only an
    intervention or a person with a reference confirms a cause.
    """

    SUPPORTED = "supported"
    """At least two independent kinds of evidence speak for it."""
    SUSPECTED = "suspected"
    """One kind of evidence speaks for it."""
    NOT_SHOWN = "not-shown"
    """Nothing measured speaks for it."""


class RankedCause(Model):
    """One component with the evidence for and against it."""

    component: str
    score: float
    """From 0 to 1, to order the components of one incident. It is not a probability."""
    status: CauseStatus
    reasons: list[str]
    """The evidence for it, each one sentence."""
    against: list[str] = []
    """The evidence against it, each one sentence."""


class CauseRanking(Model):
    """The components of an incident, the likeliest cause first."""

    ranking: list[RankedCause]
    verdict: str
    """One or two sentences: the suspected component, or that nothing is shown and what to measure next."""
