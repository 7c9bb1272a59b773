"""Occurrences and timetables against the slow reference, across changes of the clocks, holidays and leap days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.calendars.occurrences import Occurrences
from activities.calendars.timetable import ranges, timetable
from models.dossier.agreement import HoursException, ServiceHours, Weekly
from models.dossier.frequency import Pattern, numbers, read_frequency
from models.errors import ClockError
from tests.schedules import reference
from tests.schedules.reference import ORDINALS, WEEKDAYS, utc

OFFICE = ServiceHours(
    time_zone="Europe/Stockholm",
    weekly=Weekly(**{day: ["08:00-17:00"] for day in WEEKDAYS[:5]}),
    holidays="SE",
)
"""Working days are Monday to Friday, less Sweden's public holidays."""

CHANGES = {
    "Europe/Stockholm": ("2024-03-31", "2025-10-26"),
    "Europe/London": ("2025-03-30", "2024-10-27"),
    "America/New_York": ("2025-03-09", "2024-11-03"),
    "Atlantic/Azores": ("2024-03-31", "2025-10-26"),  # at midnight
    "Asia/Beirut": ("2025-03-30", "2024-10-27"),  # at midnight, which is skipped
    "Australia/Lord_Howe": ("2025-10-05", "2024-04-07"),  # half an hour
    "Asia/Kolkata": ("2024-02-29", "2025-01-01"),
}
"""Days around which the wall clock does something."""

clocks = st.one_of(
    st.sampled_from(["00:00", "00:30", "01:00", "01:30", "02:00", "02:15", "02:30", "03:00", "23:45"]),
    st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
)
days = st.sampled_from([*WEEKDAYS, "working day"])
ordinals = st.sampled_from([*ORDINALS, "last"])


def fields(lowest: int, highest: int) -> st.SearchStrategy[str]:
    number = st.integers(lowest, highest)
    span = st.tuples(number, number).map(sorted).map(lambda p: f"{p[0]}-{p[1]}")
    step = st.builds("{}/{}".format, st.one_of(st.just("*"), span), st.integers(1, 30))
    part = st.one_of(number.map(str), span, step)
    return st.one_of(st.just("*"), st.lists(part, min_size=1, max_size=3).map(",".join))


crons = st.builds(
    "cron: {} {} {} {} {}".format, fields(0, 59), fields(0, 23), fields(1, 28), fields(1, 12), fields(0, 7)
)
frequencies = st.one_of(
    st.builds("daily {}".format, clocks),
    st.builds("weekly {} {}".format, st.sampled_from(WEEKDAYS), clocks),
    st.builds("{} {} {} {}".format, st.sampled_from(["monthly", "quarterly"]), ordinals, days, clocks),
    crons,
)


@st.composite
def checks(draw: st.DrawFn) -> tuple[str, str, datetime, datetime]:
    zone = draw(st.sampled_from(list(CHANGES)))
    middle = utc(draw(st.sampled_from(CHANGES[zone]))) + draw(st.sampled_from([0, 0, 0, 20, 60])) * reference.DAY
    since = middle - timedelta(days=draw(st.integers(1, 4)), minutes=draw(st.integers(0, 1439)))
    return draw(frequencies), zone, since, since + timedelta(days=draw(st.integers(1, 8)))


@settings(max_examples=150)
@given(checks())
def test_occurrences_are_those_of_a_clock_that_is_looked_at_every_minute(
    look: tuple[str, str, datetime, datetime],
) -> None:
    frequency, zone, since, until = look

    found = list(Occurrences(frequency, zone, OFFICE).between(since, until))

    assert found == reference.occurrences(frequency, zone, since, until)


