"""Time zones as the package `tzdata` has them, so that two machines with one lock file compute the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE: Final = 60_000_000
"""Microseconds: moments are whole numbers of them since 1970, so that sums are exact."""
DAY: Final = 1440 * MINUTE
_MICROSECOND: Final = timedelta(microseconds=1)


@cache
def zone(name: str) -> ZoneInfo:
    """A time zone, from the package `tzdata` where it has it, else from the machine."""
    try:
        with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError, ModuleNotFoundError):  # a zone of this machine only
        return ZoneInfo(name)


@cache
def versions() -> str:
    """The versions of the data that calendars are made of: `tzdata 2026.1, holidays 0.90`."""
    return ", ".join(f"{name} {_version(name)}" for name in ("tzdata", "holidays"))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of the machine"


def to_micros(at: datetime) -> int:
    """An aware moment as microseconds since 1970."""
    return (at - EPOCH) // _MICROSECOND


def to_moment(micros: int) -> datetime:
    """The moment in UTC."""
    return EPOCH + timedelta(microseconds=micros)


def wall_micros(day: date, minute: int) -> int:
    """A wall-clock reading as if it were UTC: minute 1440 is the next midnight, 1530 half past one after it."""
    return (day.toordinal() - 719_163) * DAY + minute * MINUTE  # 719163 is 1970-01-01


def offset_at(tz: ZoneInfo, micros: int) -> int:
    """How far the wall clock is ahead of UTC at a moment, in microseconds."""
    offset = to_moment(micros).astimezone(tz).utcoffset()
    assert offset is not None
    return offset // _MICROSECOND


@lru_cache(maxsize=1024)
def steady_offsets(tz: ZoneInfo, year: int) -> list[int | None]:
    """For every day of a year how far the wall clock is ahead of UTC; None where that changes about then."""
    midnight = wall_micros(date(year, 1, 1), 0)
    days = (wall_micros(date(year + 1, 1, 1), 0) - midnight) // DAY
    at = [offset_at(tz, midnight + n * DAY) for n in range(-1, days + 3)]  # two days more: spans run over midnight
    return [at[n] if at[n] == at[n + 1] == at[n + 2] == at[n + 3] else None for n in range(days)]


def first_reached(tz: ZoneInfo, wall: int) -> int:
    """The first moment at which the wall clock shows this or more: of a time shown twice the first one, of a time that is
    skipped the moment of the jump.
    """
    before, after = _readings(tz, wall)
    return before if before <= after else _jump(tz, wall, after, before)


def last_short_of(tz: ZoneInfo, wall: int) -> int:
    """The moment up to which the wall clock shows less than this: of a time shown twice the second one, of a time that is
    skipped the moment of the jump.
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
    """The moments meant by a wall-clock reading, taken with the offset before and after a change of the clocks."""
    naive = to_moment(wall).replace(tzinfo=tz)
    first, second = naive.utcoffset(), naive.replace(fold=1).utcoffset()
    assert first is not None
    assert second is not None
    return wall - first // _MICROSECOND, wall - second // _MICROSECOND


def _jump(tz: ZoneInfo, wall: int, early: int, late: int) -> int:
    """The moment between two at which the wall clock jumps past a reading, to the second."""
    while late - early > 1_000_000:
        middle = early + (late - early) // 2_000_000 * 1_000_000
        if middle + offset_at(tz, middle) >= wall:
            late = middle
        else:
            early = middle
    return late
