"""Frequencies: how a dossier writes recurring times, and the times of the wall clock that they match."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, Field

_WEEKDAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_WEEKDAY = f"({'|'.join(_WEEKDAYS)})"

FREQUENCY = (
    rf"^((daily|weekly {_WEEKDAY}|(monthly|quarterly) (first|second|third|fourth|last) ({_WEEKDAY}|working day))"
    r" ([01]\d|2[0-3]):[0-5]\d|cron:( [0-9A-Za-z*/,?-]+){5})$"
)

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
"""The range of years that Temporal's schedules accept."""


class Range(NamedTuple):
    """The numbers from the first to the last, by steps."""

    first: int
    last: int
    step: int = 1

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.first <= number <= self.last and (number - self.first) % self.step == 0


Ranges = tuple[Range, ...]


EVERY_WEEKDAY: Final[Ranges] = (Range(0, 6),)
"""Sunday is 0."""


class Pattern(NamedTuple):
    """A set of wall-clock times: a time matches if it matches every field."""

    minutes: Ranges
    hours: Ranges
    days: Ranges = (Range(1, 31),)
    """Days of the month."""
    months: Ranges = (Range(1, 12),)
    weekdays: Ranges = EVERY_WEEKDAY
    years: Ranges = (Range(FIRST_YEAR, LAST_YEAR),)

    def on(self, day: date) -> bool:
        """Return whether the pattern matches any time of this date."""
        return (
            _fits(self.days, day.day)
            and _fits(self.months, day.month)
            and _fits(self.weekdays, day.isoweekday() % 7)
            and _fits(self.years, day.year)
        )

    def minutes_of_day(self) -> list[int]:
        """The matching times of a day in minutes after midnight, in order."""
        return [h * 60 + m for h in numbers(self.hours) for m in numbers(self.minutes)]


class WorkingDay(NamedTuple):
    """The n-th working day of every month or quarter; service hours define working days."""

    ordinal: int
    """Counted from the beginning, from 1; -1 is the last."""
    months: int
    """1: of every month; 3: of every quarter."""
    minute: int
    """Minutes after midnight."""


class Recurrence(NamedTuple):
    """A parsed frequency: several patterns, of which a time must match one, or a working day."""

    patterns: tuple[Pattern, ...] = ()
    working_day: WorkingDay | None = None


@lru_cache(maxsize=1024)
def read_frequency(text: str) -> Recurrence:
    """Parse a frequency; raise ValueError with the fault of a cron expression.

    In a quarter, `first` to `fourth` count from its beginning, and `last` from its end. If cron restricts both the day
    of the month and the weekday, a day that matches one of them is enough, as in cron.
    """
    if text.startswith("cron:"):
        return Recurrence(_cron(text.removeprefix("cron:").split()))
    *words, clock = text.split()
    hour, minute = int(clock[:2]), int(clock[3:])
    at = Pattern((Range(minute, minute),), (Range(hour, hour),))
    if words == ["daily"]:
        return Recurrence((at,))
    if words[0] == "weekly":
        return Recurrence((at._replace(weekdays=_weekday(words[1])),))
    ordinal = _ORDINALS[words[1]]
    if words[2:] == ["working", "day"]:
        return Recurrence(working_day=WorkingDay(ordinal, 1 if words[0] == "monthly" else 3, hour * 60 + minute))
    months = (Range(1, 12),) if words[0] == "monthly" else (Range(3, 12, 3),) if ordinal < 0 else (Range(1, 10, 3),)
    return Recurrence(tuple(_nth(at._replace(weekdays=_weekday(words[2])), ordinal, months)))


def working_days_matter(frequency: str) -> bool:
    """Return whether the frequency needs service hours that define working days."""
    return read_frequency(frequency).working_day is not None


def _readable(text: str) -> str:
    read_frequency(text)
    return text


Frequency = Annotated[str, Field(pattern=FREQUENCY), AfterValidator(_readable)]
"""A recurring time: `daily 03:00`, `weekly sunday 03:00`, `quarterly last working day 18:00`, `cron: 0 3 * * 0`."""


