"""What the points of the half-year measured: the disk, the certificate, and the spans of up, down and no data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import sin
from typing import Any, Final

from sqlalchemy import insert

from activities.records import Records
from models.history_tables import HistoryProgress, PointDayRow, PointSpanRow
from models.tables import SourceHeartbeat
from tests.report.november import APPLICATION

FIRST, LAST = date(2026, 4, 1), date(2026, 9, 30)
DAY = timedelta(days=1)

Span = tuple[datetime, datetime]

POINTS: Final = {"web-page": "web", "app-port": "app", "db-answers": "db", "payments-page": "payments"}
"""The points that show whether the shop is up, with their components."""


def keep_history(records: Records, now: datetime, down: dict[str, list[Span]], no_data: list[Span]) -> None:
    """Keep the history of the half-year. `down`: the faults of each component; `no_data`: the gaps of the monitor."""
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    rows = [_day("db-disk", day, _disk(day)) for day in days]
    rows += [_day("web-certificate", day, float(_days_left(day))) for day in days]
    spans = [row for point, component in POINTS.items() for row in _spans(point, days, down[component], no_data)]
    with records.database.writing() as session:
        session.execute(insert(PointDayRow), rows)
        session.execute(insert(PointSpanRow), spans)
        known = date(2026, 10, 1)
        session.merge(HistoryProgress(id=1, opened_until=known, folded_until=known, sealed_until=known))
        session.merge(SourceHeartbeat(source="monitor.stockholm", at=now))


# --- spans


def _spans(point: str, days: Iterable[date], down: list[Span], no_data: list[Span]) -> Iterator[dict[str, Any]]:
    for day in days:
        midnight = datetime.combine(day, datetime.min.time(), UTC)
        gaps = list(_cut(no_data, midnight))
        borders = sorted({midnight, midnight + DAY, *(at for gap in gaps for at in gap)})
        for since, until in pairwise(borders):
            yield _span(point, day, since, until, "no_data" if (since, until) in gaps else "measured")
        for since, until in _cut(down, midnight):
            yield _span(point, day, since, until, "down")


def _cut(spans: Iterable[Span], midnight: datetime) -> Iterator[Span]:
    for since, until in spans:
        if since < midnight + DAY and midnight < until:
            yield max(since, midnight), min(until, midnight + DAY)


def _span(point: str, day: date, since: datetime, until: datetime, state: str) -> dict[str, Any]:
    fault = state == "down"
    severity = "warning" if point == "payments-page" else "critical"
    return {
        "point": f"{APPLICATION}.{point}",
        "since": since,
        "threshold": "down" if fault else "",
        "day": day,
        "state": state,
        "until": until,
        "severity": severity if fault else "",
    }


# --- values


def _disk(day: date) -> float:
    """It grows, is cleaned in spring, and was full on 18 August."""
    number = (day - FIRST).days
    grown = 52 + 0.19 * number + 1.4 * sin(number / 3)
    if date(2026, 8, 10) <= day <= date(2026, 8, 18):
        grown += 2.2 * (day - date(2026, 8, 9)).days
    return round(min(grown if day <= date(2026, 8, 18) else grown - 14, 100), 1)


def _days_left(day: date) -> int:
    ends = date(2026, 10, 5) if day < date(2026, 9, 15) else date(2026, 12, 14)
    return (ends - day).days


def _day(point: str, day: date, value: float) -> dict[str, Any]:
    gap = 5_400 if (point, day) == ("db-disk", date(2026, 7, 21)) else 0
    numbers = {f"value_{name}": value for name in ("mean", "max", "p50", "p95", "p99", "last")}
    return {
        "point": f"{APPLICATION}.{point}",
        "day": day,
        "samples": (86_400 - gap) // 300,
        "failed": 0,
        "expected": 288,
        "watched_s": 86_400,
        "no_data_s": gap,
        "blips": {},
        "value_count": (86_400 - gap) // 300,
        "value_min": value - 0.6,
        **numbers,
        "latency_count": 0,
    }
