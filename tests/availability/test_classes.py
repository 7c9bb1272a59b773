"""Every second of a period has one class, and the parts of a period add up to the whole."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from activities.availability import join
from activities.availability.evidence import Evidence
from activities.availability.measuring import measure
from activities.calendars import calendar_of
from models.availability import MeasuredPeriod, SecondClass
from tests.availability.random_events import random_events, random_subject, random_window, shuffled
from tests.availability.second_by_second import Reference
from tests.clocks.random_hours import CHANGES, random_hours

SEEDS = st.integers(0, 2**32)
PARTIES = ((), ("customer",), ("customer", "third_party"))


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_the_classes_are_those_of_a_count_second_by_second(seed: int) -> None:
    rng = Random(seed)
    zone = rng.choice(list(CHANGES))
    since, until = random_window(rng, zone)
    hours = random_hours(rng, zone, since - timedelta(days=1)) if rng.random() < 0.6 else "24x7"
    subject, excused = random_subject(rng), rng.choice(PARTIES)
    events = random_events(rng, subject, since, until)

    found = measure(subject, calendar_of(hours), excused, Evidence(events, until), since, until)

    counted = Reference(subject, hours, excused, events, since, until)
    assert {kind: n for kind, n in found.classes.model_dump().items() if n} == dict(counted.classes())
    alone = {kind: n for kind, n in found.maintenance_counted.model_dump().items() if n}
    assert alone == dict(counted.classes(maintenance_counts=True))
    assert [(one.since, one.until, one.counted_seconds) for one in found.outages] == counted.spans("down")
    assert found.classes.total == found.maintenance_counted.total == (until - since) // timedelta(seconds=1)
    assert sum(one.counted_seconds for one in found.outages) == found.classes.down
    assert all(one.points for one in found.outages)
    assert [(one.since, one.until, one.counted_seconds) for one in found.gaps] == counted.spans("no_data")
    assert sum(one.counted_seconds for one in found.gaps) == found.classes.no_data


@given(seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_the_parts_of_a_period_join_to_exactly_the_whole(seed: int) -> None:
    rng = Random(seed)
    zone = rng.choice(list(CHANGES))
    since, until = random_window(rng, zone)
    calendar = calendar_of(random_hours(rng, zone, since - timedelta(days=1)))
    subject, excused = random_subject(rng), rng.choice(PARTIES)
    evidence = Evidence(random_events(rng, subject, since, until), until)
    seconds = (until - since) // timedelta(seconds=1)
    cuts = sorted({0, seconds, *(rng.randrange(seconds) for _ in range(rng.randint(1, 5)))})
    borders = [since + timedelta(seconds=cut) for cut in cuts]

    parts = [measure(subject, calendar, excused, evidence, a, b) for a, b in pairwise(borders)]

    assert join(parts) == measure(subject, calendar, excused, evidence, since, until)
    assert join([join(parts[:1]), join(parts[1:])] if parts[1:] else parts) == join(parts)


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_the_order_in_which_events_arrive_changes_nothing(seed: int) -> None:
    rng = Random(seed)
    since, until = random_window(rng, "Europe/Stockholm")
    subject = random_subject(rng)
    events = random_events(rng, subject, since, until)

    def act(of: Evidence) -> MeasuredPeriod:
        return measure(subject, calendar_of("24x7"), ("customer",), of, since, until)

    assert act(Evidence(shuffled(rng, events), until)) == act(Evidence(events, until))


def test_the_classes_are_in_the_order_in_which_they_apply() -> None:
    assert [kind.value for kind in SecondClass] == [
        *("outside_hours", "not_yet_measured", "maintenance", "excused", "down", "no_data", "up")
    ]
