"""When something that recurs takes place: moments that are right across changes of the clocks, holidays and leap years.

A reading of the wall clock that is skipped when the clocks go forward takes place at the moment of the jump; one that is shown
twice takes place once, at its first showing.
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
"""What has not come by then does not come: the rarest of all is 29 February."""


class Occurrences:
    """The moments of one frequency in one time zone."""

    def __init__(self, frequency: str, time_zone: str, working_days: ServiceHours | None = None) -> None:
        """`working_days` says which days are working days: those on which these hours have any."""
        self._patterns, self._working = read_frequency(frequency)
        self._zone = zone(time_zone)
        self._days = None if working_days is None else Days(working_days)
        self._counted: dict[tuple[int, int], date | None] = {}
        if self._working is not None and self._days is None:
            raise ClockError(f"{frequency!r} needs to know which days are working days; name service hours that say so")

    def between(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Those from `since` on and before `until`, in UTC and in order."""
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
        """The next ones after a moment; fewer where there are none for years."""
        after = at + timedelta(microseconds=1)
        return list(islice(self.between(after, after + LOOK_AHEAD), count))

    def includes(self, at: datetime) -> bool:
        """Whether this moment, to the second, is one of them."""
        second = at.astimezone(UTC).replace(microsecond=0)
        return next(self.between(second, second + timedelta(seconds=1)), None) is not None

    def readings(self, years: range) -> Iterator[tuple[int, int]]:
        """Weekdays (Sunday is 0) and minutes of the day in UTC that hold all occurrences of these years, and perhaps more.

        Every time on the wall clock is taken with every offset that the zone has in these years. Only the days around a change
        of the clocks are worked out one by one.
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
        """Weekdays and minutes of the day on the wall clock."""
        if self._working is not None:
            yield from ((weekday, self._working.minute) for weekday in numbers(EVERY_WEEKDAY))
        for pattern in self._patterns:
            yield from (
                (weekday, minute) for weekday in numbers(pattern.weekdays) for minute in pattern.minutes_of_day()
            )

    def _on(self, day: date) -> Iterator[datetime]:
        """Those of a date; one that is skipped at midnight belongs to the date all the same."""
        for minute in self.minutes_on(day):
            yield to_moment(first_reached(self._zone, wall_micros(day, minute)))

    def minutes_on(self, day: date) -> list[int]:
        """The wall-clock readings of a date, in minutes after midnight."""
        if self._working is not None:
            return [self._working.minute] if self._working_day(self._working, day) == day else []
        return sorted({minute for p in self._patterns if p.on(day) for minute in p.minutes_of_day()})

    def _working_day(self, wanted: WorkingDay, day: date) -> date | None:
        """The so-many-th working day of the month or quarter of a date; None where that has fewer."""
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
