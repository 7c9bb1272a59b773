"""Maintenance windows against the minute-by-minute reference of service hours, and where freezes leave room in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.calendars.windows import next_span, span_at, spans_of
from models.dossier.agreement import Freezable, ServiceHours, Weekly
from models.dossier.routines import Weekday, Window
from models.freezes import Freeze, freeze_over
from tests.clocks.random_hours import CHANGES
from tests.clocks.reference import open_minutes
from tests.schedules.reference import utc

NIGHT = Window(time_zone="Europe/Stockholm", hours="22:00-02:00", weekdays=[Weekday.SATURDAY])


@settings(max_examples=60)
@given(st.integers(0, 10**9))
def test_a_window_is_open_in_the_minutes_of_the_same_service_hours(seed: int) -> None:
    rng = Random(seed)
    zone = rng.choice(list(CHANGES))
    start = utc(rng.choice(CHANGES[zone] or ("2026-06-01",))) - timedelta(days=rng.randint(1, 4))
    since, until = rng.choice((0, 15, 30)) + 60 * rng.randrange(24), 15 * rng.randrange(96)
    hours = f"{since // 60:02}:{since % 60:02}-{until // 60:02}:{until % 60:02}"
    days = [day for day in Weekday if rng.random() < 0.6]
    window = Window(time_zone=zone, hours=hours, weekdays=days)

    minutes = open_minutes(
        ServiceHours(time_zone=zone, weekly=Weekly(**{day.value: [hours] for day in days or Weekday})), start, 6
    )

    expected = [start + timedelta(minutes=n) for n, is_open in enumerate(minutes) if is_open]
    spans = list(spans_of(window, start, start + timedelta(days=6)))
    found = [
        at for at in (start + timedelta(minutes=n) for n in range(len(minutes))) if any(a <= at < b for a, b in spans)
    ]
    assert found == expected
    assert all(first[1] < second[0] for first, second in pairwise(spans))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-12-05T20:59", None),
        ("2026-12-05T21:00", ("2026-12-05T21:00", "2026-12-06T01:00")),
        ("2026-12-06T00:59", ("2026-12-05T21:00", "2026-12-06T01:00")),
        ("2026-12-06T01:00", None),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_opens(at: str, expected: tuple[str, str] | None) -> None:
    assert span_at(NIGHT, utc(at)) == (expected and (utc(expected[0]), utc(expected[1])))


def test_a_window_that_is_open_all_day_never_closes_in_between() -> None:
    always = Window(time_zone="Europe/Stockholm", hours="00:00-24:00")

    [(opens, closes)] = spans_of(always, utc("2026-03-20"), utc("2026-04-05"))

    assert opens <= utc("2026-03-20")
    assert closes >= utc("2026-04-05")


def test_the_next_window_is_the_first_that_no_freeze_fills() -> None:
    freezes = [
        Freeze(since=utc("2026-12-01"), until=utc("2026-12-12T22:30"), reason="Christmas trade"),
        Freeze(since=utc("2026-12-19T12:00"), until=utc("2026-12-20T12:00"), reason="stocktaking"),
    ]

    def allowed(at: datetime) -> datetime:
        return freeze_over(freezes, at, Freezable.MAINTENANCE)

    assert next_span(NIGHT, utc("2026-12-06"), allowed) == (utc("2026-12-12T22:30"), utc("2026-12-13T01:00"))
    assert next_span(NIGHT, utc("2026-12-13T01:00"), allowed) == (utc("2026-12-26T21:00"), utc("2026-12-27T01:00"))


def test_a_window_that_does_not_open_within_a_year_is_reported() -> None:
    for_ever = [Freeze(since=utc("2026-01-01"), until=utc("2030-01-01"), reason="the shop is closed")]

    assert next_span(NIGHT, utc("2026-12-06"), lambda at: freeze_over(for_ever, at, Freezable.MAINTENANCE)) is None
