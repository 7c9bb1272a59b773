"""What a measure shows, by the words in its name: an effect, the component's own state, or the load on it."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final


class MeasureKind(Enum):
    """What a measure shows."""

    EFFECT = "effect"
    """Latency, errors, availability: a failing dependency can cause it."""
    OWN = "own"
    """Processor, memory, disk and everything else that only the component itself can cause."""
    LOAD = "load"
    """Requests: its callers cause it."""


_EFFECT: Final = re.compile(
    r"latenc|duration|response|elapsed|delay|error|fail|fault|timeout|avail|success|5xx|4xx|status|seen|health|up\b",
    re.IGNORECASE,
)
_LOAD: Final = re.compile(
    r"request|traffic|throughput|workload|\brps\b|\bqps\b|calls|hits|invocation|count|rate|_rx|_tx", re.IGNORECASE
)
_GOOD: Final = re.compile(r"avail|success", re.IGNORECASE)


def kind_of(measure: str) -> MeasureKind:
    """Return what a measure of this name shows; an unknown name is the component's own state."""
    if _EFFECT.search(measure):
        return MeasureKind.EFFECT
    return MeasureKind.LOAD if _LOAD.search(measure) else MeasureKind.OWN


def is_share_of_good(measure: str) -> bool:
    """Return whether it is the share of what went well, such as `availability`: what counts then is what is missing to all."""
    return _GOOD.search(measure) is not None
