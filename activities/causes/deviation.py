"""How far a series left its usual range, and how closely it followed the symptom; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from activities.causes.measures import is_share_of_good
from models.cause_ranking import MeasuredSeries

_FEWEST: Final = 10
"""Quiet samples without which nobody knows what is usual."""
_FEWEST_PAIRS: Final = 6
"""Common samples without which two series cannot be compared."""
_FLOOR: Final = 0.01
"""A series never counts as steadier than this share of its own size: otherwise constant series would stand out for nothing."""
_SHARE_FLOOR: Final = 0.001
"""The same for a share of what went well, of the whole: 0.1 percentage points."""
_TAIL: Final = 12.0
"""The range between the 1st and the 99th percentile of a quiet series counts as this many of its units."""
_IQR_UNITS: Final = 1.349
"""The interquartile range of normally distributed values in standard deviations."""
_EQUAL: Final = 1e-12
"""Values that differ by less than this share of the largest one are equal."""
_NEAR: Final = 12
"""The fewest quiet samples before the incident that a comparison with the symptom covers."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """The range that is usual for a series, and its farthest value in the incident."""

    units: float
    """How many times its usual spread the farthest value lies away from the median of the quiet time."""
    usual: float
    """The median of the quiet time."""
    farthest: float


def deviation(series: MeasuredSeries) -> Deviation | None:
    """Return how far a series left its usual range; None with too few samples."""
    quiet = sorted(value for value in series.quiet if value is not None)
    incident = [value for value in series.incident if value is not None]
    if len(quiet) < _FEWEST or not incident:
        return None
    usual = _at(quiet, 0.5)
    if is_share_of_good(series.measure):
        farthest = min(incident)  # more of what goes well is no fault
        away = max(usual - farthest, 0.0)
    else:
        farthest = max(incident, key=lambda value: (abs(value - usual), value))
        away = abs(farthest - usual)
    return Deviation(away / _spread(quiet, series.measure), usual, farthest)


def _spread(quiet: Sequence[float], measure: str) -> float:
    """Return one unit of a series' usual spread, never zero. `quiet` is sorted."""
    size, floor = max(abs(quiet[0]), abs(quiet[-1])), 0.0
    if is_share_of_good(measure):
        whole = 100.0 if size > 1.5 else 1.0
        size, floor = max(abs(whole - value) for value in (quiet[0], quiet[-1])), _SHARE_FLOOR * whole
    return max(
        (_at(quiet, 0.75) - _at(quiet, 0.25)) / _IQR_UNITS,
        (_at(quiet, 0.99) - _at(quiet, 0.01)) / _TAIL,
        _FLOOR * size,
        floor,
        1e-9,
    )


def correlation(series: MeasuredSeries, symptom: MeasuredSeries) -> float:
    """Return how closely a series followed the symptom around the incident, from 0 to 1 whatever its direction.

    Only the time shortly before the incident counts: over days of quiet, other variations would outweigh it.
    """
    before = max(_NEAR, 2 * len(series.incident))
    pairs = [
        *_pairs(series.quiet[-before:], symptom.quiet[-before:], aligned_at_end=True),
        *_pairs(series.incident, symptom.incident),
    ]
    if len(pairs) < _FEWEST_PAIRS:
        return 0.0
    ones, others = _centred([one for one, _ in pairs]), _centred([other for _, other in pairs])
    if ones is None or others is None:
        return 0.0
    both = math.fsum(a * b for a, b in zip(ones, others, strict=True))
    spread = math.sqrt(math.fsum(a * a for a in ones)) * math.sqrt(math.fsum(b * b for b in others))
    return min(abs(both) / spread, 1.0)


def _centred(values: Sequence[float]) -> list[float] | None:
    """Return the values around their mean in units of the largest one, so that none overflows; None if all are equal."""
    most = max(abs(value) for value in values)
    if most == 0:
        return None
    scaled = [value / most for value in values]
    mean = math.fsum(scaled) / len(scaled)
    centred = [value - mean for value in scaled]
    return centred if max(abs(value) for value in centred) > _EQUAL else None


def _pairs(
    one: Sequence[float | None], other: Sequence[float | None], *, aligned_at_end: bool = False
) -> list[tuple[float, float]]:
    common = min(len(one), len(other))
    if aligned_at_end:
        one, other = one[len(one) - common :], other[len(other) - common :]
    return [(a, b) for a, b in zip(one[:common], other[:common], strict=True) if a is not None and b is not None]


def _at(ordered: Sequence[float], share: float) -> float:
    """Return the value at a share of the sorted values, between two values in proportion."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
