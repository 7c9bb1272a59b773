"""Calendar months, quarters and years in a time zone, and the time that a person asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from activities.calendars.zones import first_reached, to_moment, wall_micros, zone
from models.base import in_our_time
from models.dossier.availability import Per
from models.errors import UserError

_MONTHS: Final = {Per.MONTH: 1, Per.QUARTER: 3, Per.YEAR: 12}
_NAMED: Final = re.compile(r"(?P<year>[0-9]{4})(-Q(?P<quarter>[1-4])|-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2}))?)?")
_FORMS: Final = (
    "write a year, a quarter, a month, a day or a time: 2026, 2026-Q2, 2026-05, 2026-05-14, 2026-05-14T08:30:00Z"
)

Days = tuple[date, date]
"""The first day, and the day after the last one."""


class AgreedPeriod(NamedTuple):
    """A calendar month, quarter or year: [since, until), in UTC."""

    name: str
    """`2026-05`, `2026-Q2`, `2026`."""
    since: datetime
    until: datetime


def periods_of(per: Per, time_zone: str, since: datetime, until: datetime) -> Iterator[AgreedPeriod]:
    """Yield the whole periods that have a part of [since, until), in order."""
    months = _MONTHS[per]
    local = since.astimezone(zone(time_zone)).date()
    first = date(local.year, (local.month - 1) // months * months + 1, 1)
    while (begun := midnight(first, time_zone)) < until:
        following = _later(first, months)
        yield AgreedPeriod(_name(per, first), begun, midnight(following, time_zone))
        first = following


def midnight(day: date, time_zone: str) -> datetime:
    """Return the first moment of a day in a time zone."""
    return to_moment(first_reached(zone(time_zone), wall_micros(day, 0)))


class AskedTime:
    """The time that a person asks for: from the beginning of one named time to the end of another."""

    def __init__(self, since: str, until: str | None, options: tuple[str, str] = ("--from", "--to")) -> None:
        """`until`: None stands for the end of the time that `since` names. `options`: their names for messages.

        Raise `UserError` for a text that names no time, or for an end that is not after the beginning.
        """
        begun = _read(since, options[0])
        if until is None and isinstance(begun, datetime):
            raise UserError(f"{options[1]} is missing; a moment has no end, so name one, or give {options[0]} a month")
        self._since = begun[0] if isinstance(begun, tuple) else begun
        end = begun if until is None else _read(until, options[1])
        self._until = end[1] if isinstance(end, tuple) else end
        begins, ends = self.within("UTC")
        if ends <= begins:
            raise UserError(f"{options[1]} {until} does not end after {options[0]} {since} begins; exchange them")

    @classmethod
    def between(cls, since: datetime, until: datetime) -> AskedTime:
        """Return the time between two moments."""
        return cls(since.isoformat(), until.isoformat())

    def within(self, time_zone: str) -> tuple[datetime, datetime]:
        """Return the beginning and the end in UTC; days are those of the time zone."""
        return _moment(self._since, time_zone), _moment(self._until, time_zone)


def _moment(named: date | datetime, time_zone: str) -> datetime:
    return named if isinstance(named, datetime) else midnight(named, time_zone)


def _read(text: str, option: str) -> Days | datetime:
    found = _NAMED.fullmatch(text.strip())
    try:
        if found is not None:
            return _days(found)
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UserError(f"{option} {text!r} names no time; {_FORMS}") from None
    if moment.tzinfo is None:
        raise UserError(f"{option} {text!r} has no time zone; write it as 2026-05-14T08:30:00Z or with +02:00")
    if moment.microsecond:
        raise UserError(f"{option} {text!r} has a fraction of a second; write whole seconds")
    try:
        return in_our_time(moment).astimezone(UTC)
    except ValueError as error:
        raise UserError(f"{option}: {error}") from None


def _days(found: re.Match[str]) -> Days:
    year, quarter, month, day = (int(found[name] or 0) for name in ("year", "quarter", "month", "day"))
    if not 1990 <= year < 2198:
        raise ValueError("calendars do not reach so far")
    if quarter:
        first = date(year, quarter * 3 - 2, 1)
        return first, _later(first, 3)
    if day:
        return date(year, month, day), date(year, month, day) + timedelta(days=1)
    first = date(year, month or 1, 1)
    return first, _later(first, 1 if month else 12)


def _later(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _name(per: Per, first: date) -> str:
    match per:
        case Per.MONTH:
            return f"{first:%Y-%m}"
        case Per.QUARTER:
            return f"{first.year}-Q{(first.month + 2) // 3}"
        case Per.YEAR:
            return f"{first.year}"
