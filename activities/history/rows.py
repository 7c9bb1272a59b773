"""Spans, hours and days as rows of the records, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from activities.history.spans import StoredSpan, StoredState
from models.history import DayNumbers, PointDay, PointHour, SampleNumbers
from models.history_tables import PointSpanRow

_COMMON: Final = ("samples", "failed", "expected", "watched_s", "no_data_s")
_OF_HOURS: Final = ("min", "mean", "max")
_OF_DAYS: Final = (*_OF_HOURS, "p50", "p95", "p99", "last")
_QUANTITIES: Final = (("value", "value"), ("latency", "latency_ms"))
"""The prefix of the columns, and the field of the model."""

SPAN_COLUMNS: Final = [
    PointSpanRow.__table__.c[name]  # type: ignore[attr-defined]  # SQLModel does not declare it
    for name in ("point", "threshold", "state", "since", "until", "severity")
]


def span_rows(point: str, day: Any, spans: Iterable[StoredSpan]) -> list[dict[str, Any]]:
    """Return the rows of the spans that the samples of one day gave."""
    return [{"point": point, "day": day, **span._asdict(), "state": span.state.value} for span in spans]


def hour_row(hour: PointHour) -> dict[str, Any]:
    """Return the row of an hour."""
    return {"point": hour.point, "at": hour.at, **_figures(hour, _OF_HOURS)}


def day_row(day: PointDay) -> dict[str, Any]:
    """Return the row of a day."""
    return {"point": day.point, "day": day.day, "blips": day.blips, **_figures(day, _OF_DAYS)}


def stored_span(row: Any) -> StoredSpan:
    """Return a span from its row."""
    return StoredSpan(row.threshold, StoredState(row.state), row.since, row.until, row.severity)


def point_hour(row: Any) -> PointHour:
    """Return an hour from its row."""
    return PointHour.model_construct(at=row.at, **_fields(row, SampleNumbers, _OF_HOURS))


def point_day(row: Any) -> PointDay:
    """Return a day from its row."""
    return PointDay.model_construct(day=row.day, blips=row.blips, **_fields(row, DayNumbers, _OF_DAYS))


def _figures(one: PointHour | PointDay, names: tuple[str, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(one, name) for name in _COMMON}
    for prefix, field in _QUANTITIES:
        numbers: SampleNumbers | None = getattr(one, field)
        row[f"{prefix}_count"] = numbers.count if numbers else 0
        row |= {f"{prefix}_{name}": getattr(numbers, name) if numbers else None for name in names}
    return row


def _fields(row: Any, kind: type[SampleNumbers], names: tuple[str, ...]) -> dict[str, Any]:
    common = {name: getattr(row, name) for name in ("point", *_COMMON)}
    return common | {field: _numbers(row, prefix, kind, names) for prefix, field in _QUANTITIES}


def _numbers(row: Any, prefix: str, kind: type[SampleNumbers], names: tuple[str, ...]) -> SampleNumbers | None:
    count = getattr(row, f"{prefix}_count")
    if not count:
        return None
    return kind.model_construct(count=count, **{name: getattr(row, f"{prefix}_{name}") for name in names})
