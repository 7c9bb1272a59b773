"""The daily figures of measuring points in a period, and what the history does not have of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Final

from sqlmodel import col, select

from activities.calendars.zones import zone
from activities.records.heartbeats import monitor_heartbeat
from activities.report.sources import ReportSources
from models.dossier import Dossier
from models.dossier.monitoring import MeasuringPoint, Source
from models.history import DayValues
from models.report import EvidenceRecord, GapReason, ReportPeriod
from models.tables import SourceHeartbeat

_DAY: Final = timedelta(days=1)
_QUIET: Final = timedelta(minutes=5)
"""While the period runs, a monitor is late if it has sent nothing for so long."""

_DECIMALS: Final = Decimal("0.0001")
"""Decimals that values are kept with: more says nothing about a disk or a queue."""


def days_of(period: ReportPeriod) -> list[date]:
    """Return the days of a period, in its time zone."""
    local = zone(period.time_zone)
    first, last = (m.astimezone(local).date() for m in (period.since, period.until - timedelta(seconds=1)))
    return [first + n * _DAY for n in range((last - first).days + 1)]


def measured_days(
    sources: ReportSources, points: Sequence[str], statistics: Sequence[str]
) -> dict[str, list[DayValues]]:
    """Return these statistics of the points for the days (UTC) that have the dates of the period, and note what is
    missing of them.
    """
    dates = days_of(sources.period)
    full = {f"{sources.application}.{point}": point for point in points}
    found = sources.history.day_values(list(full), dates[0], dates[-1] + _DAY, statistics)
    note_late_monitors(sources, points)
    unfolded = {one.point for one in sources.history.unfolded(list(full), sources.period.since, sources.period.until)}
    for name, point in full.items():
        if name in unfolded:
            sources.lack(point, GapReason.UNREADABLE)
        if not found[name]:
            sources.lack(point, GapReason.NO_HISTORY, since=sources.period.since, until=sources.period.until)
    return {point: found[name] for name, point in full.items()}


def note_late_monitors(sources: ReportSources, points: Sequence[str]) -> None:
    """Note until when the monitors of these points have measured; a monitor that is silent may still catch up."""
    dossier, period = sources.at_the_end, sources.period
    sites = sorted({site for point in points if (site := _site(dossier, point))})
    names = {monitor_heartbeat(site): site for site in sites}
    query = select(SourceHeartbeat).where(col(SourceHeartbeat.source).in_(names))
    with sources.records.database.reading() as session:
        beats = {row.source: row.at for row in session.exec(query).all()}
    for name in names:
        until = min(beats.get(name, period.since), period.until)
        sources.complete_until[name] = until
        if until < period.until - (timedelta() if sources.finished else _QUIET):
            sources.lack(name, GapReason.LATE, since=until, until=period.until)


def _site(dossier: Dossier, name: str) -> str | None:
    point = dossier.monitoring.measuring_points.get(name)
    if point is None or dossier.monitoring.watched_by is not Source.EMBEDDED:
        return None
    return dossier.probing_site(point)


def point_title(name: str, point: MeasuringPoint | None) -> str:
    """Return the name of a measuring point for people."""
    return (point.purpose or name) if point is not None else name


def cite_point(sources: ReportSources, name: str, days: Sequence[DayValues]) -> str:
    """Add a measuring point to the evidence, with the time in which it was measured; return its id."""
    id = f"{sources.application}.{name}"
    since = datetime.combine(days[0].day, datetime.min.time(), sources.now.tzinfo) if days else None
    until = datetime.combine(days[-1].day, datetime.min.time(), sources.now.tzinfo) + _DAY if days else None
    point = sources.at_the_end.monitoring.measuring_points.get(name)
    title = sources.text(point_title(name, point))
    return sources.cite(id, EvidenceRecord(kind="point", title=title, since=since, until=until))


def decimal_text(value: float) -> str | None:
    """Return a measured number as text: four decimals at most, and without an exponent; None for no finite number."""
    if not isfinite(value):
        return None
    rounded = Decimal(repr(value)).quantize(_DECIMALS) if abs(value) < 10**15 else Decimal(round(value))
    text = f"{rounded:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
