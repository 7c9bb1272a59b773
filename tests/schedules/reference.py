"""The slow and obvious reference: a wall clock that is looked at every minute.

Something takes place at the minute by which the wall clock first shows its time, or has jumped past it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ORDINALS = ("first", "second", "third", "fourth")


def occurrences(frequency: str, zone: str, since: datetime, until: datetime, country: str = "SE") -> list[datetime]:
    """Every occurrence from `since` on and before `until`."""
    tz, found = ZoneInfo(zone), []
    at = since - 2 * DAY
    shown = at.astimezone(tz).replace(tzinfo=None)
    while at < until:
        local = at.astimezone(tz).replace(tzinfo=None)
        reached = False
        while shown < local:
            shown += MINUTE
            reached = reached or _fits(frequency, shown, country)
        if reached and at >= since:
            found.append(at)
        at += MINUTE
    return found


def _fits(frequency: str, reading: datetime, country: str) -> bool:
    if frequency.startswith("cron: "):
        return _cron(frequency.removeprefix("cron: ").split(), reading)
    *words, clock = frequency.split()
    if f"{reading:%H:%M}" != clock:
        return False
    day = reading.date()
    if words[0] == "daily":
        return True
    if words[0] == "weekly":
        return WEEKDAYS[day.weekday()] == words[1]
    days = [d for d in _period(day, words[0]) if _named(" ".join(words[2:]), d, country)]
    place = len(days) - 1 if words[1] == "last" else ORDINALS.index(words[1])
    return day in days[place : place + 1]


def _period(day: date, every: str) -> list[date]:
    """The month or the quarter of a date, day by day."""
    months = [day.month] if every == "monthly" else [m for m in range(1, 13) if (m - 1) // 3 == (day.month - 1) // 3]
    first = day.replace(month=months[0], day=1)
    return [d for d in (first + n * DAY for n in range(93)) if d.year == day.year and d.month in months]


def _named(name: str, day: date, country: str) -> bool:
    if name == "working day":
        return day.weekday() < 5 and day not in _holidays(country, day.year)
    return WEEKDAYS[day.weekday()] == name


@cache
def _holidays(country: str, year: int) -> set[date]:
    return set(holidays.country_holidays(country, years=year))


def _cron(fields: list[str], reading: datetime) -> bool:
    minute, hour, day, month, weekday = fields
    on_day = _field(day, reading.day, 31)
    on_weekday = _field(weekday, reading.isoweekday(), 7) or _field(weekday, reading.isoweekday() % 7, 6)
    either = not day.startswith("*") and not weekday.startswith("*")
    return (
        _field(minute, reading.minute, 59)
        and _field(hour, reading.hour, 23)
        and _field(month, reading.month, 12)
        and (on_day or on_weekday if either else on_day and on_weekday)
    )


def _field(text: str, number: int, highest: int) -> bool:
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = (1 if highest in {12, 31} else 0), highest
        elif "-" in span:
            first, last = (int(word) for word in span.split("-"))
        else:
            first, last = int(span), highest if step else int(span)
        if number in range(first, last + 1, int(step or 1)):
            return True
    return False


def utc(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
