"""The hours of a date, with the reason. Exceptions take precedence over holidays, these over half-days, these over
weekdays.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from models.dossier import public_holidays
from models.dossier.agreement import Holidays, ServiceHours, minutes_of

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_BEFORE = "day before "

Minutes = tuple[int, int]
"""The beginning and the end in minutes after midnight; over midnight if the end is above 1440."""


class DayHours(NamedTuple):
    """The hours of one date."""

    spans: tuple[Minutes, ...]
    why: str
    """The special reason: `Midsummer Eve`, `exception: stocktaking`; empty if only the weekday determines the hours."""

    def closed_because(self, day: date) -> str:
        """Return why service is closed at a moment of this date: `Sunday`, `open only 08:00-17:00`."""
        if not self.spans:
            return self.why or day.strftime("%A")
        hours = ", ".join(f"{_clock(since)}-{_clock(until)}" for since, until in self.spans)
        return f"{self.why}, open only {hours}" if self.why else f"open only {hours}"


class Days:
    """The hours of every date under one set of service hours."""

    def __init__(self, hours: ServiceHours) -> None:
        """The years are looked up in the `holidays` package on first use."""
        self._weekly = tuple(
            DayHours(tuple(minutes_of(span) for span in getattr(hours.weekly, weekday)), "") for weekday in _WEEKDAYS
        )
        self._exceptions = {
            e.day: DayHours(tuple(minutes_of(span) for span in e.hours), f"exception: {e.reason}")
            for e in reversed(hours.exceptions)  # of two for one day the first holds
        }
        self._terms = hours.holiday_terms()
        self._years: dict[int, dict[date, DayHours]] = {}

    def hours(self, day: date) -> DayHours:
        """Return the hours of a date."""
        exception = self._exceptions.get(day)
        if exception is not None:
            return exception
        week = self._weekly[day.weekday()]
        if self._terms is None:
            return week
        special = self._years.get(day.year)
        if special is None:
            special = self._years[day.year] = _special_days(self._terms, day.year)
        found = special.get(day)
        if found is None or (found.spans and not week.spans):  # a half-day opens no weekday that is closed anyway
            return week
        return found

    @property
    def ever_open(self) -> bool:
        """Return whether any weekday has hours; exceptions alone end one day."""
        return any(day.spans for day in self._weekly)


def _special_days(terms: Holidays, year: int) -> dict[date, DayHours]:
    country, part = terms.country, terms.subdivision
    kept_open = {name.casefold() for name in terms.not_closed}
    closed: dict[date, set[str]] = {}
    titles: dict[date, str] = {}
    for kind in dict.fromkeys([public_holidays.PUBLIC, *terms.also]):
        for day, called in public_holidays.holidays(country, part, kind, year).items():
            folded = {name.casefold() for name in called}
            if not folded & kept_open:
                closed.setdefault(day, set()).update(folded)
                titles.setdefault(day, public_holidays.title(country, part, kind, year, day))
    special = {day: DayHours((), titles[day]) for day in closed}
    for half in reversed(terms.half_days):  # of two that meet on one day the first holds
        spans = tuple(minutes_of(span) for span in half.hours)
        for name in half.days:
            for day in days_called(terms, name, year):
                # Its own name may stand among the closed holidays; any other holiday closes the day.
                if closed.get(day, set()) <= _same_day(terms, name, day):
                    special[day] = DayHours(spans, name)
    return special


def days_called(terms: Holidays, name: str, year: int) -> set[date]:
    """Return the days of a year that have a name, or precede one with it (`day before`)."""
    folded = name.casefold()
    known = _names(terms.country, terms.subdivision, year)
    if folded in known:
        return known[folded]
    if not folded.startswith(_DAY_BEFORE):
        return set()
    wanted = folded.removeprefix(_DAY_BEFORE)
    after = known.get(wanted, set()) | _names(terms.country, terms.subdivision, year + 1).get(wanted, set())
    return {day for day in (d - timedelta(days=1) for d in after) if day.year == year}


def _same_day(terms: Holidays, name: str, day: date) -> set[str]:
    """Return all names of a day with this name."""
    known = _names(terms.country, terms.subdivision, day.year)
    if day not in known.get(name.casefold(), set()):
        return set()
    kinds = public_holidays.kinds(terms.country)
    lists = [public_holidays.holidays(terms.country, terms.subdivision, kind, day.year) for kind in kinds]
    called = [{n.casefold() for n in known_days[day]} for known_days in lists if day in known_days]
    return set().union(*(names for names in called if name.casefold() in names))


@cache
def _names(country: str, subdivision: str | None, year: int) -> dict[str, set[date]]:
    return public_holidays.names(country, subdivision, year)


def _clock(minute: int) -> str:
    return "24:00" if minute == 1440 else f"{minute // 60 % 24:02}:{minute % 60:02}"
