"""The availability targets in the period of a report: figures, verdicts, the class of every second, and the evidence of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from activities.availability import AskedTime, join, read
from activities.availability.course import ClassSpan, course_of
from activities.availability.gathering import GatheredEvents, gather
from activities.availability.periods import midnight
from activities.documents.numbers import rounded_down
from activities.report.measured import days_of, note_late_monitors, point_title
from activities.report.sources import ReportSources
from models.availability import (
    AvailabilityFigures,
    AvailabilityReading,
    AvailabilityVerdict,
    ClassSeconds,
    MeasuredPeriod,
    PeriodReading,
    SecondClass,
    SubjectSpan,
    TakenOut,
    TargetReading,
)
from models.base import Model
from models.errors import NotFoundError, UserError
from models.percentages import Share, decimals_resolved
from models.report import EvidenceRecord, Figure, GapReason, ReportVerdict, Second
from models.report_blocks import AvailabilityBlock

_RULE: Final = "availability"

_VERDICTS: Final = {
    AvailabilityVerdict.KEPT: ReportVerdict.MET,
    AvailabilityVerdict.BROKEN: ReportVerdict.MISSED,
    AvailabilityVerdict.CANNOT_BE_PROVEN: ReportVerdict.UNPROVEN,
}

_DAY: Final = timedelta(days=1)


class AvailabilityShares(Model):
    """The availability three times, because seconds without data are neither up nor down."""

    measured: Figure
    at_worst: Figure
    at_best: Figure


class JudgedPeriod(Model):
    """An agreed period of a target, or the part of it that lies in the period of the report."""

    key: str
    """`2026-11`, `2026-Q4` or `2026`."""
    since: Second
    until: Second
    complete: bool
    """Whether it is the whole agreed period; the verdict on a part is preliminary."""
    target: str
    """The target that was agreed when the period began: `99.9 %`."""
    verdict: ReportVerdict
    shares: AvailabilityShares
    maintenance_counted: AvailabilityShares
    """The figures if announced maintenance is not taken out."""


class DayPart(Model):
    """A part of a day of one class, in seconds since the beginning of the day."""

    since: int
    until: int
    kind: SecondClass


class AvailableDay(Model):
    """A day on the wall clock of the report."""

    day: date
    seconds: int
    """Its length: 82,800 or 90,000 on the days on which the clocks change."""
    parts: list[DayPart]


class OutOfService(Model):
    """A time in which the subject was down or had no data."""

    id: str
    """In the evidence."""
    since: Second
    until: Second
    counted: Figure
    points: list[str]
    """The titles of the measuring points that were down, or had no data."""


class NotCounted(Model):
    """Maintenance, or a waiting time that the agreement excuses."""

    id: str
    title: str
    since: Second
    until: Second
    taken_out: Figure
    announced_at: Second | None = None
    announced_until: Second | None = None
    party: str = ""
    """Of a waiting time: `customer` or `third_party`."""


class AvailableSubject(Model):
    """The availability of the subject of one target."""

    key: str
    title: str
    hours: str
    """The name of the service hours; empty: round the clock."""
    every_seconds: int
    """The longest time between two samples of a point."""
    periods: list[JudgedPeriod]
    shares: AvailabilityShares
    """Over all of the period."""
    maintenance_counted: AvailabilityShares
    classes: dict[SecondClass, Figure]
    """The seconds of each class; together they are the period."""
    outages: Figure
    """The number of outages of which at least one second counts."""
    longest: Figure
    """The counted seconds of the longest outage; without a value if there was none."""
    blips: Figure
    down: list[OutOfService]
    no_data: list[OutOfService]
    maintenance: list[NotCounted]
    excused: list[NotCounted]
    days: list[AvailableDay]


class AvailabilityFacts(Model):
    """The availability of a period."""

    subjects: list[AvailableSubject]
    show_days: bool
    most: int


def availability_facts(block: AvailabilityBlock, sources: ReportSources) -> AvailabilityFacts:
    """The same function as that of `driftvakt availability`, for the same time."""
    found = _gathered(sources)
    subjects: list[AvailableSubject] = []
    if found is not None:
        gathered, reading = found
        wanted = [one for one in reading.targets if not block.targets or one.name in block.targets]
        _note_gaps(wanted, gathered, sources)
        subjects = [_subject(one, gathered, sources) for one in wanted]
    return AvailabilityFacts(subjects=subjects, show_days=block.days, most=block.most)


def _gathered(sources: ReportSources) -> tuple[GatheredEvents, AvailabilityReading] | None:
    """Return the events and the availability; None if nothing was agreed, or nothing can be computed."""
    dossiers = [version.dossier for version in sources.versions if version.dossier is not None]
    if not any(dossier.agreement.availability for dossier in dossiers):
        return None
    asked = AskedTime.between(sources.period.since, sources.period.until)
    try:
        gathered = gather(sources.records, sources.history, sources.application, asked, sources.now)
        return gathered, read(gathered.in_use, gathered.events, asked)
    except (NotFoundError, UserError):  # another system measures the points, or a version in force is not readable
        sources.lack(_RULE, GapReason.NO_HISTORY, since=sources.period.since, until=sources.period.until)
        return None


def _note_gaps(targets: Sequence[TargetReading], gathered: GatheredEvents, sources: ReportSources) -> None:
    points = list(dict.fromkeys(point for target in targets for point in target.points))
    note_late_monitors(sources, points)
    unfolded = {one.point.removeprefix(f"{sources.application}.") for one in gathered.unfolded}
    for point in points:
        if point in unfolded:
            sources.lack(point, GapReason.UNREADABLE)
        if point not in gathered.events.measured_since:
            sources.lack(point, GapReason.NO_HISTORY, since=sources.period.since, until=sources.period.until)


def _subject(target: TargetReading, gathered: GatheredEvents, sources: ReportSources) -> AvailableSubject:
    whole = join([one.measured for one in target.periods])
    cited = _Cited.of(target, whole, sources)
    decimals = decimals_resolved(whole.classes.counted, target.every_seconds)
    return AvailableSubject(
        key=target.name,
        title=sources.text(target.title),
        hours=target.hours,
        every_seconds=target.every_seconds,
        periods=[_period(one, cited.within(one.measured)) for one in target.periods],
        shares=_shares(AvailabilityFigures.of(whole.classes), decimals, cited),
        maintenance_counted=_shares(
            AvailabilityFigures.of(whole.maintenance_counted), decimals, cited, "maintenance_counted_"
        ),
        classes=_classes(whole.classes, cited),
        outages=_figure("outages", len(whole.counted_outages), cited.counted, ""),
        longest=_figure("longest", whole.longest_outage.counted_seconds if whole.longest_outage else None, cited.down),
        blips=_figure("blips", whole.blips, cited.points, ""),
        down=_spans(whole.outages, cited.down, "down", target, sources),
        no_data=_spans(whole.gaps, cited.no_data, "no_data", target, sources),
        maintenance=[_taken_out(one, "maintenance", sources) for one in whole.maintenance],
        excused=[_taken_out(one, "excused", sources) for one in whole.excused],
        days=_days(course_of(target.name, gathered.in_use, gathered.events, whole.since, whole.until), sources),
    )


# --- evidence


class _Cited(NamedTuple):
    """The ids of the records from which the figures of one subject were computed."""

    points: list[str]
    down: list[str]
    counted: list[str]
    """Of `down`, those of which a second counts."""
    no_data: list[str]
    maintenance: list[str]
    excused: list[str]
    times: dict[str, list[tuple[datetime, datetime]]]
    """When each of them was, except the points."""

    @classmethod
    def of(cls, target: TargetReading, whole: MeasuredPeriod, sources: ReportSources) -> _Cited:
        down = [_cite_span(one, "down", target, sources) for one in whole.outages]
        no_data = [_cite_span(one, "no-data", target, sources) for one in whole.gaps]
        times: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        for id, span in zip([*down, *no_data], [*whole.outages, *whole.gaps], strict=True):
            times[id].append((span.since, span.until))
        for taken in (*whole.maintenance, *whole.excused):
            times[taken.id].append((taken.since, taken.until))
        return cls(
            points=[_cite_point(point, whole, sources) for point in target.points],
            down=down,
            counted=[id for id, one in zip(down, whole.outages, strict=True) if one.counted_seconds],
            no_data=no_data,
            maintenance=list(dict.fromkeys(_cite_taken_out(one, sources) for one in whole.maintenance)),
            excused=list(dict.fromkeys(_cite_taken_out(one, sources) for one in whole.excused)),
            times=times,
        )

    def within(self, part: MeasuredPeriod) -> _Cited:
        """Return those that lie in a part of the time; the points are the same."""

        def of(ids: list[str]) -> list[str]:
            return [id for id in ids if any(a < part.until and part.since < b for a, b in self.times[id])]

        return self._replace(
            down=of(self.down),
            counted=of(self.counted),
            no_data=of(self.no_data),
            maintenance=of(self.maintenance),
            excused=of(self.excused),
        )

    @property
    def all(self) -> list[str]:
        """All of them."""
        return [*self.points, *self.down, *self.no_data, *self.maintenance, *self.excused]


def _cite_point(name: str, whole: MeasuredPeriod, sources: ReportSources) -> str:
    point = sources.at_the_end.monitoring.measuring_points.get(name)
    title = sources.text(point_title(name, point))
    record = EvidenceRecord(kind="point", title=title, since=whole.since, until=whole.until)
    return sources.cite(f"{sources.application}.{name}", record)


def _cite_span(span: SubjectSpan, state: str, target: TargetReading, sources: ReportSources) -> str:
    title = ", ".join(_titles(span.points, sources)) or sources.text(target.title)
    record = EvidenceRecord(kind="span", title=title, since=span.since, until=span.until)
    return sources.cite(f"{target.name} {state} {span.since:%Y-%m-%dT%H:%M:%SZ}", record)


def _cite_taken_out(one: TakenOut, sources: ReportSources) -> str:
    kind = "incident" if one.party else one.id.partition(".")[0]
    incident = sources.incidents_by_id.get(one.id) if one.party else None
    if incident is not None:
        return sources.cite_incident(incident)
    operation = next((o for o in sources.operations(kind) if o.id == one.id), None) if not one.party else None
    if operation is not None:
        return sources.cite_operation(operation)
    # The clock of an incident may tell of a wait that its times do not have.
    record = EvidenceRecord(kind=kind, title=sources.text(one.title), since=one.since, until=one.until)
    return sources.cite(one.id, record)


def _titles(points: Iterable[str], sources: ReportSources) -> list[str]:
    known = sources.at_the_end.monitoring.measuring_points
    return [sources.text(point_title(name, known.get(name))) for name in points]


# --- figures


def _figure(rule: str, value: int | str | None, evidence: Sequence[str], unit: str = "s") -> Figure:
    return Figure(value=value, unit=unit, rule=f"{_RULE}.{rule}", evidence=list(evidence))


def _shares(figures: AvailabilityFigures, decimals: int, cited: _Cited, rule: str = "") -> AvailabilityShares:
    def share(name: str, one: Share) -> Figure:
        value = f"{rounded_down(one.part, one.whole, decimals)}" if one.whole else None
        return _figure(f"{rule}{name}", value, cited.all, "%")

    return AvailabilityShares(
        measured=share("measured", figures.measured),
        at_worst=share("at_worst", figures.at_worst),
        at_best=share("at_best", figures.at_best),
    )


def _classes(seconds: ClassSeconds, cited: _Cited) -> dict[SecondClass, Figure]:
    evidence = {
        SecondClass.DOWN: cited.down,
        SecondClass.NO_DATA: cited.no_data,
        SecondClass.MAINTENANCE: cited.maintenance,
        SecondClass.EXCUSED: cited.excused,
        SecondClass.OUTSIDE_HOURS: [],
    }
    return {
        kind: _figure(kind.value, seconds.of(kind), evidence.get(kind, cited.points)) for kind in reversed(SecondClass)
    }


def _period(one: PeriodReading, cited: _Cited) -> JudgedPeriod:
    return JudgedPeriod(
        key=one.name,
        since=one.measured.since,
        until=one.measured.until,
        complete=one.complete,
        target=one.target,
        verdict=_VERDICTS[one.verdict],
        shares=_shares(one.figures, one.decimals, cited),
        maintenance_counted=_shares(one.maintenance_counted, one.decimals, cited, "maintenance_counted_"),
    )


def _spans(
    spans: Sequence[SubjectSpan], ids: Sequence[str], rule: str, target: TargetReading, sources: ReportSources
) -> list[OutOfService]:
    return [
        OutOfService(
            id=id,
            since=one.since,
            until=one.until,
            counted=_figure(rule, one.counted_seconds, [id]),
            points=_titles(one.points, sources),
        )
        for one, id in zip(spans, ids, strict=True)
    ]


def _taken_out(one: TakenOut, rule: str, sources: ReportSources) -> NotCounted:
    return NotCounted(
        id=one.id,
        title=sources.text(one.title),
        since=one.since,
        until=one.until,
        taken_out=_figure(rule, one.seconds, [one.id]),
        announced_at=one.announced_at,
        announced_until=one.announced_until,
        party=one.party,
    )


# --- days


def _days(course: Sequence[ClassSpan], sources: ReportSources) -> list[AvailableDay]:
    """Divide the course at the midnights of the report's time zone."""
    found: list[AvailableDay] = []
    place = 0
    for day in days_of(sources.period):
        begins, ends = (midnight(at, sources.period.time_zone) for at in (day, day + _DAY))
        parts: list[DayPart] = []
        while place < len(course) and course[place].since < ends:
            one = course[place]
            since, until = max(one.since, begins), min(one.until, ends)
            parts.append(DayPart(since=_seconds(begins, since), until=_seconds(begins, until), kind=one.kind))
            if one.until > ends:
                break
            place += 1
        found.append(AvailableDay(day=day, seconds=_seconds(begins, ends), parts=parts))
    return found


def _seconds(since: datetime, until: datetime) -> int:
    return round((until - since).total_seconds())
