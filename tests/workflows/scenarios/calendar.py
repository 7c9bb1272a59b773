"""Days of the calendar that are still to come, as a server whose time only runs forwards wants them; and hours in Sweden."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")
_DAY = timedelta(days=1)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

OFFICE: dict[str, Any] = {
    "time_zone": "Europe/Stockholm",
    "weekly": {day: ["08:00-17:00"] for day in _WEEKDAYS[:5]},
    "holidays": {"country": "SE", "also": ["de_facto"]},
}
NIGHTS: dict[str, Any] = {"time_zone": "Europe/Stockholm", "weekly": {day: ["20:00-06:00"] for day in _WEEKDAYS}}


def midsummer_eve(after: datetime) -> date:
    """The next Midsummer Eve: the Friday between the 19th and the 25th of June."""
    day = after.date() + _DAY
    while not (day.month == 6 and 19 <= day.day <= 25 and day.weekday() == 4):
        day += _DAY
    return day


def last_sunday(month: int, after: datetime) -> date:
    """The last Sunday of the next such month: in March and October the clocks change on it."""
    day = after.date() + _DAY
    while not (day.month == month and day.day >= 25 and day.weekday() == 6):
        day += _DAY
    return day


def stockholm(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment by the wall clock in Stockholm, in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=STOCKHOLM).astimezone(UTC)
