"""Benchmark: forecasts of the use of resources, next to a line through the last month: what each misses, and what it costs."""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from activities.capacity.forecast import Asked, forecast
from models.capacity import ResourceClass
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.capacity.made import AHEAD, HISTORY, KINDS, made

_COUNT: Final = size(__name__, "resources", 20, 1)
_CLASS = {"disk with clean-ups": ResourceClass.DISK}
_AT_MOST = {"disk": 1.2, "disk with clean-ups": 1.1, "cpu": 1.1, "memory": 1.1, "traffic": 1.7}
_EACH = 180.0
"""Milliseconds: 5,000 resources within 15 minutes of one core."""
TARGETS: Final = (
    "scaled error of a disk or a CPU <= 1.2 or 1.1, of memory <= 1.1, of traffic <= 1.7",
    "a forecast <= 180 ms",
)


def run() -> list[Figure]:
    """Measure: 90 days after a year."""
    figures, spent, spent_on_lines = [], 0.0, 0.0
    for kind in KINDS:
        ours, lines = [], []
        for one in made(kind, _COUNT):
            history, days = one.history, np.arange(1, AHEAD + 1)
            began = time.process_time()
            found = forecast(history, Asked(AHEAD, 1e9, kind=_CLASS.get(kind) or ResourceClass(kind)), one.changed)
            spent += time.process_time() - began
            began = time.process_time()
            slope, level = np.polyfit(np.arange(30), one.values[HISTORY - 30 : HISTORY], 1)
            line = level + slope * (29 + days)
            spent_on_lines += time.process_time() - began
            median = np.array([day.median for day in found.days])
            ours.append(np.mean(np.abs(median - one.came)) / one.scale)
            lines.append(np.mean(np.abs(line - one.came)) / one.scale)
        goal = Goal(_AT_MOST[kind])
        figures.append(
            Figure(f"{kind}: scaled error", float(np.mean(ours)), "", float(np.mean(lines)), "a line, 30 days", goal)
        )
    count = _COUNT * len(KINDS)
    each, line_each = spent / count * 1000, spent_on_lines / count * 1000
    return [*figures, Figure("a forecast with its past errors", each, "ms", line_each, "a line", Goal(_EACH))]
