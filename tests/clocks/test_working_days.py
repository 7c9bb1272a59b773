"""Working days as agreements count them, held against a reference that looks at every minute."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random

import pytest

from activities.calendars import WorkingDays
from models.dossier.agreement import HoursException, ServiceHours, Weekly
from models.errors import ClockError
from tests.clocks.random_hours import CHANGES, DAYS, random_hours, windows
from tests.clocks.reference import DAY, MINUTE, days_of_minutes

OFFICE = ServiceHours(
    time_zone="Europe/Stockholm",
    weekly=Weekly(
        **{day: ["08:00-17:00"] for day in ("monday", "tuesday", "wednesday", "thursday")}, friday=["08:00-16:00"]
    ),
    holidays="SE",
    exceptions=[HoursException(day="2026-06-17", hours=["08:00-12:00"], reason="stocktaking")],
)


def stockholm(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+02:00")


@pytest.mark.parametrize(
    ("since", "days", "until"),
    [
        ("2026-06-08T10:00", 2, "2026-06-10T10:00"),  # Monday to Wednesday, all of nine hours
        ("2026-06-08T08:00", 1, "2026-06-08T17:00"),  # at closing, not at the next opening
        ("2026-06-07T12:00", 1, "2026-06-08T17:00"),  # Sunday
        ("2026-06-11T12:30", 1, "2026-06-12T12:00"),  # half of Thursday, then half of Friday, which is shorter
        ("2026-06-11T08:00", 2, "2026-06-12T16:00"),
        ("2026-06-16T12:30", 1, "2026-06-17T10:00"),  # the day of stocktaking is a working day, too
        ("2026-06-08T10:00", 5, "2026-06-15T10:00"),  # a week, whatever Friday has
    ],
)
def test_working_days_are_counted_as_people_count_them(since: str, days: int, until: str) -> None:
    calendar = WorkingDays(OFFICE)

    assert calendar.add(stockholm(since), Fraction(days)) == stockholm(until)
    assert calendar.elapsed(stockholm(since), stockholm(until)) == days


def test_hours_without_working_days_are_said_in_a_sentence() -> None:
    never = ServiceHours(time_zone="UTC", weekly=Weekly())

    with pytest.raises(
        ClockError, match="there are not enough working days after 2026-06-18; correct the service hours"
    ):
        WorkingDays(never).add(datetime(2026, 6, 18, tzinfo=UTC), Fraction(1))


@pytest.mark.parametrize("zone", CHANGES)
def test_working_days_are_the_same_as_in_a_minute_by_minute_count(zone: str) -> None:
    rng = Random(zone)
    starts = windows()[zone]
    for number in range(40):
        start = rng.choice(starts)
        hours = random_hours(rng, zone, start)
        minutes = days_of_minutes(hours, start - 2 * DAY, DAYS + 5)
        lengths = Counter(minutes)
        since, until = sorted(rng.sample(range(3 * 1440, (DAYS + 2) * 1440), 2))
        told = f"case {number}: {hours!r} from {start + (since - 2880) * MINUTE} to {start + (until - 2880) * MINUTE}"
        counted = Counter(minutes[since:until])
        count = sum((Fraction(counted[day], lengths[day]) for day in counted if day), Fraction(0))
        calendar = WorkingDays(hours)

        at = start - 2 * DAY + since * MINUTE
        assert calendar.elapsed(at, start - 2 * DAY + until * MINUTE) == count, told
        if count:
            used_up = max(n for n in range(since, until) if minutes[n]) + 1
            assert calendar.add(at, count) == start - 2 * DAY + used_up * MINUTE, told
            assert timedelta(0) <= calendar.add(at, count / 2) - at <= used_up * MINUTE, told
