"""Timetables for Temporal's schedules: occurrences computed in advance, as few patterns in UTC.

A timetable is exact to the end of next year. For rarer occurrences, such as 29 February, it is exact to the end of the
next year that has one. If nobody applies the dossiers again by then, the timetable contains more moments than there are
occurrences, never fewer. Each run checks whether it is due.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, TypeVar

from activities.calendars.occurrences import LOOK_AHEAD, Occurrences
from models.dossier.frequency import LAST_YEAR, Pattern, Range, Ranges

_ALL_DAYS = (Range(1, 31),)

K = TypeVar("K")
V = TypeVar("V")


class Timetable(NamedTuple):
    """The times of a schedule."""

    patterns: tuple[Pattern, ...]
    """In UTC."""
    exact_until: datetime
    """After this moment, the timetable has more moments than occurrences."""


def timetable(occurrences: Occurrences, now: datetime) -> Timetable:
    """Return the timetable as computed in this year; it is the same on all days of the year."""
    year = now.astimezone(UTC).year
    begin, next_year = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    # All moments of this year may be past, so the timetable also has the first moment after it.
    following = next(occurrences.between(next_year, next_year + LOOK_AHEAD), next_year)
    end = datetime(following.year + 1, 1, 1, tzinfo=UTC)
    moments = occurrences.between(begin, end)
    return Timetable(tuple(sorted([*_exact(moments), *_rough(occurrences, end)])), end)


def _exact(moments: Iterable[datetime]) -> Iterator[Pattern]:
    """Yield patterns that match exactly these moments."""
    dates: dict[tuple[int, int], set[date]] = defaultdict(set)
    for moment in moments:
        dates[moment.hour, moment.minute].add(moment.date())
    for days, times in _by_value({time: frozenset(found) for time, found in dates.items()}).items():
        for hours, minutes in _times(times):
            for years, months, of_month in _calendar(days):
                yield Pattern(minutes, hours, days=of_month, months=months, years=years)


def _rough(occurrences: Occurrences, end: datetime) -> Iterator[Pattern]:
    """Yield patterns that match every occurrence from `end` on, and more."""
    if end.year > LAST_YEAR:
        return
    readings = set(occurrences.readings(range(end.year, LAST_YEAR + 1)))
    weekdays = ranges(weekday for weekday, _ in readings)
    for hours, minutes in _times({divmod(minute, 60) for _, minute in readings}):
        yield Pattern(minutes, hours, weekdays=weekdays, years=(Range(end.year, LAST_YEAR),))


def _times(times: Iterable[tuple[int, int]]) -> Iterator[tuple[Ranges, Ranges]]:
    """Yield hours and minutes whose combinations are these times of day."""
    minutes: dict[int, set[int]] = defaultdict(set)
    for hour, minute in times:
        minutes[hour].add(minute)
    for of_hour, hours in _by_value({hour: frozenset(found) for hour, found in minutes.items()}).items():
        yield ranges(hours), ranges(of_hour)


def _calendar(days: Iterable[date]) -> Iterator[tuple[Ranges, Ranges, Ranges]]:
    """Yield years, months and days whose combinations are these dates; a whole month is days 1 to 31."""
    of_month: dict[tuple[int, int], set[int]] = defaultdict(set)
    for day in days:
        of_month[day.year, day.month].add(day.day)
    whole = {key: _ALL_DAYS if len(found) == _length(*key) else ranges(found) for key, found in of_month.items()}
    months: dict[tuple[int, Ranges], set[int]] = defaultdict(set)
    for (year, month), found in whole.items():
        months[year, found].add(month)
    for (found, in_months), years in _by_value({key: (key[1], frozenset(m)) for key, m in months.items()}).items():
        yield ranges(year for year, _ in years), ranges(in_months), found


def _length(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day


def _by_value(of: dict[K, V]) -> dict[V, list[K]]:
    found: dict[V, list[K]] = defaultdict(list)
    for key, value in of.items():
        found[value].append(key)
    return found


def ranges(numbers: Iterable[int]) -> Ranges:
    """Return numbers as ranges: runs of two or more with one step, the rest individually."""
    left = sorted(set(numbers))
    found: list[Range] = []
    while left:
        step = left[1] - left[0] if len(left) > 1 else 1
        length = 1
        while length < len(left) and left[length] - left[length - 1] == step:
            length += 1
        if length == 2 and step > 1:  # two that happen to be apart are no run
            length = 1
        found.append(Range(left[0], left[length - 1], step if length > 1 else 1))
        left = left[length:]
    return tuple(found)
