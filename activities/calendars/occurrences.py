"""The occurrences of recurring work: correct across clock changes, holidays and leap years.

If a clock change skips a wall-clock time, the occurrence is at the moment of the change. If a wall-clock time occurs
twice, the occurrence is at the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final

from activities.calendars.days import Days
from activities.calendars.zones import DAY, MINUTE, first_reached, steady_offsets, to_moment, wall_micros, zone
from models.dossier.agreement import ServiceHours
from models.dossier.frequency import EVERY_WEEKDAY, WorkingDay, numbers, read_frequency
from models.errors import ClockError

_DAY: Final = timedelta(days=1)

LOOK_AHEAD: Final = timedelta(days=5 * 366)
"""If there is no occurrence within this time, there is none at all: 29 February is the rarest."""


class Occurrences:
    """The occurrences of one frequency in one time zone."""

    def __init__(self, frequency: str, time_zone: str, working_days: ServiceHours | None = None) -> None:
        """`working_days`: the service hours that define working days, namely the days on which they have any hours."""
        self._patterns, self._working = read_frequency(frequency)
        self._zone = zone(time_zone)
        self._days = None if working_days is None else Days(working_days)
        self._counted: dict[tuple[int, int], date | None] = {}
        if self._working is not None and self._days is None:
            raise ClockError(f"{frequency!r} counts working days; name service hours that define them")

    def between(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the occurrences from `since` on and before `until`, in UTC and in order."""
        day = since.astimezone(self._zone).date() - _DAY
        last = until.astimezone(self._zone).date() + _DAY
        before = since - timedelta(microseconds=1)
        while day <= last:
            for moment in sorted(set(self._on(day))):
                if before < moment < until:
                    yield moment
                    before = moment
            day += _DAY

    def following(self, at: datetime, count: int) -> list[datetime]:
        """Return the next occurrences after a moment; fewer if there are none for years."""
        after = at + timedelta(microseconds=1)
        return list(islice(self.between(after, after + LOOK_AHEAD), count))

    def includes(self, at: datetime) -> bool:
        """Return whether this moment, to the second, is an occurrence."""
        second = at.astimezone(UTC).replace(microsecond=0)
        return next(self.between(second, second + timedelta(seconds=1)), None) is not None

    def readings(self, years: range) -> Iterator[tuple[int, int]]:
        """Yield weekdays (0 is Sunday) and minutes of the day in UTC that contain all occurrences of these years, and
        perhaps more.

        Every wall-clock time is combined with every offset of the zone in these years. Only the days around a clock
        change are computed one by one.
        """
        offsets = set[int]()
        for year in range(years.start - 1, years.stop + 1):  # in UTC, New Year may lie a day before or after
            for number, offset in enumerate(steady_offsets(self._zone, year)):
                if offset is None:
                    for moment in self._on(date(year, 1, 1) + number * _DAY):
                        yield moment.isoweekday() % 7, moment.hour * 60 + moment.minute
                else:
                    offsets.add(offset)
        for weekday, minute in self._weekly():
            for offset in offsets:
                days, of_day = divmod(minute * MINUTE - offset, DAY)
                yield (weekday + days) % 7, of_day // MINUTE

    def _weekly(self) -> Iterator[tuple[int, int]]:
        """Yield weekdays and minutes of the day on the wall clock."""
        if self._working is not None:
            yield from ((weekday, self._working.minute) for weekday in numbers(EVERY_WEEKDAY))
        for pattern in self._patterns:
            yield from (
                (weekday, minute) for weekday in numbers(pattern.weekdays) for minute in pattern.minutes_of_day()
            )

    def _on(self, day: date) -> Iterator[datetime]:
        """Yield the occurrences of a date. One that a clock change skips at midnight belongs to the date as well."""
        for minute in self.minutes_on(day):
            yield to_moment(first_reached(self._zone, wall_micros(day, minute)))

    def minutes_on(self, day: date) -> list[int]:
        """Return the wall-clock times of a date, in minutes after midnight."""
        if self._working is not None:
            return [self._working.minute] if self._working_day(self._working, day) == day else []
        return sorted({minute for p in self._patterns if p.on(day) for minute in p.minutes_of_day()})

    def _working_day(self, wanted: WorkingDay, day: date) -> date | None:
        """Return the n-th working day of the month or quarter of a date; None if there are fewer."""
        key = day.year, (day.month - 1) // wanted.months * wanted.months + 1
        if key not in self._counted:
            assert self._days is not None
            months = range(key[1], key[1] + wanted.months)
            found = [one for month in months for one in _month(day.year, month) if self._days.hours(one).spans]
            place = wanted.ordinal - 1 if wanted.ordinal > 0 else wanted.ordinal
            self._counted[key] = found[place] if -len(found) <= place < len(found) else None
        return self._counted[key]


def _month(year: int, month: int) -> list[date]:
    first = date(year, month, 1)
    return [day for n in range(31) if (day := first + n * _DAY).month == month]
