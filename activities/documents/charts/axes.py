"""The axes of charts: round numbers, moments on the wall clock, and spans of time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from activities.documents.numbers import MONTHS, WEEKDAYS
from models.dossier.parties import Language

_SMALLEST: Final = 1e-9
"""A range that is smaller has no marks of its own."""
_HOURS: Final = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60, 120, 180, 360, 720))
_DAYS: Final = (1, 2, 3, 4, 5, 7, 10, 14)
_MONTHS: Final = (1, 2, 3, 6, 12, 24, 60)
_SPANS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400)


@dataclass(frozen=True)
class Tick:
    """A mark on an axis, with its label and a second line below it."""

    at: float
    label: str
    below: str = ""


@dataclass(frozen=True)
class NumberAxis:
    """An axis of numbers that begins and ends on a mark."""

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int


def number_axis(low: float, high: float, most: int = 5, *, whole: bool = False) -> NumberAxis:
    """Return an axis with round steps (1, 2 or 5 times a power of ten) that covers both numbers.

    It begins at 0 unless all numbers lie close together and far from it, so that lengths can be compared. `whole`: the
    numbers are counts, so no step is less than 1.
    """
    low, high = min(low, high), max(low, high)
    if low > 0 and low < 0.75 * high:
        low = 0.0
    elif high < 0 and high > 0.75 * low:
        high = 0.0
    if high - low < _SMALLEST:
        low, high = (min(low, 0.0), max(high, 0.0)) if max(abs(low), abs(high)) > _SMALLEST else (0.0, 1.0)
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    power = max(power, 1.0) if whole else power
    step = next(s * power for s in (1, 2, 5, 10, 20) if (high - low) / (s * power) <= most)
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = tuple(round(n * step, decimals + 2) for n in range(first, last + 1))
    return NumberAxis(ticks[0], ticks[-1], ticks, decimals)


def time_ticks(since: float, until: float, zone: ZoneInfo, language: Language, most: int = 8) -> list[Tick]:
    """Return marks on whole hours, days or months of the zone's wall clock, also over a change of the clocks.

    `since` and `until` are seconds since 1970, UTC.
    """
    length = until - since
    if step := next((s for s in _HOURS if length / s.total_seconds() <= most), None):
        return _hours(since, until, zone, language, step)
    if days := next((d for d in _DAYS if length / 86400 / d <= most), None):
        return _days(since, until, zone, language, days)
    months = next((m for m in _MONTHS if length / 86400 / 30 / m <= most), _MONTHS[-1])
    return _months(since, until, zone, language, months)


def span_ticks(longest: float, most: int = 6) -> list[Tick]:
    """Return marks for spans from 0 seconds to at least the longest: `0`, `15 min`, `30 min`, or `2 h`, `1 d`."""
    step = next((s for s in _SPANS if longest / s <= most), None) or 86400 * math.ceil(longest / 86400 / most)
    size, unit = next(
        (size, unit) for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")) if step % size == 0
    )
    marks = range(math.ceil(max(longest, 1) / step) + 1)
    return [Tick(n * step, f"{n * step // size} {unit}" if n else "0") for n in marks]


def _hours(since: float, until: float, zone: ZoneInfo, language: Language, step: timedelta) -> list[Tick]:
    wall = datetime.fromtimestamp(since, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    ticks, shown_day = list[Tick](), None
    while (at := _seconds(wall, zone)) <= until:
        shown = datetime.fromtimestamp(at, zone)
        wall += step  # on the wall clock: labels stay on whole hours when the clocks change
        if at < since or (ticks and at <= ticks[-1].at):
            continue
        new = shown.date() != shown_day
        shown_day = shown.date()
        ticks.append(Tick(at, f"{shown:%H:%M}", _day_name(shown, language) if new else ""))
    return ticks


def _days(since: float, until: float, zone: ZoneInfo, language: Language, step: int) -> list[Tick]:
    wall = datetime.fromtimestamp(since, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    ticks, shown_month, count = list[Tick](), None, 0
    while (at := _seconds(wall, zone)) <= until:
        if at >= since:
            if count % step == 0:
                name = MONTHS[language][wall.month - 1] if (wall.year, wall.month) != shown_month else ""
                shown_month = (wall.year, wall.month)
                ticks.append(Tick(at, str(wall.day), name))
            count += 1
        wall += timedelta(days=1)
    return ticks


def _months(since: float, until: float, zone: ZoneInfo, language: Language, step: int) -> list[Tick]:
    first = datetime.fromtimestamp(since, zone)
    number, ticks, shown_year = first.year * 12 + first.month - 1, list[Tick](), None
    while (at := _seconds(datetime(number // 12, number % 12 + 1, 1), zone)) <= until:  # noqa: DTZ001  # the wall clock's
        if at >= since and number % step == 0:
            year = number // 12
            ticks.append(Tick(at, MONTHS[language][number % 12][:3], str(year) if year != shown_year else ""))
            shown_year = year
        number += 1
    return ticks


def _day_name(moment: datetime, language: Language) -> str:
    return f"{WEEKDAYS[language][moment.weekday()]} {moment:%m-%d}"


def _seconds(wall: datetime, zone: ZoneInfo) -> float:
    return wall.replace(tzinfo=zone).astimezone(UTC).timestamp()
