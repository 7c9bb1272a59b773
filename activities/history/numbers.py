"""Figures of the numbers of an hour and of a day."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, fsum

from models.history import DayNumbers, SampleNumbers


def _known(numbers: Sequence[float | None]) -> Sequence[float]:
    missing = numbers.count(None)
    if missing == len(numbers):
        return ()
    return [n for n in numbers if n is not None] if missing else numbers  # type: ignore[return-value]  # no None


def hour_numbers(numbers: Sequence[float | None]) -> SampleNumbers | None:
    """Return the figures of an hour; None without a number."""
    good = _known(numbers)
    if not good:
        return None
    return SampleNumbers.model_construct(count=len(good), min=min(good), mean=_mean(good), max=max(good))


def day_numbers(numbers: Sequence[float | None]) -> DayNumbers | None:
    """Return the figures of a day, from its numbers in the order of their time; None without a number."""
    good = _known(numbers)
    if not good:
        return None
    ordered = sorted(good)
    return DayNumbers.model_construct(
        count=len(good),
        min=ordered[0],
        mean=_mean(good),
        max=ordered[-1],
        p50=_percentile(ordered, 50),
        p95=_percentile(ordered, 95),
        p99=_percentile(ordered, 99),
        last=good[-1],
    )


def _mean(good: Sequence[float]) -> float:
    # Exact, so that the same samples have the same mean in every release of Python.
    return fsum(good) / len(good)


def _percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[ceil(len(ordered) * percent / 100) - 1]
