"""Time zones from the package `tzdata`, so that two machines with one lock file compute the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE: Final = 60_000_000
"""Microseconds: moments are whole microseconds since 1970, so that sums are exact."""
DAY: Final = 1440 * MINUTE
_MICROSECOND: Final = timedelta(microseconds=1)


@cache
def zone(name: str) -> ZoneInfo:
    """Return a time zone, from the package `tzdata` if it contains the zone, otherwise from the machine."""
    try:
        with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError, ModuleNotFoundError):  # a zone of this machine only
        return ZoneInfo(name)


@cache
def versions() -> str:
    """Return the versions of the calendar data: `tzdata 2026.1, holidays 0.90`."""
    return ", ".join(f"{name} {_version(name)}" for name in ("tzdata", "holidays"))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of the machine"


def month_begins(at: datetime, time_zone: str) -> datetime:
    """Return the first moment of the month, in a time zone, that contains a moment."""
    tz = zone(time_zone)
    return to_moment(first_reached(tz, wall_micros(at.astimezone(tz).date().replace(day=1), 0)))


def to_micros(at: datetime) -> int:
    """Return an aware moment as microseconds since 1970."""
    return (at - EPOCH) // _MICROSECOND


def to_moment(micros: int) -> datetime:
    """Return the moment in UTC."""
    return EPOCH + timedelta(microseconds=micros)


def wall_micros(day: date, minute: int) -> int:
    """Return a wall-clock time as if it were UTC: minute 1440 is the next midnight, 1530 half past one after it."""
    return (day.toordinal() - 719_163) * DAY + minute * MINUTE  # 719163 is 1970-01-01


def offset_at(tz: ZoneInfo, micros: int) -> int:
    """Return the microseconds by which the wall clock is ahead of UTC at a moment."""
    offset = to_moment(micros).astimezone(tz).utcoffset()
    assert offset is not None
    return offset // _MICROSECOND


@lru_cache(maxsize=1024)
def steady_offsets(tz: ZoneInfo, year: int) -> list[int | None]:
    """Return, for every day of a year, the offset of the wall clock from UTC; None near a clock change."""
    midnight = wall_micros(date(year, 1, 1), 0)
    days = (wall_micros(date(year + 1, 1, 1), 0) - midnight) // DAY
    at = [offset_at(tz, midnight + n * DAY) for n in range(-1, days + 3)]  # two days more: spans run over midnight
    return [at[n] if at[n] == at[n + 1] == at[n + 2] == at[n + 3] else None for n in range(days)]


def first_reached(tz: ZoneInfo, wall: int) -> int:
    """Return the first moment at which the wall clock shows this time or later.

    Of a time that occurs twice, it is the first occurrence; of a skipped time, the moment of the clock change.
    """
    before, after = _readings(tz, wall)
    return before if before <= after else _jump(tz, wall, after, before)


def last_short_of(tz: ZoneInfo, wall: int) -> int:
    """Return the moment up to which the wall clock shows an earlier time than this.

    Of a time that occurs twice, it is the second occurrence; of a skipped time, the moment of the clock change.
    """
    before, after = _readings(tz, wall)
    if before > after:
        return _jump(tz, wall, after, before)
    if before < after:
        # The very reading that the clock is set back to: what comes between its two showings is later on the clock.
        shown = after - MINUTE + offset_at(tz, after - MINUTE)
        return after if shown < wall else before
    return before


def _readings(tz: ZoneInfo, wall: int) -> tuple[int, int]:
    """Return the moments of a wall-clock time, computed with the offset before and after a clock change."""
    naive = to_moment(wall).replace(tzinfo=tz)
    first, second = naive.utcoffset(), naive.replace(fold=1).utcoffset()
    assert first is not None
    assert second is not None
    return wall - first // _MICROSECOND, wall - second // _MICROSECOND


def _jump(tz: ZoneInfo, wall: int, early: int, late: int) -> int:
    """Return the moment between two at which a clock change skips a wall-clock time, to the second."""
    while late - early > 1_000_000:
        middle = early + (late - early) // 2_000_000 * 1_000_000
        if middle + offset_at(tz, middle) >= wall:
            late = middle
        else:
            early = middle
    return late
