"""Forecasts the daily use of a resource, and when it reaches its limit; pure, and nothing in it is random.

The forecast is a line that follows the days, with the pattern of the week. The same method, applied to each day of the past,
gives errors. The courses of these errors are added to the forecast, so they give its ranges. The share of courses that reach
the limit is its probability. docs/capacity.md says on which data this was measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from activities.capacity.numbers import Days, Paths
from activities.capacity.season import fill, week_of
from activities.capacity.steps import lift, unexplained
from activities.capacity.trend import YEAR, Candidate, YearAgo, half_drift, local_trend, mean_of, recent_line
from models.base import counted
from models.capacity import CapacityForecast, DailyUse, ForecastDay, LiftedStep, LimitReached, ResourceClass

_ANY: Final = 28
"""Days of history without which there is no forecast."""
_DATES: Final = 60
"""Days of history without which there are no dates."""
_PRESENT: Final = 0.8
"""The least share of days with data."""
_FRESH: Final = 7
"""The last data must be of one of the last so many days."""
_TWO_YEARS: Final = 2 * YEAR

_STEADY: Final = {ResourceClass.TRAFFIC, ResourceClass.CONNECTIONS}
"""Classes that come back to their level: a trend counts less."""

_QUICK: Final = {ResourceClass.DISK}
"""Classes that go on growing at their newest rate."""

_WIDER: Final = 1.15
"""The factor for past errors: the method has seen the days that it is judged by, so its errors there are too small."""
_NEAR: Final = 3
"""The errors of so many days before and after count for a day, too."""
_FEWEST_PATHS: Final = 14
_BETTER: Final = 0.9
"""The year ago is taken if its errors are at most this share of the errors of the other candidate."""
_PEAK: Final = 90
_DIGITS: Final = 6
"""Significant digits of every figure."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The question that a forecast answers."""

    horizon: int
    """Days ahead."""
    limit: float | None = None
    falls: bool = False
    """The resource must not fall below its limit; otherwise it must not grow beyond it."""
    kind: ResourceClass | None = None
    last_day: date | None = None
    """The day before the forecast begins; None: the last day of the history."""


