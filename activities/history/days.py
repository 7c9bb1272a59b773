"""Whole seconds, and days and hours in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

A_DAY: Final = timedelta(days=1)
AN_HOUR: Final = timedelta(hours=1)

Interval = tuple[datetime, datetime]
"""[since, until), whole seconds, UTC."""


def day_start(day: date) -> datetime:
    """Return the beginning of a day in UTC."""
    return datetime.combine(day, time(), UTC)


def day_of(moment: datetime) -> date:
    """Return the day of a moment in UTC."""
    return moment.astimezone(UTC).date()


def whole_second(moment: datetime) -> datetime:
    """Return the beginning of the second of a moment."""
    return moment.replace(microsecond=0)


def seconds(since: datetime, until: datetime) -> int:
    """Return the whole seconds between two whole seconds."""
    return round((until - since).total_seconds())


def overlap(intervals: list[Interval], since: datetime, until: datetime) -> int:
    """Return how many seconds of the intervals lie in [since, until)."""
    return sum(seconds(max(a, since), min(b, until)) for a, b in intervals if a < until and b > since)


def by_day(since: datetime, until: datetime) -> Iterator[Interval]:
    """Split an interval at each midnight in UTC."""
    while since < until:
        border = min(until, day_start(day_of(since)) + A_DAY)
        yield since, border
        since = border
