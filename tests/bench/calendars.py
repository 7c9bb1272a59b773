"""Benchmark: service time between two moments, beside a reference that counts every minute, over the same calendars."""

from __future__ import annotations

import time
from random import Random
from typing import Final

from activities.calendars import Calendar
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.clocks.random_hours import CHANGES, random_hours, windows
from tests.clocks.reference import MINUTE, open_minutes

_CALENDARS: Final = size(__name__, "calendars", 40, 2)
_DAYS: Final = size(__name__, "days", 360, 60)
TARGETS: Final = ("service time, years known >= 100 x ceiling",)


def run(calendars: int = _CALENDARS, asked: int = 5, days: int = _DAYS) -> list[Figure]:
    """Measure: each calendar is made cold and asked some times, then asked again with its years known."""
    rng = Random("bench")
    cases = []
    for _ in range(calendars):
        zone = rng.choice(list(CHANGES))
        start = rng.choice(windows()[zone])
        ends = [sorted(rng.sample(range(1440, (days - 1) * 1440), 2)) for _ in range(asked)]
        hours = random_hours(rng, zone, start)
        open_minutes(hours, start, days)  # both sides begin with the wall clock and the holidays known
        cases.append((hours, start, ends))

    began = time.process_time()
    slow = [sum(open_minutes(h, s, days)[a:b]) for h, s, ends in cases for a, b in ends]
    reference = len(slow) / (time.process_time() - began)

    began = time.process_time()
    made = [(Calendar(h), s, ends) for h, s, ends in cases]
    first = [c.elapsed(s + a * MINUTE, s + b * MINUTE) // MINUTE for c, s, ends in made for a, b in ends]
    cold = len(first) / (time.process_time() - began)
    began = time.process_time()
    known = [c.elapsed(s + a * MINUTE, s + b * MINUTE) // MINUTE for c, s, ends in made for a, b in ends]
    warm = len(known) / (time.process_time() - began)
    assert slow == first == known
    minutes, unit = "every minute counted", "/core-s"
    return [
        Figure(
            f"service time within {days} days, years known",
            warm,
            unit,
            reference,
            minutes,
            Goal(100, False, of_ceiling=True),
        ),
        Figure(f"  the same, new calendar, {asked} queries", cold, unit, reference, minutes),
    ]
