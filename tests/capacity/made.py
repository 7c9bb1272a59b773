"""Made series of daily use: what a disk, a processor, a process with a leak, and the traffic of a shop look like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.random import Generator

from activities.capacity.numbers import Days
from models.capacity import DailyUse

FIRST = date(2025, 6, 2)
HISTORY, AHEAD = 365, 90


@dataclass(frozen=True)
class Made:
    """A series: a year to learn from, 90 days to judge by, and the days of its recorded changes."""

    values: Days
    changes: tuple[int, ...] = ()

    @property
    def history(self) -> list[DailyUse]:
        """The year."""
        return used(self.values[:HISTORY])

    @property
    def came(self) -> Days:
        """What came after it."""
        return self.values[HISTORY:]

    @property
    def scale(self) -> float:
        """The mean difference between a day and the same weekday a week before, in the year: the unit of an error."""
        year = self.values[:HISTORY]
        return float(np.mean(np.abs(year[7:] - year[:-7])))

    @property
    def changed(self) -> list[date]:
        """The days of the changes."""
        return [FIRST + timedelta(days=day) for day in self.changes]


def used(values: Days | list[float | None], first: date = FIRST) -> list[DailyUse]:
    """Daily use from a day on; None and NaN are days without data."""
    return [
        DailyUse(day=first + timedelta(days=n), value=None if value is None or np.isnan(value) else float(value))
        for n, value in enumerate(values)
    ]


def disk(chance: Generator) -> Made:
    """Grows at a rate that wanders."""
    rate = 0.1 + np.cumsum(chance.normal(0, 0.003, HISTORY + AHEAD))
    return Made(np.asarray(30 + np.cumsum(rate) + chance.normal(0, 0.1, HISTORY + AHEAD)))


def disk_with_clean_ups(chance: Generator) -> Made:
    """Grows steadily; clean-ups that are recorded as changes free a part."""
    values = 50 + np.cumsum(chance.normal(0.12, 0.08, HISTORY + AHEAD))
    changes = tuple(sorted(chance.choice(np.arange(40, 330, 30), size=2, replace=False)))
    for change in changes:
        values[change:] -= chance.uniform(8, 20)
    return Made(values, tuple(int(change) for change in changes))


def processor(chance: Generator) -> Made:
    """Business days; grows slowly."""
    day = np.arange(HISTORY + AHEAD)
    base = np.where(day % 7 < 5, 40, 16) * (1 + 0.0008 * day)
    return Made(np.asarray(base + chance.normal(0, 3, day.size)))


def leak(chance: Generator) -> Made:
    """Memory that grows until a restart at about 60 %, over and over."""
    values, level = np.empty(HISTORY + AHEAD), 45.0 + 15 * chance.random()
    for day in range(values.size):
        level = 45.0 + chance.normal(0, 1) if level > 60 + chance.normal(0, 1) else level + chance.uniform(0.5, 1.3)
        values[day] = level + chance.normal(0, 0.6)
    return Made(values)


def traffic(chance: Generator) -> Made:
    """A year, a week, noise that lasts for some days."""
    day, noise = np.arange(HISTORY + AHEAD), np.zeros(HISTORY + AHEAD)
    for at in range(1, noise.size):
        noise[at] = 0.6 * noise[at - 1] + chance.normal(0, 25)
    year = 80 * np.sin(2 * np.pi * (day + chance.integers(0, 365)) / 365)
    return Made(np.asarray(620 + year + np.where(day % 7 < 5, 30, -40) + noise))


KINDS: dict[str, Callable[[Generator], Made]] = {
    "disk": disk,
    "disk with clean-ups": disk_with_clean_ups,
    "cpu": processor,
    "memory": leak,
    "traffic": traffic,
}


def made(kind: str, count: int, seed: int = 7) -> list[Made]:
    """As many series of a kind; the same for the same seed."""
    return [KINDS[kind](np.random.default_rng([seed, number])) for number in range(count)]
