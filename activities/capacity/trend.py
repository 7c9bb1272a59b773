"""Candidates for a forecast, each seen from every day of the past at once; pure.

A candidate gives a level and a slope for each day: standing on that day, it expects `level + slope * n` after n days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from activities.capacity.numbers import Days, Paths

_LEVEL = np.array([0.01, 0.03, 0.06, 0.1, 0.15, 0.25, 0.4, 0.6, 0.8, 0.99])
_SLOPE = np.array([0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2])
"""How fast level and slope follow the newest day: every pair is tried."""
_SETTLING = 28
"""Days after which the errors of a candidate count."""
_EVERY = 7
"""Days between two origins that judge a pair."""
YEAR = 52 * 7
"""Whole weeks, so that the weekdays agree."""
_RECENT = 60
"""Days of the recent line."""


@dataclass(frozen=True, slots=True)
class TrendLine:
    """What a candidate expects, standing on each day."""

    level: Days
    slope: Days

    def ahead(self, origin: int, horizon: int) -> Days:
        """Return the expected values of the days after one day."""
        return np.asarray(self.level[origin] + self.slope[origin] * np.arange(1, horizon + 1), dtype=np.float64)

    def errors(self, values: Days, origins: NDArray[np.int64], horizon: int) -> Paths:
        """Return the errors after each origin, value minus expectation; NaN beyond the end of the values."""
        ahead = np.arange(1, horizon + 1)
        padded = np.concatenate([values, np.full(horizon, np.nan)])
        expected = self.level[origins][:, None] + self.slope[origins][:, None] * ahead
        return np.asarray(padded[origins[:, None] + ahead] - expected, dtype=np.float64)


def local_trend(values: Days, horizon: int, *, quick: bool = False) -> TrendLine:
    """A level and a slope that follow the days, by Holt's linear method.

    The mean of two pairs of rates: one that was best for the next day, and a calmer one that was best for the whole horizon. If
    `quick`, the first alone.
    """
    rate_level, rate_slope = (grid.ravel() for grid in np.meshgrid(_LEVEL, _SLOPE))
    level, slope = np.full(rate_level.shape, float(np.median(values[:7]))), np.zeros(rate_level.shape)
    levels, slopes = np.empty((len(values), level.size)), np.empty((len(values), level.size))
    next_day = np.zeros(level.size)
    for at, value in enumerate(values):
        expected = level + slope
        error = value - expected
        level, slope = expected + rate_level * error, slope + rate_slope * error
        levels[at], slopes[at] = level, slope
        if at >= _SETTLING:
            next_day += np.abs(error)
    whole, ahead = np.zeros(level.size), np.arange(1, horizon + 1)
    for origin in range(min(120, len(values) // 3), len(values) - _SETTLING, _EVERY):
        known = values[origin + 1 : origin + 1 + horizon]
        expected_days = levels[origin][:, None] + slopes[origin][:, None] * ahead[: len(known)]
        whole += np.abs(expected_days - known).mean(1)
    best = [int(next_day.argmin())] if quick else [int(next_day.argmin()), int(whole.argmin())]
    return TrendLine(levels[:, best].mean(1), slopes[:, best].mean(1))


def recent_line(values: Days) -> TrendLine:
    """The median slope between all pairs of the last 60 days (Theil and Sen); a short burst does not bend it."""
    size = min(_RECENT, len(values) // 2)
    first, second = np.triu_indices(size, 1)
    windows = np.lib.stride_tricks.sliding_window_view(values, size)
    slope = np.median((windows[:, second] - windows[:, first]) / (second - first), axis=1)
    centre = np.median(windows - slope[:, None] * np.arange(size), axis=1)
    level = centre + slope * (size - 1)
    missing = len(values) - len(windows)
    return TrendLine(
        np.concatenate([np.full(missing, level[0]), level]), np.concatenate([np.full(missing, slope[0]), slope])
    )


def half_drift(values: Days) -> TrendLine:
    """A smoothed level with half of the slope of all days so far (the Theta method)."""
    best: Days = np.empty(0)
    least = np.inf
    for rate in _LEVEL:
        level, levels, missed = float(np.median(values[:7])), np.empty(len(values)), 0.0
        for at, value in enumerate(values):
            missed += abs(value - level) if at >= _SETTLING else 0.0
            level += rate * (value - level)
            levels[at] = level
        if missed < least:
            best, least = levels, missed
    days = np.arange(len(values), dtype=np.float64)
    count = days + 1
    mean_day, mean_value = np.cumsum(days) / count, np.cumsum(values) / count
    spread = np.maximum(np.cumsum(days * days) / count - mean_day**2, 1e-12)
    slope = (np.cumsum(days * values) / count - mean_day * mean_value) / spread
    slope[:_SETTLING] = 0
    return TrendLine(best, slope / 2)


def mean_of(*lines: TrendLine) -> TrendLine:
    """The mean of several candidates."""
    return TrendLine(
        np.asarray(np.mean([line.level for line in lines], axis=0)),
        np.asarray(np.mean([line.slope for line in lines], axis=0)),
    )


@dataclass(frozen=True, slots=True)
class YearAgo:
    """The same weekday a year earlier, lifted to the level of the day on which one stands."""

    values: Days
    level: Days

    def ahead(self, origin: int, horizon: int) -> Days:
        """Return the expected values of the days after one day, at least a year after the first. Beyond a year they repeat."""
        lifted = self.level[origin] - self.level[origin - YEAR]
        then = origin - YEAR + 1 + np.arange(horizon) % YEAR
        return np.asarray(self.values[then] + lifted, dtype=np.float64)

    def errors(self, values: Days, origins: NDArray[np.int64], horizon: int) -> Paths:
        """Return the errors after each origin, value minus expectation; NaN beyond the end, and in the first year."""
        errors = np.full((len(origins), horizon), np.nan)
        for row, origin in enumerate(origins):
            known = values[origin + 1 : origin + 1 + horizon]
            if origin >= YEAR + _SETTLING:
                errors[row, : len(known)] = known - self.ahead(int(origin), horizon)[: len(known)]
        return errors


Candidate = TrendLine | YearAgo
