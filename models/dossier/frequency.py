"""How often something recurs, as it is written in a dossier, and what that means on the wall clock."""

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
"""The years that Temporal's schedules know."""


class Range(NamedTuple):
    """Numbers from the first to the last, by steps."""

    first: int
    last: int
    step: int = 1

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.first <= number <= self.last and (number - self.first) % self.step == 0


Ranges = tuple[Range, ...]


EVERY_WEEKDAY: Final[Ranges] = (Range(0, 6),)
"""Sunday is 0."""


class Pattern(NamedTuple):
    """Readings of the wall clock: those that fit all of the fields, each of which names what fits it."""

    minutes: Ranges
    hours: Ranges
    days: Ranges = (Range(1, 31),)
    """Of the month."""
    months: Ranges = (Range(1, 12),)
    weekdays: Ranges = EVERY_WEEKDAY
    years: Ranges = (Range(FIRST_YEAR, LAST_YEAR),)

    def on(self, day: date) -> bool:
        """Whether any reading of this date fits."""
        return (
            _fits(self.days, day.day)
            and _fits(self.months, day.month)
            and _fits(self.weekdays, day.isoweekday() % 7)
            and _fits(self.years, day.year)
        )

    def minutes_of_day(self) -> list[int]:
        """Minutes after midnight, in order."""
        return [h * 60 + m for h in numbers(self.hours) for m in numbers(self.minutes)]


class WorkingDay(NamedTuple):
    """The so-many-th working day of every month or quarter; which days these are, service hours say."""

    ordinal: int
    """From 1, counted from the beginning; -1 is the last."""
    months: int
    """1: of every month; 3: of every quarter."""
    minute: int
    """After midnight."""


class Recurrence(NamedTuple):
    """A frequency, read: whatever fits any of the patterns, or a working day."""

    patterns: tuple[Pattern, ...] = ()
    working_day: WorkingDay | None = None


@lru_cache(maxsize=1024)
def read_frequency(text: str) -> Recurrence:
    """Read a frequency; ValueError says what of a cron expression is wrong.

    Of a quarter the first to fourth are counted from its beginning, the last from its end. Where cron restricts both the day of
    the month and the weekday, either will do, as cron has it.
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
    """Whether service hours have to say which days are working days."""
    return read_frequency(frequency).working_day is not None


def _readable(text: str) -> str:
    read_frequency(text)
    return text


Frequency = Annotated[str, Field(pattern=FREQUENCY), AfterValidator(_readable)]
"""When something recurs: `daily 03:00`, `weekly sunday 03:00`, `quarterly last working day 18:00`, `cron: 0 3 * * 0`."""


def _nth(at: Pattern, ordinal: int, months: Ranges) -> list[Pattern]:
    """The so-many-th weekday of months: which seven days it falls on, the last by the length of the month."""
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
        raise ValueError(f"the cron expression {' '.join(fields)!r} names a day that never comes; name one that does")
    return found


_LEAP_DAY_ONE: Final = date(2028, 1, 1)


def _cron_field(
    what: str, text: str, lowest: int, highest: int, names: tuple[str, ...] = (), first_name: int = 0
) -> Ranges:
    """One field of a cron expression."""

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
            raise ValueError(f"the cron expression has {span!r} for its {what}, which goes backwards; write two ranges")
        found.append(Range(first, last, int(by or 1)))
    return tuple(found)


def _sundays(weekdays: Ranges) -> Ranges:
    """Cron knows Sunday as 7, too."""
    if any(7 in ranged for ranged in weekdays):
        return tuple(Range(day, day) for day in sorted({n % 7 for n in numbers(weekdays)}))
    return weekdays


def _fits(ranges: Ranges, number: int) -> bool:
    return any(number in ranged for ranged in ranges)


def numbers(ranges: Ranges) -> list[int]:
    """All that they name, in order."""
    return sorted({n for ranged in ranges for n in range(ranged.first, ranged.last + 1, ranged.step)})
