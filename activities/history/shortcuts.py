"""Whether a condition holds for all of many samples, or for none, without evaluating each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar, cast

from activities.history.samples import SampleColumns
from models.dossier.monitoring import Threshold
from models.probes import Seen

T = TypeVar("T")

_FAILED: Final = "failed"


def holds_for_all(condition: str, samples: SampleColumns, begin: int, end: int) -> bool | None:
    """Return True if `models.dossier.monitoring.holds` is True for each sample in [begin, end), and False if it is
    False for each; None if they differ, or if one sample cannot say.
    """
    if not samples.all_ok:
        seen = _part(samples.seen, begin, end)
        failed = seen.count(Seen.FAILED)
        if seen.count(Seen.OK) + failed < len(seen):
            return None
        if condition == _FAILED:
            return True if failed == len(seen) else False if not failed else None
    elif condition == _FAILED:
        return False
    quantity, comparison, written = condition.split()
    numbers = _part(samples.value if quantity == "value" else samples.latency_ms, begin, end)
    known = cast("Sequence[float]", numbers)
    return None if None in numbers else _compared(comparison, min(known), max(known), float(written))


def _compared(comparison: str, least: float, most: float, limit: float) -> bool | None:
    match comparison:
        case ">":
            every, none = least > limit, most <= limit
        case ">=":
            every, none = least >= limit, most < limit
        case "<":
            every, none = most < limit, least >= limit
        case "<=":
            every, none = most <= limit, least > limit
        case "==":
            every, none = least == most == limit, not least <= limit <= most
        case _:
            every, none = not least <= limit <= most, least == most == limit
    return True if every else False if none else None


def judged(samples: SampleColumns, begin: int, end: int, thresholds: Sequence[Threshold]) -> list[bool] | None:
    """Return for each sample in [begin, end) whether it measured something that a threshold can judge; None: all did.

    A failed command says nothing about `value > 90`. Without thresholds, every sample with data counts.
    """
    conditions = {c for t in thresholds for c in (t.when, t.clear) if c is not None}
    any_result = not conditions or _FAILED in conditions
    seen = _part(samples.seen, begin, end)
    all_data = samples.all_ok or Seen.NO_DATA not in seen
    if all_data and any_result:
        return None
    columns = {"value": samples.value, "latency_ms": samples.latency_ms}
    quantities = {condition.split()[0] for condition in conditions} & columns.keys()
    numbers = [_part(columns[quantity], begin, end) for quantity in sorted(quantities)]
    if all_data and any(None not in column for column in numbers):
        return None
    return [s != Seen.NO_DATA and (any_result or any(c[k] is not None for c in numbers)) for k, s in enumerate(seen)]


def _part(column: Sequence[T], begin: int, end: int) -> Sequence[T]:
    return column if end - begin == len(column) else column[begin:end]
