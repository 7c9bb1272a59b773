"""What service hours mean on the days that agreements argue about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.calendars import Calendar
from models.dossier.agreement import HalfDays, Holidays, HoursException, ServiceHours, Weekly
from models.errors import ClockError
from tests.clocks.random_hours import WEEKDAYS

OFFICE = {day: ["08:00-17:00"] for day in WEEKDAYS[:5]}
SWEDEN = Holidays(
    country="SE",
    also=["de_facto"],
    half_days=[HalfDays(days=["day before Epiphany", "Skärtorsdagen", "Walpurgis Night"], hours=["08:00-12:00"])],
)


def swedish(weekly: dict[str, list[str]] | None = None, **more: object) -> Calendar:
    return Calendar(ServiceHours(time_zone="Europe/Stockholm", weekly=Weekly(**(weekly or OFFICE)), **more))


def hours_on(calendar: Calendar, day: str) -> float:
    start = datetime.fromisoformat(day).replace(tzinfo=calendar.local(datetime.now(UTC)).tzinfo)
    return calendar.elapsed(start, (start + timedelta(days=1))) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("day", "hours", "why"),
    [
        ("2026-06-18", 9, "open only 08:00-17:00"),
        ("2026-06-19", 0, "Midsummer Eve"),
        ("2026-06-20", 0, "Midsummer Day"),
        ("2026-06-21", 0, "Sunday"),
        ("2026-01-05", 4, "day before Epiphany, open only 08:00-12:00"),
        ("2026-04-02", 4, "Skärtorsdagen, open only 08:00-12:00"),
        ("2026-04-30", 4, "Walpurgis Night, open only 08:00-12:00"),
        ("2022-04-30", 0, "Saturday"),
    ],
)
def test_swedish_days_as_the_agreement_names_them(day: str, hours: float, why: str) -> None:
    calendar = swedish(holidays=SWEDEN)

    assert hours_on(calendar, day) == hours
    assert calendar.why_closed(datetime.fromisoformat(f"{day}T20:00:00+00:00")) == why


def test_an_exception_wins_over_a_holiday() -> None:
    exception = HoursException(day="2026-06-19", hours=["10:00-12:00"], reason="stocktaking")

    assert hours_on(swedish(holidays=SWEDEN, exceptions=[exception]), "2026-06-19") == 2


def test_a_span_over_midnight_runs_into_a_holiday_and_does_not_begin_on_one() -> None:
    calendar = swedish({day: ["22:00-06:00"] for day in WEEKDAYS}, holidays="SE")

    assert hours_on(calendar, "2026-05-01") == 6  # what began on Walpurgis Night; May Day's own does not begin
    assert hours_on(calendar, "2026-05-02") == 2


@pytest.mark.parametrize(
    ("day", "span", "hours"),
    [
        ("2026-03-29", "02:00-03:00", 0),
        ("2026-03-29", "02:30-04:00", 1),
        ("2026-03-29", "00:00-24:00", 23),
        ("2026-10-25", "02:00-03:00", 2),
        ("2026-10-25", "01:00-02:00", 1),
        ("2026-10-25", "01:00-02:30", 2.5),
        ("2026-10-25", "00:00-24:00", 25),
    ],
)
def test_days_on_which_the_clocks_change(day: str, span: str, hours: float) -> None:
    assert hours_on(swedish({"sunday": [span]}), day) == hours


def test_hours_that_never_open_and_times_without_a_zone_are_said_in_a_sentence() -> None:
    with pytest.raises(ClockError, match="do not open again after 2026-06-18; correct them"):
        Calendar(ServiceHours(time_zone="UTC", weekly=Weekly())).add(
            datetime(2026, 6, 18, tzinfo=UTC), timedelta(hours=1)
        )
    with pytest.raises(ClockError, match="has no time zone; write it as"):
        swedish().is_open(datetime(2026, 6, 18))  # noqa: DTZ001


def test_the_next_opening_and_closing() -> None:
    calendar = swedish(holidays=SWEDEN)

    assert calendar.next_opening(datetime(2026, 6, 18, 16, tzinfo=UTC)) == datetime(2026, 6, 22, 6, tzinfo=UTC)
    assert calendar.closes_at(datetime(2026, 6, 18, 10, tzinfo=UTC)) == datetime(2026, 6, 18, 15, tzinfo=UTC)
    assert Calendar("24x7").closes_at(datetime(2026, 6, 18, 10, tzinfo=UTC)) is None
