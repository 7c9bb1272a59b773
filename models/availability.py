"""Availability: what was recorded about an application, and the classes, figures and verdicts that are computed from it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from models.base import ApplicationId, Identifier, Model, Moment
from models.dossier.agreement import Day
from models.dossier.availability import ExcusedParty
from models.history import SpanState
from models.percentages import Share
from models.scope import WHOLE, Scope


def _whole(moment: datetime) -> datetime:
    if moment.microsecond:
        raise ValueError("this time has a fraction of a second; write whole seconds: 2026-05-14T08:30:00Z")
    return moment


Second = Annotated[Moment, AfterValidator(_whole)]
"""A time with a time zone, in whole seconds."""


class TimeSpan(Model):
    """A span of time: the beginning belongs to it, the end does not."""

    since: Second
    until: Second

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until <= self.since:
            raise ValueError("the span ends before it begins, or has no length; write `until` after `since`")
        return self


class MeasuredSpan(TimeSpan):
    """A span in which a measuring point had one state."""

    state: SpanState


class MaintenanceTime(TimeSpan):
    """A time in which an operation held the lease of components: it counts as maintenance as far as it was announced."""

    id: str
    """The operation: `maintenance.acme.shop.patches-20260503`."""
    title: str = ""
    components: Scope = WHOLE
    """The components that the lease covered."""
    announced_at: Second | None = None
    """When the customer agreed to it or could read of it; None: never."""
    announced_until: Second | None = None
    """The announced end; later time is an overrun. None: no end was announced."""

    @property
    def announced(self) -> bool:
        """Whether it was announced before it began."""
        return self.announced_at is not None and self.announced_at < self.since

    @property
    def agreed_end(self) -> datetime:
        """The end of the part that counts as maintenance; not after `since` if no part does."""
        if not self.announced:
            return self.since
        return self.until if self.announced_until is None else min(self.until, self.announced_until)


class ExcusedTime(TimeSpan):
    """A time in which a party other than the supplier had to act, as an incident recorded it."""

    id: str
    """The incident: `inc.acme.shop.17`."""
    party: ExcusedParty
    components: Scope = WHOLE
    """The components of the incident."""
    note: str = ""


class VersionInForce(Model):
    """A version of the dossier, and the time from which it was the current one."""

    digest: str
    since: Second


class AvailabilityEvents(Model):
    """All that was recorded about an application, as far as its availability depends on it. Lists may be in any order."""

    availability: Literal[1] = 1
    """The version of this format."""
    application: ApplicationId
    versions: list[VersionInForce] = []
    """The versions of the dossier that were in force; empty: the given dossier was in force all the time."""
    recorded_until: Second | None = None
    """The end of the recorded time; later time is not judged. None: the events tell of all time that is asked for."""
    measured_since: dict[Identifier, Second] = {}
    """When each measuring point was first measured; by default the beginning of its first span."""
    spans: dict[Identifier, list[MeasuredSpan]] = {}
    """The states of each measuring point. Time without a span, after the first measurement, is no data."""
    blips: dict[Identifier, dict[Day, Annotated[int, Field(ge=0)]]] = {}
    """By measuring point and day (UTC): failures that were too short to count as faults."""
    maintenance: list[MaintenanceTime] = []
    excused: list[ExcusedTime] = []


class SecondClass(StrEnum):
    """The class of a second of the period; of several that apply, the first one counts."""

    OUTSIDE_HOURS = "outside_hours"
    """No service is agreed."""
    NOT_YET_MEASURED = "not_yet_measured"
    """No part of the subject had been measured yet."""
    MAINTENANCE = "maintenance"
    """Maintenance that was announced before it began, until its announced end."""
    EXCUSED = "excused"
    """A party had to act whose waiting times the agreement excuses."""
    DOWN = "down"
    NO_DATA = "no_data"
    """Not known to be down, and not known to be up."""
    UP = "up"


class ClassSeconds(Model):
    """The seconds of a period by class; together they are the period."""

    outside_hours: int = 0
    not_yet_measured: int = 0
    maintenance: int = 0
    excused: int = 0
    down: int = 0
    no_data: int = 0
    up: int = 0

    def of(self, kind: SecondClass) -> int:
        """Return the seconds of one class."""
        seconds: int = getattr(self, kind.value)
        return seconds

    @property
    def total(self) -> int:
        """The seconds of the period."""
        return sum(self.of(kind) for kind in SecondClass)

    @property
    def counted(self) -> int:
        """The denominator: service time without maintenance, excused time and time before the first measurement."""
        return self.down + self.no_data + self.up

    def plus(self, other: ClassSeconds) -> ClassSeconds:
        """Return the seconds of both."""
        return ClassSeconds(**{kind.value: self.of(kind) + other.of(kind) for kind in SecondClass})


class AvailabilityFigures(Model):
    """The availability of a period in seconds, three times, because seconds without data are neither up nor down."""

    measured: Share
    """Up, of up and down."""
    at_worst: Share
    """Up, of all counted seconds: no data counts as down."""
    at_best: Share
    """Up and no data, of all counted seconds: no data counts as up."""

    @classmethod
    def of(cls, seconds: ClassSeconds) -> AvailabilityFigures:
        """Return the figures of classified seconds."""
        up, counted = seconds.up, seconds.counted
        return cls(
            measured=Share(part=up, whole=up + seconds.down),
            at_worst=Share(part=up, whole=counted),
            at_best=Share(part=up + seconds.no_data, whole=counted),
        )


class AvailabilityVerdict(StrEnum):
    """Whether a target was kept."""

    KEPT = "kept"
    """Kept even if every second without data was down."""
    BROKEN = "broken"
    """Broken even if every second without data was up."""
    CANNOT_BE_PROVEN = "cannot_be_proven"
    """The target lies between both, or no second counts."""


def verdict_of(figures: AvailabilityFigures, target: Fraction) -> AvailabilityVerdict:
    """Return the verdict, by exact numbers. `target` is from 0 to 1."""
    if figures.at_worst.whole == 0:
        return AvailabilityVerdict.CANNOT_BE_PROVEN
    if figures.at_worst.at_least(target):
        return AvailabilityVerdict.KEPT
    return AvailabilityVerdict.CANNOT_BE_PROVEN if figures.at_best.at_least(target) else AvailabilityVerdict.BROKEN


class SubjectSpan(Model):
    """A span in which the subject was down, or had no data, cut to the period: the evidence of these seconds."""

    since: datetime
    until: datetime
    counted_seconds: int
    """Its seconds of the class down or no data; the others are outside hours, maintenance or excused."""
    points: list[str]
    """The measuring points of the subject that were down, or without data, meanwhile; empty if a component has none."""


class TakenOut(Model):
    """Maintenance or a waiting time within the period, and the seconds that do not count because of it."""

    id: str
    title: str
    since: datetime
    until: datetime
    seconds: int
    """Its seconds of the class maintenance or excused."""
    announced_at: datetime | None = None
    """Of maintenance: when it was announced."""
    announced_until: datetime | None = None
    """Of maintenance: its announced end."""
    party: str = ""
    """Of a waiting time: the party that had to act."""


class MeasuredPeriod(Model):
    """A period of one subject, measured: the results of its parts add up to those of the whole."""

    since: datetime
    until: datetime
    classes: ClassSeconds
    maintenance_counted: ClassSeconds
    """The classes if maintenance is not taken out: its seconds are excused, down, no data or up."""
    outages: list[SubjectSpan] = []
    """The spans in which the subject was known to be down, in order, also those of which no second counts."""
    gaps: list[SubjectSpan] = []
    """The spans without data, in order, also those of which no second counts."""
    blips: int = 0
    """Failures that were too short to count as faults; no down time."""
    maintenance: list[TakenOut] = []
    """All maintenance of the subject's components, also what was not announced or overran."""
    excused: list[TakenOut] = []

    @property
    def counted_outages(self) -> list[SubjectSpan]:
        """The outages of which at least one second counts."""
        return [outage for outage in self.outages if outage.counted_seconds]

    @property
    def longest_outage(self) -> SubjectSpan | None:
        """The outage with the most counted seconds; the earlier of two."""
        return max(self.counted_outages, key=lambda outage: outage.counted_seconds, default=None)


