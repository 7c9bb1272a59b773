"""The week and the gaps in the use of a resource; pure."""

from __future__ import annotations

import numpy as np

from activities.capacity.numbers import Days

_WEEK = 7
_RECENT = 26 * _WEEK
"""Days from which the pattern of the week is learnt."""
_FEWEST_WEEKS = 4
_PLAIN = 0.3
"""The share of the variation around the mean of a week that the weekdays must explain."""


def week_of(values: Days) -> Days:
    """Return what each weekday adds to the mean of its week, from the weekday of the first value on; zeros without a pattern."""
    nothing = np.zeros(_WEEK)
    if len(values) < _FEWEST_WEEKS * _WEEK:
        return nothing
    filled = fill(values)
    half = _WEEK // 2
    deviation = (values[half:-half] - np.convolve(filled, np.ones(_WEEK) / _WEEK, "valid"))[-_RECENT:]
    weekday = np.arange(half, len(values) - half)[-_RECENT:] % _WEEK
    known = ~np.isnan(deviation)
    if any(np.count_nonzero(known & (weekday == day)) < 2 for day in range(_WEEK)):
        return nothing
    pattern = np.array([np.median(deviation[known & (weekday == day)]) for day in range(_WEEK)])
    pattern -= pattern.mean()
    rest, variation = (deviation - pattern[weekday])[known], float(np.var(deviation[known]))
    return pattern if variation > 0 and 1 - np.var(rest) / variation > _PLAIN else nothing


def fill(values: Days) -> Days:
    """Return the values with each gap bridged by a line."""
    known = ~np.isnan(values)
    at = np.arange(len(values))
    return np.interp(at, at[known], values[known])
