"""Compares the health after a change with the health before it. The functions are pure, so the tests are tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from models.dossier.changes import HealthBounds, ValueBounds
from models.probes import Sample, Seen


def worse(before: Sequence[Sample], after: Sequence[Sample], bounds: HealthBounds) -> list[str]:
    """Return each measuring point that is worse than before, as one sentence: it fails, is slower, or is out of its bounds.

    A point that already failed before the change is left out, because the change did not cause that fault.
    """
    now = {sample.point: sample for sample in after}
    found = []
    for was in before:
        if was.seen is not Seen.OK:
            continue
        sample = now.get(was.point)
        if sample is None or sample.seen is not Seen.OK:
            detail = sample.detail or sample.seen.value if sample else "it was not probed"
            found.append(f"{was.point} was healthy before the change and is not now: {detail}")
            continue
        found += filter(None, (_slower(was, sample, bounds), _out_of_bounds(was, sample, bounds)))
    return found


def _slower(was: Sample, now: Sample, bounds: HealthBounds) -> str | None:
    if was.latency_ms is None or now.latency_ms is None:
        return None
    limit = was.latency_ms * bounds.latency_factor + bounds.latency_slack.total_seconds() * 1000
    if now.latency_ms <= limit:
        return None
    return f"{was.point} answers in {now.latency_ms:.0f} ms ({was.latency_ms:.0f} ms before); at most {limit:.0f} ms was agreed"


def _out_of_bounds(was: Sample, now: Sample, bounds: HealthBounds) -> str | None:
    limits = bounds.values.get(was.point.rpartition(".")[2])
    if limits is None:
        return None
    if now.value is None:
        return f"{was.point} returns no value, so its agreed bounds cannot be checked"
    for limit in _limits(limits, was.value):
        if limit.is_broken_by(now.value):
            return f"{was.point} is {now.value:g}; {limit} was agreed"
    return None


class _Limit(NamedTuple):
    """A bound of a value, with the value before the change when the bound is relative to it."""

    at_most: bool
    value: float
    before: float | None = None

    def is_broken_by(self, value: float) -> bool:
        return value > self.value if self.at_most else value < self.value

    def __str__(self) -> str:
        before = "" if self.before is None else f" ({self.before:g} before)"
        return f"at {'most' if self.at_most else 'least'} {self.value:g}{before}"


def _limits(limits: ValueBounds, before: float | None) -> list[_Limit]:
    found = []
    if limits.at_most is not None:
        found.append(_Limit(True, limits.at_most))
    if limits.at_least is not None:
        found.append(_Limit(False, limits.at_least))
    if limits.rise is not None and before is not None:
        found.append(_Limit(True, before + limits.rise, before))
    if limits.fall is not None and before is not None:
        found.append(_Limit(False, before - limits.fall, before))
    return found
