"""How good forecasts are on made series, beside the simplest ones: the figures of docs/capacity.md, on a smaller set."""

from __future__ import annotations

import numpy as np
import pytest

from activities.capacity.forecast import Asked, forecast
from models.capacity import CapacityForecast, ResourceClass
from tests.capacity.made import AHEAD, HISTORY, KINDS, Made, made

CLASS = {"disk with clean-ups": ResourceClass.DISK}
COUNT = 10
LIMITS = range(5)
"""Above the peak of the last 90 days, in units of the scale."""
AT_MOST = {"disk": 1.2, "disk with clean-ups": 1.1, "cpu": 1.1, "memory": 1.1, "traffic": 1.7}
"""Mean absolute scaled error of 90 days."""


def forecasted(kind: str, one: Made, limit: float | None = None) -> CapacityForecast:
    asked = Asked(AHEAD, limit=limit, kind=CLASS.get(kind) or ResourceClass(kind))
    return forecast(one.history, asked, one.changed)


@pytest.mark.parametrize("kind", KINDS)
def test_forecasts_miss_little_and_hardly_more_than_a_line_through_the_last_month_where_that_is_best(kind: str) -> None:
    ours, line = [], []
    for one in made(kind, COUNT):
        median = np.array([day.median for day in forecasted(kind, one).days])
        ours.append(np.mean(np.abs(median - one.came)) / one.scale)
        month = one.values[HISTORY - 30 : HISTORY]
        slope, level = np.polyfit(np.arange(30), month, 1)
        line.append(np.mean(np.abs(level + slope * (29 + np.arange(1, AHEAD + 1)) - one.came)) / one.scale)

    assert np.mean(ours) <= AT_MOST[kind]
    assert np.mean(ours) < 1.1 * np.mean(line)


def test_intervals_hold_what_they_say_and_probabilities_are_better_than_the_base_rate() -> None:
    inside80, inside95, likely, happened = [], [], [], []
    for kind in KINDS:
        for one in made(kind, COUNT):
            for limit in LIMITS:
                at = float(one.values[HISTORY - 90 : HISTORY].max() + limit * one.scale)
                found = forecasted(kind, one, at)
                likely.append(found.days[-1].p_limit)
                happened.append(bool(one.came.max() >= at))
            inside80.append(np.mean([d.low80 <= v <= d.high80 for d, v in zip(found.days, one.came, strict=True)]))
            inside95.append(np.mean([d.low95 <= v <= d.high95 for d, v in zip(found.days, one.came, strict=True)]))

    said, came = np.array(likely, dtype=float), np.array(happened, dtype=float)
    skill = 1 - np.mean((said - came) ** 2) / np.mean((came.mean() - came) ** 2)
    assert 0.74 <= np.mean(inside80) <= 0.88  # fifty series: a little wider than over all of docs/capacity.md
    assert 0.90 <= np.mean(inside95) <= 0.99
    assert skill >= 0.5
