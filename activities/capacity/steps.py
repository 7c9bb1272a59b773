"""Steps in the use of a resource: a clean-up, a larger disk, a new release; pure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from activities.capacity.numbers import Days

_AROUND = 7
"""Days before and after a step from which its size is computed."""
_NEAR = 35
"""Days before and after a step from which the growth of a day is computed."""
_FEWEST = 3
_PLAIN = 5.0
"""A step counts if it is this many times as large as the usual difference between two days."""
_SURPRISING = 8.0
"""A step without a recorded change is asked about if it is this many times as large."""
_MOST = 5
"""The most steps that are asked about."""


def lift(values: Days, changes: Iterable[int]) -> tuple[Days, dict[int, float]]:
    """Shift the days before each recorded change to the level after it.

    `changes` are positions in `values`. A change may show on its own day or on the next one. Return the shifted values, and the
    size of each step. A change without a visible step shifts nothing.
    """
    shifted, steps = values.copy(), dict[int, float]()
    usual = usual_difference(values)
    for change in sorted(set(changes)):
        sizes = {at: _size(values, at) for at in (change, change + 1)}
        at = max(sizes, key=lambda at: (abs(sizes[at]), -at))
        if abs(sizes[at]) > _PLAIN * usual and at not in steps:
            shifted[:at] += sizes[at]
            steps[at] = sizes[at]
    return shifted, steps


def unexplained(values: Days, known: Iterable[int]) -> list[int]:
    """Return the positions of the largest steps that no recorded change explains, oldest first."""
    usual = usual_difference(values)
    sizes = np.array([abs(_size(values, at)) for at in range(len(values))])
    for at in known:
        sizes[max(0, at - _AROUND) : at + _AROUND] = 0
    found: list[int] = []
    while len(found) < _MOST and len(sizes) and sizes.max() > _SURPRISING * usual:
        at = int(sizes.argmax())
        found.append(_sharpest(values, at))
        sizes[max(0, at - _AROUND) : at + _AROUND] = 0
    return sorted(found)


def usual_difference(values: Days) -> float:
    """Return the median difference between two days that follow each other, without the usual growth; above zero."""
    differences = np.diff(values)
    differences = differences[~np.isnan(differences)]
    if not len(differences):
        return float("inf")
    around = float(np.median(np.abs(differences - np.median(differences))))
    return max(around, 1e-9 * float(np.nanmax(np.abs(values))), 1e-300)


def _sharpest(values: Days, at: int) -> int:
    """Return the day of the largest difference near a step: its size is about the same on the days around it."""
    near = range(max(1, at - _FEWEST), min(len(values), at + _FEWEST + 1))
    return max(near, key=lambda day: np.nan_to_num(abs(values[day] - values[day - 1])), default=at)


def _size(values: Days, at: int) -> float:
    before, after = values[max(0, at - _AROUND) : at], values[at : at + _AROUND]
    if min(np.count_nonzero(~np.isnan(before)), np.count_nonzero(~np.isnan(after))) < _FEWEST:
        return 0.0
    slope = _growth(values, at)
    old = np.nanmedian(before + slope * np.arange(len(before), 0, -1))
    new = np.nanmedian(after - slope * np.arange(len(after)))
    return float(new - old)


def _growth(values: Days, at: int) -> float:
    """Return the usual growth of a day around a day. A step is in the fewest of the differences over a week, and the weekdays
    are in none; the growth within two weeks alone would be mostly chance.
    """
    near = values[max(0, at - _NEAR) : at + _NEAR]
    weeks = near[_AROUND:] - near[:-_AROUND]
    weeks = weeks[~np.isnan(weeks)]
    return float(np.median(weeks)) / _AROUND if len(weeks) else 0.0