class PeriodReading(Model):
    """One agreed period of a target, or the part of it that was asked for."""

    name: str
    """`2026-05`, `2026-Q2` or `2026`."""
    complete: bool
    """Whether it is the whole agreed period. The verdict on a part is preliminary."""
    target: str
    """The target that was agreed when the period began: `99.9 %`."""
    measured: MeasuredPeriod
    figures: AvailabilityFigures
    maintenance_counted: AvailabilityFigures
    """The figures if maintenance is not taken out."""
    verdict: AvailabilityVerdict
    decimals: int
    """The decimals that the samples resolve; printed percentages have no more."""


class TargetReading(Model):
    """The availability of the subject of one target."""

    name: str
    of: str
    """`flow order`, `component db` or `point web-page`."""
    title: str
    target: str
    hours: str
    """The name of the service hours; empty: round the clock."""
    per: str
    time_zone: str
    """The time zone of the calendar that divides the periods."""
    every_seconds: int
    """The longest time between two samples of a point."""
    points: list[str]
    """The measuring points of the subject."""
    periods: list[PeriodReading]


class AvailabilityReading(Model):
    """The availability of an application: a pure function of its dossiers, the events and the asked time."""

    application: str
    agreement: str
    """The number and version of the latest agreement: `DV-2026-014 v2`."""
    dossiers: list[str]
    """The digests of the dossiers that were used."""
    calendar: str
    """The versions of the time zone and holiday data."""
    targets: list[TargetReading]
