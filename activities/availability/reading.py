"""The availability of an application: every target, divided into its agreed periods, measured and judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from activities.availability.evidence import Evidence
from activities.availability.joining import join
from activities.availability.measuring import measure
from activities.availability.periods import AgreedPeriod, AskedTime, periods_of
from activities.availability.versions import DossierInUse, TargetVersions
from activities.calendars import calendar_of, versions
from models.availability import (
    AvailabilityEvents,
    AvailabilityFigures,
    AvailabilityReading,
    MeasuredPeriod,
    PeriodReading,
    TargetReading,
    verdict_of,
)
from models.dossier import Dossier
from models.dossier.availability import fraction_of
from models.dossier.subjects import subject_of
from models.errors import UserError
from models.percentages import decimals_resolved


def read(in_use: Sequence[DossierInUse], events: AvailabilityEvents, asked: AskedTime) -> AvailabilityReading:
    """Compute the availability of all targets in the asked time.

    `in_use`: the versions of the dossier, in order, at least one. Each second is measured by the version that was in
    force; a period is judged by the target with which it began. Raise `UserError` if there is no target, or if nothing of
    the asked time is recorded.
    """
    names = list(dict.fromkeys(n for one in reversed(in_use) for n in one.dossier.agreement.availability))
    latest = in_use[-1].dossier
    if not names:
        raise UserError(
            f"the agreement of {latest.id} has no availability targets; add one under agreement.availability "
            "(see docs/availability.md)"
        )
    targets = [_target(TargetVersions(name, in_use), events, asked) for name in names]
    found = [target for target in targets if target.periods]
    if not found:
        raise UserError(_nothing_there(events))
    return AvailabilityReading(
        application=latest.id,
        agreement=f"{latest.agreement.number} v{latest.agreement.version}",
        dossiers=[one.dossier.digest for one in in_use],
        calendar=versions(),
        targets=found,
    )


def _nothing_there(events: AvailabilityEvents) -> str:
    until = events.recorded_until
    ends = f"the records end at {until:%Y-%m-%d %H:%M:%S} UTC" if until else "no target was agreed then"
    return f"nothing of the asked time can be judged: {ends}; ask for an earlier time"


def _target(agreed: TargetVersions, events: AvailabilityEvents, asked: AskedTime) -> TargetReading:
    dossier = agreed.latest
    target, subject = dossier.agreement.availability[agreed.name], subject_of(dossier, agreed.name)
    time_zone = dossier.agreement.time_zone_of(target.hours)
    since, until = asked.within(time_zone)
    since = max(since, agreed.agreed_since or since)
    until = min(until, agreed.agreed_until or until, events.recorded_until or until)
    evidence = Evidence(events, until)
    periods = periods_of(target.per, time_zone, since, until) if since < until else ()
    return TargetReading(
        name=agreed.name,
        of=f"{subject.kind} {subject.name}",
        title=subject.title,
        target=target.target,
        hours=target.hours or "",
        per=target.per.value,
        time_zone=time_zone,
        every_seconds=subject.every_seconds,
        points=subject.points,
        periods=[_period(agreed, one, evidence, max(one.since, since), min(one.until, until)) for one in periods],
    )


def _period(
    agreed: TargetVersions, period: AgreedPeriod, evidence: Evidence, since: datetime, until: datetime
) -> PeriodReading:
    parts = list(agreed.between(since, until))
    measured = join([_part(agreed.name, part, evidence) for part in parts])
    target = agreed.at(period.since)
    figures = AvailabilityFigures.of(measured.classes)
    step = max(subject_of(dossier, agreed.name).every_seconds for _, _, dossier in parts)
    return PeriodReading(
        name=period.name,
        complete=(since, until) == (period.since, period.until),
        target=target.target,
        measured=measured,
        figures=figures,
        maintenance_counted=AvailabilityFigures.of(measured.maintenance_counted),
        verdict=verdict_of(figures, fraction_of(target.target)),
        decimals=decimals_resolved(measured.classes.counted, step),
    )


def _part(name: str, part: tuple[datetime, datetime, Dossier], evidence: Evidence) -> MeasuredPeriod:
    since, until, dossier = part
    target = dossier.agreement.availability[name]
    calendar = calendar_of(dossier.agreement.named_hours(target.hours))
    return measure(subject_of(dossier, name), calendar, target.excused, evidence, since, until)