@pytest.mark.parametrize(
    ("frequency", "zone", "day", "expected"),
    [
        ("daily 02:30", "Europe/Stockholm", "2027-03-28", ["2027-03-28T01:00"]),  # skipped: at the jump
        ("daily 02:30", "Europe/Stockholm", "2027-10-31", ["2027-10-31T00:30"]),  # shown twice: at the first
        ("weekly sunday 02:15", "Atlantic/Azores", "2027-03-28", ["2027-03-28T02:15"]),  # Temporal would leave it out
        ("daily 00:30", "Europe/London", "2027-10-31", ["2027-10-30T23:30"]),  # Temporal would run it twice
        ("monthly last working day 18:00", "Europe/Stockholm", "2026-12-31", ["2026-12-31T17:00"]),
        ("monthly first working day 08:00", "Europe/Stockholm", "2027-01-04", ["2027-01-04T07:00"]),
        ("quarterly last sunday 03:00", "Europe/Stockholm", "2028-03-26", ["2028-03-26T01:00"]),
        ("quarterly last sunday 03:00", "Europe/Stockholm", "2028-02-27", []),
        ("monthly last tuesday 03:00", "UTC", "2028-02-29", ["2028-02-29T03:00"]),
        ("cron: 0 4 13 * fri", "UTC", "2026-11-13", ["2026-11-13T04:00"]),
        ("cron: 0 4 13 * fri", "UTC", "2026-11-20", ["2026-11-20T04:00"]),  # either will do, as cron has it
        ("cron: 0 4 * * 7", "UTC", "2026-11-29", ["2026-11-29T04:00"]),
    ],
)
def test_days_that_are_easily_got_wrong(frequency: str, zone: str, day: str, expected: list[str]) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    end = (datetime.fromisoformat(day) + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)

    assert list(Occurrences(frequency, zone, OFFICE).between(start, end)) == [utc(text) for text in expected]


def test_the_working_day_is_the_service_hours_own() -> None:
    closed = HoursException(day="2026-12-31", reason="stocktaking")
    sunday = Weekly(**OFFICE.weekly.model_dump() | {"sunday": ["10:00-12:00"]})
    hours = OFFICE.model_copy(update={"exceptions": [closed], "weekly": sunday})

    [found] = Occurrences("monthly last working day 18:00", "Europe/Stockholm", hours).between(
        utc("2026-12-01"), utc("2027-01-01")
    )

    assert found == utc("2026-12-30T17:00")


def test_without_service_hours_there_is_no_working_day() -> None:
    with pytest.raises(ClockError, match="counts working days; name service hours"):
        Occurrences("monthly first working day 08:00", "UTC")


def test_the_next_ones_are_found_however_rare() -> None:
    rare = Occurrences("cron: 0 3 29 2 *", "UTC")

    assert rare.following(utc("2026-11-27"), 2) == [utc("2028-02-29T03:00")]
    assert rare.includes(utc("2028-02-29T03:00"))
    assert not rare.includes(utc("2028-02-29T03:01"))


def office_on(*days: str, closed: tuple[str, ...] = ()) -> ServiceHours:
    """An office that is open on these weekdays, but on no day of these months."""
    weekly = Weekly(**{day: ["08:00-17:00"] for day in days})
    shut = [day for n in range(366) if f"{(day := date(2026, 1, 1) + timedelta(days=n)):%Y-%m}" in closed]
    exceptions = [HoursException(day=day, reason="holidays") for day in shut]
    return ServiceHours(time_zone="Europe/Stockholm", weekly=weekly, holidays="SE", exceptions=exceptions)


@pytest.mark.parametrize(
    ("frequency", "hours", "expected"),
    [
        # Closed all July: the quarter's first working day is in August.
        ("quarterly first working day 08:00", office_on(*WEEKDAYS[:5], closed=("2026-07",)), "08-03"),
        # Mondays only, and 6 April is Easter Monday: the fourth is in May.
        ("quarterly fourth working day 08:00", office_on("monday"), "05-04"),
        # Closed all September: the quarter's last working day is in August.
        ("quarterly last working day 08:00", office_on(*WEEKDAYS[:5], closed=("2026-09",)), "08-31"),
    ],
)
def test_working_days_of_a_quarter_are_counted_over_all_its_months(
    frequency: str, hours: ServiceHours, expected: str
) -> None:
    found = [f"{at:%m-%d}" for at in Occurrences(frequency, "UTC", hours).between(utc("2026-01-01"), utc("2027-01-01"))]

    assert len(found) == 4
    assert expected in found