def forecast(history: Sequence[DailyUse], asked: Asked, changes: Iterable[date] = ()) -> CapacityForecast:
    """Forecast a resource from its daily use, in any order of days and at most one value for each.

    `changes` are the days of recorded changes, restores and the like: a step on such a day is not growth.
    """
    measured = {use.day: use.value for use in history if use.value is not None}
    first, last = min(measured, default=date.min), asked.last_day or max((use.day for use in history), default=date.min)
    measured = {day: value for day, value in measured.items() if day <= last}
    today = CapacityForecast(
        limit=asked.limit, level=_level(measured), peak=_peak(measured, last, asked), refused=_refused(measured, last)
    )
    if today.refused:
        return today
    span = (last - first).days + 1
    values = np.array([measured.get(first + timedelta(days=n), np.nan) for n in range(span)], dtype=np.float64)
    lifted, steps = lift(values, [(day - first).days for day in changes if first < day <= last])
    questions = unexplained(lifted, steps)

    weekday = week_of(lifted)
    level = fill(lifted) - weekday[np.arange(span) % 7]
    candidate = _candidate(level, asked)
    origins = np.arange(max(_ANY, min(_PEAK, span // 3)), span - _FEWEST_PATHS, dtype=np.int64)
    errors = candidate.errors(level, origins, asked.horizon) * _WIDER
    days_without_data = np.concatenate([np.isnan(lifted), np.ones(asked.horizon, dtype=bool)])
    unknown = days_without_data[origins[:, None] + np.arange(1, asked.horizon + 1)]
    expected = candidate.ahead(span - 1, asked.horizon) + weekday[(span + np.arange(asked.horizon)) % 7]
    sign = -1.0 if asked.falls else 1.0
    floor = 0.0 if np.nanmin(values) >= 0 else -np.inf
    quantiles, courses = _quantiles(np.where(unknown, np.nan, errors)), _courses(errors)
    likely = None
    if asked.limit is not None and span >= _DATES:
        highest = np.maximum.accumulate(np.maximum(expected + courses, floor) * sign, axis=1)
        likely = np.mean(highest >= asked.limit * sign, axis=0)
    days = [
        ForecastDay(
            day=last + timedelta(days=n + 1),
            median=_figure(max(float(expected[n]), floor)),
            low80=_figure(max(float(expected[n] + low80), floor)),
            high80=_figure(max(float(expected[n] + high80), floor)),
            low95=_figure(max(float(expected[n] + low95), floor)),
            high95=_figure(max(float(expected[n] + high95), floor)),
            p_limit=None if likely is None else round(float(likely[n]), 4),
        )
        for n, (low95, low80, high80, high95) in enumerate(quantiles)
    ]
    return today.model_copy(
        update={
            "days": days,
            "reached": _reached(days),
            "lifted": [LiftedStep(day=first + timedelta(days=at), by=_figure(by)) for at, by in steps.items()],
            "unexplained": [first + timedelta(days=at) for at in questions],
            "notes": _notes(values, span),
        }
    )


def _refused(measured: dict[date, float], last: date) -> str | None:
    if not measured:
        return "There is no data."
    span = (last - min(measured)).days + 1
    if len(measured) < _ANY:
        return f"The history has {counted(len(measured), 'day')} with data; a forecast needs {_ANY}."
    if (last - max(measured)).days >= _FRESH:
        return f"The last data is of {max(measured)}; a forecast to begin after {last} needs data of its last {_FRESH} days."
    if len(measured) / span < _PRESENT:
        missing = counted(span - len(measured), "day")
        return f"{missing} of {span} have no data; a forecast needs data of {_PRESENT:.0%} of the days."
    return None


def _level(measured: dict[date, float]) -> float | None:
    newest = [measured[day] for day in sorted(measured)[-_FRESH:]]
    return _figure(median(newest)) if newest else None


def _peak(measured: dict[date, float], last: date, asked: Asked) -> float | None:
    recent = [value for day, value in measured.items() if (last - day).days < _PEAK]
    return _figure((min if asked.falls else max)(recent)) if recent else None


def _candidate(level: Days, asked: Asked) -> Candidate:
    trend = local_trend(level, asked.horizon, quick=asked.kind in _QUICK)
    chosen: Candidate = trend
    if asked.kind in _STEADY:
        chosen = mean_of(trend, recent_line(level), half_drift(level))
    if len(level) < _TWO_YEARS:
        return chosen
    year = YearAgo(level, trend.level)
    origins = np.arange(YEAR + _ANY, len(level) - _ANY, dtype=np.int64)
    ago, other = (np.nanmean(np.abs(one.errors(level, origins, asked.horizon))) for one in (year, chosen))
    return year if ago < _BETTER * other else chosen


def _quantiles(errors: Paths) -> NDArray[np.float64]:
    """Return four quantiles of the past errors for each day ahead: 2.5, 10, 90 and 97.5 %."""
    enough, horizon = _judged(errors), errors.shape[1]
    quantiles = np.empty((horizon, 4))
    for day in range(enough):
        near = errors[:, max(0, day - _NEAR) : min(enough, day + _NEAR + 1)]
        quantiles[day] = np.quantile(near[~np.isnan(near)], (0.025, 0.1, 0.9, 0.975))
    quantiles[enough:] = quantiles[enough - 1] * (np.arange(enough, horizon)[:, None] + 1) / enough
    return quantiles


def _courses(errors: Paths) -> Paths:
    """Return the courses of errors that are known for as many days as can be judged, continued to the horizon."""
    enough, horizon = _judged(errors), errors.shape[1]
    known = errors[~np.isnan(errors[:, enough - 1])]
    return np.concatenate(
        [known[:, :enough], known[:, enough - 1 : enough] * (np.arange(enough, horizon) + 1) / enough], axis=1
    )


def _judged(errors: Paths) -> int:
    """Return how many days ahead the past has enough errors to judge; beyond them, errors grow in proportion."""
    return max(int(np.count_nonzero(np.count_nonzero(~np.isnan(errors), axis=0) >= _FEWEST_PATHS)), 1)


def _reached(days: Sequence[ForecastDay]) -> LimitReached:
    def first(probability: float) -> date | None:
        return next((one.day for one in days if one.p_limit is not None and one.p_limit >= probability), None)

    return LimitReached(p10=first(0.1), p50=first(0.5), p90=first(0.9))


def _notes(values: Days, span: int) -> list[str]:
    notes = []
    if span < _DATES:
        notes.append(f"The history covers {span} days; dates need {_DATES}.")
    if span < _TWO_YEARS:
        notes.append(
            f"The history covers {span} days, less than two years: the seasons of the year are not in the forecast."
        )
    if missing := int(np.count_nonzero(np.isnan(values))):
        notes.append(f"{counted(missing, 'day')} of {span} without data were bridged by a line.")
    return notes


def _figure(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
