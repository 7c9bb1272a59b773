"""Holding the health after a change against the health before it: pure, so that it can be told in tables."""

from __future__ import annotations

from collections.abc import Sequence

from models.dossier.changes import HealthBounds, ValueBounds
from models.probes import Sample, Seen


def worse(before: Sequence[Sample], after: Sequence[Sample], bounds: HealthBounds) -> list[str]:
    """What is worse than before, one sentence each: what was healthy is ill or gone, too slow, or out of its bounds.

    What was ill before may stay so: the change did not do that.
    """
    now = {sample.point: sample for sample in after}
    found = []
    for was in before:
        if was.seen is not Seen.OK:
            continue
        sample = now.get(was.point)
        if sample is None or sample.seen is not Seen.OK:
            detail = sample.detail or sample.seen.value if sample else "it was not looked at"
            found.append(f"{was.point} was healthy and is not: {detail}")
            continue
        found += filter(None, (_slower(was, sample, bounds), _out_of_bounds(was, sample, bounds)))
    return found


def _slower(was: Sample, now: Sample, bounds: HealthBounds) -> str | None:
    if was.latency_ms is None or now.latency_ms is None:
        return None
    limit = was.latency_ms * bounds.latency_factor + bounds.latency_slack.total_seconds() * 1000
    if now.latency_ms <= limit:
        return None
    return f"{was.point} answers in {now.latency_ms:.0f} ms, {was.latency_ms:.0f} ms before; at most {limit:.0f} ms was agreed"


def _out_of_bounds(was: Sample, now: Sample, bounds: HealthBounds) -> str | None:
    limits = bounds.values.get(was.point.rpartition(".")[2])
    if limits is None:
        return None
    if now.value is None:
        return f"{was.point} gives no value, and its bounds were agreed"
    for limit, said in _limits(limits, was.value):
        if (now.value > limit) if said.startswith("at most") else (now.value < limit):
            return f"{was.point} is {now.value:g}; {said} was agreed"
    return None


def _limits(limits: ValueBounds, before: float | None) -> list[tuple[float, str]]:
    found = []
    if limits.at_most is not None:
        found.append((limits.at_most, f"at most {limits.at_most:g}"))
    if limits.at_least is not None:
        found.append((limits.at_least, f"at least {limits.at_least:g}"))
    if limits.rise is not None and before is not None:
        found.append((before + limits.rise, f"at most {before + limits.rise:g} ({before:g} before)"))
    if limits.fall is not None and before is not None:
        found.append((before - limits.fall, f"at least {before - limits.fall:g} ({before:g} before)"))
    return found