@settings(max_examples=12)
@given(frequencies, st.sampled_from(list(CHANGES)), st.integers(2024, 2097))
def test_a_timetable_names_every_occurrence_and_until_its_end_no_other_moment(
    frequency: str, zone: str, year: int
) -> None:
    wanted = Occurrences(frequency, zone, OFFICE)

    made = timetable(wanted, datetime(year, 6, 1, tzinfo=UTC))

    begin = datetime(year, 1, 1, tzinfo=UTC)
    assert made.exact_until == datetime(year + 2, 1, 1, tzinfo=UTC)
    assert named(made.patterns, begin, made.exact_until) == list(wanted.between(begin, made.exact_until))
    later = datetime(year + 3, 1, 1, tzinfo=UTC)
    assert set(named(made.patterns, made.exact_until, later)) >= set(wanted.between(made.exact_until, later))


@pytest.mark.parametrize(("applied", "due", "exact_until"), [
    ("2026-11-27", "2028-02-29", "2029-01-01"),
    ("2028-02-28", "2028-02-29", "2033-01-01"),
    ("2028-03-01", "2032-02-29", "2033-01-01"),
])  # fmt: skip
def test_a_timetable_reaches_as_far_as_the_next_leap_day(applied: str, due: str, exact_until: str) -> None:
    leap_day = Occurrences("cron: 0 3 29 2 *", "UTC")

    made = timetable(leap_day, utc(applied))

    assert made.exact_until == utc(exact_until)
    assert named(made.patterns, utc(applied), made.exact_until)[0] == utc(due) + timedelta(hours=3)


@pytest.mark.parametrize(
    ("frequency", "zone"),
    [
        ("cron: 30 2 29 3 *", "Europe/Stockholm"),  # skipped in 2026; in winter time in 2030 and in summer time in 2027
        ("cron: 0 3 28 10 *", "Europe/Stockholm"),
        ("cron: 30 0 30 3 *", "Asia/Beirut"),
        ("cron: 15 2 5 4 *", "Australia/Lord_Howe"),
        ("monthly last sunday 00:30", "Europe/London"),
        ("cron: 30 0 8-14 3 *", "America/New_York"),
    ],
)
def test_a_yearly_time_near_a_change_of_the_clocks_is_lost_in_no_later_year(frequency: str, zone: str) -> None:
    wanted = Occurrences(frequency, zone)

    made = timetable(wanted, utc("2026-11-27"))

    until = utc("2046-01-01")
    due = list(wanted.between(utc("2026-01-01"), until))
    assert len(due) >= 20
    assert set(due) <= set(named(made.patterns, utc("2026-01-01"), until))


def test_a_timetable_is_the_same_on_all_days_of_a_year() -> None:
    wanted = Occurrences("monthly last working day 18:00", "Europe/Stockholm", OFFICE)

    assert timetable(wanted, utc("2026-01-01")) == timetable(wanted, utc("2026-12-31T23:59"))
    assert timetable(wanted, utc("2026-12-31")) != timetable(wanted, utc("2027-01-01"))


def test_a_timetable_stays_small() -> None:
    sizes = {f: len(timetable(Occurrences(f, "Europe/Stockholm", OFFICE), utc("2026-11-27")).patterns) for f in (
        "daily 03:00", "weekly sunday 02:30", "monthly first sunday 03:00", "monthly last working day 18:00",
        "cron: */15 * * * *")}  # fmt: skip

    assert max(sizes.values()) <= 30, sizes


@given(st.sets(st.integers(0, 60)))
def test_ranges_name_all_their_numbers_and_no_other(chosen: set[int]) -> None:
    assert numbers(ranges(chosen)) == sorted(chosen)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cron: 61 3 * * *", "has '61' for its minute; write 0 to 59"),
        ("cron: 0 3 * foo *", "has 'foo' for its month; write 1 to 12"),
        ("cron: 0 5-3 * * *", "has '5-3' for its hour, which runs backwards"),
        ("cron: 0 */0 * * *", "steps by '0' in its hour"),
        ("cron: 0 3 31 2 *", "never matches a day"),
    ],
)
def test_a_cron_expression_that_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("*", r"\*")):
        read_frequency(text)


def named(patterns: tuple[Pattern, ...], since: datetime, until: datetime) -> list[datetime]:
    """Every moment that patterns in UTC name."""
    found = set()
    day = since
    while day < until:
        for pattern in patterns:
            if pattern.on(day.date()):
                found |= {day + timedelta(minutes=minute) for minute in pattern.minutes_of_day()}
        day += timedelta(days=1)
    return sorted(found)