def _nth(at: Pattern, ordinal: int, months: Ranges) -> list[Pattern]:
    """Return patterns for the n-th given weekday of months: a range of seven days, which for `last` depends on the
    length of the month.
    """
    if ordinal > 0:
        return [at._replace(days=(Range(ordinal * 7 - 6, ordinal * 7),), months=months)]
    wanted = set(numbers(months))
    leap = (Range(FIRST_YEAR, LAST_YEAR - 4, 4),)  # 2100 is none
    common = (*(Range(FIRST_YEAR + n, LAST_YEAR - 1, 4) for n in (1, 2, 3)), Range(LAST_YEAR, LAST_YEAR))
    lengths = [
        ({1, 3, 5, 7, 8, 10, 12}, 31, at.years),
        ({4, 6, 9, 11}, 30, at.years),
        ({2}, 29, leap),
        ({2}, 28, common),
    ]
    return [
        at._replace(
            days=(Range(length - 6, length),), months=tuple(Range(m, m) for m in sorted(which & wanted)), years=years
        )
        for which, length, years in lengths
        if which & wanted
    ]


def _weekday(name: str) -> Ranges:
    number = _WEEKDAYS.index(name)
    return (Range(number, number),)


def _cron(fields: list[str]) -> tuple[Pattern, ...]:
    minutes = _cron_field("minute", fields[0], 0, 59)
    hours = _cron_field("hour", fields[1], 0, 23)
    days = _cron_field("day of the month", fields[2], 1, 31)
    months = _cron_field("month", fields[3], 1, 12, _MONTHS, 1)
    weekdays = _sundays(_cron_field("weekday", fields[4], 0, 7, tuple(name[:3] for name in _WEEKDAYS)))
    at = Pattern(minutes, hours, months=months)
    if fields[2][0] in "*?" or fields[4][0] in "*?":
        found: tuple[Pattern, ...] = (at._replace(days=days, weekdays=weekdays),)
    else:
        found = (at._replace(days=days), at._replace(weekdays=weekdays))
    if not any(pattern.on(_LEAP_DAY_ONE + timedelta(days=n)) for pattern in found for n in range(4 * 366 + 1)):
        raise ValueError(f"the cron expression {' '.join(fields)!r} never matches a day; use a day that exists")
    return found


_LEAP_DAY_ONE: Final = date(2028, 1, 1)


def _cron_field(
    what: str, text: str, lowest: int, highest: int, names: tuple[str, ...] = (), first_name: int = 0
) -> Ranges:
    """Parse one field of a cron expression."""

    def number(word: str) -> int:
        if word.lower() in names:
            return names.index(word.lower()) + first_name
        if not word.isdigit() or not lowest <= int(word) <= highest:
            raise ValueError(f"the cron expression has {word!r} for its {what}; write {lowest} to {highest}")
        return int(word)

    found = []
    for part in text.split(","):
        span, slash, by = part.partition("/")
        if slash and (not by.isdigit() or int(by) < 1):
            raise ValueError(f"the cron expression steps by {by!r} in its {what}; step by a whole number from 1 on")
        since, dash, until = span.partition("-")
        if span in {"*", "?"}:
            first, last = lowest, min(highest, 6) if names and lowest == 0 else highest
        else:
            first = number(since)
            last = number(until) if dash else highest if slash else first
        if last < first:
            raise ValueError(f"the cron expression has {span!r} for its {what}, which runs backwards; write two ranges")
        found.append(Range(first, last, int(by or 1)))
    return tuple(found)


def _sundays(weekdays: Ranges) -> Ranges:
    """Replace 7, which cron also accepts for Sunday, by 0."""
    if any(7 in ranged for ranged in weekdays):
        return tuple(Range(day, day) for day in sorted({n % 7 for n in numbers(weekdays)}))
    return weekdays


def _fits(ranges: Ranges, number: int) -> bool:
    return any(number in ranged for ranged in ranges)


def numbers(ranges: Ranges) -> list[int]:
    """Return all numbers of the ranges, in order."""
    return sorted({n for ranged in ranges for n in range(ranged.first, ranged.last + 1, ranged.step)})
