"""10,000 random calendars and spans, held against a reference that looks at every minute."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from activities.calendars import Calendar
from models.errors import ClockError
from tests.clocks.random_hours import CHANGES, DAYS, random_hours, windows
from tests.clocks.reference import MINUTE, added, open_minutes

CASES = 2500
"""For each of the four time zones."""


@pytest.mark.parametrize("zone", CHANGES)
def test_a_calendar_counts_the_same_as_a_minute_by_minute_count(zone: str) -> None:
    rng = Random(zone)
    starts = windows()[zone]
    for number in range(CASES):
        start = rng.choice(starts)
        hours = random_hours(rng, zone, start)
        minutes = open_minutes(hours, start, DAYS)
        calendar = Calendar(hours)
        since, until = sorted(rng.sample(range(1440, (DAYS - 1) * 1440), 2))
        told = f"case {number}: {hours!r} from {start + since * MINUTE} to {start + until * MINUTE}"

        assert calendar.elapsed(start + since * MINUTE, start + until * MINUTE) == sum(minutes[since:until]) * MINUTE, (
            told
        )
        assert calendar.is_open(start + since * MINUTE) is bool(minutes[since]), told
        count = rng.randrange(1, 2000)
        due = added(minutes, since, count)
        if due is not None and due < (DAYS - 1) * 1440:
            assert calendar.add(start + since * MINUTE, count * MINUTE) == start + due * MINUTE, told


@pytest.mark.parametrize("zone", CHANGES)
def test_spans_and_closures_tile_every_stretch_and_agree_with_all_else(zone: str) -> None:
    rng = Random(f"tiles {zone}")
    for number in range(250):
        start = rng.choice(windows()[zone])
        calendar = Calendar(random_hours(rng, zone, start))
        since = start + timedelta(seconds=rng.randrange(3 * 86400))
        until = since + timedelta(seconds=rng.randrange(1, 5 * 86400))

        spans, closures = calendar.spans(since, until), calendar.closures(since, until)

        edges = sorted([*spans, *((c.since, c.until) for c in closures)])
        assert [a for a, _ in edges] == [since, *(b for _, b in edges[:-1])], number
        assert edges[-1][1] == until
        assert sum((b - a for a, b in spans), timedelta()) == calendar.elapsed(since, until)
        assert all(calendar.is_open(a) and calendar.why_closed(a) is None for a, _ in spans)
        assert all(not calendar.is_open(c.since) and calendar.why_closed(c.since) == c.why for c in closures)


def test_adding_what_elapsed_never_leads_further_and_elapsed_of_what_was_added_is_it() -> None:
    rng = Random("round trip")
    for zone in CHANGES:
        for _ in range(100):
            start = rng.choice(windows()[zone])
            calendar = Calendar(random_hours(rng, zone, start))
            since = start + timedelta(seconds=rng.randrange(86400))
            span = timedelta(microseconds=rng.randrange(1, 10**12))
            try:
                due = calendar.add(since, span)
            except ClockError as never:
                assert "do not open again" in str(never)  # noqa: PT017
                continue
            assert calendar.elapsed(since, due) == span
            assert calendar.elapsed(since, due - timedelta(microseconds=1)) < span
