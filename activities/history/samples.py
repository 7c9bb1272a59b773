"""The samples of one point as columns, because a day has thousands of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from models.probes import Sample, Seen


@dataclass(frozen=True)
class SampleColumns:
    """Samples of one point; the columns have the same length, and are sorted by time."""

    at: Sequence[datetime]
    """UTC."""
    seen: Sequence[str]
    """Values of `Seen`."""
    value: Sequence[float | None]
    latency_ms: Sequence[float | None]

    def __len__(self) -> int:
        return len(self.at)

    @cached_property
    def all_ok(self) -> bool:
        """Whether every sample has the result `ok`, as on most days."""
        return self.seen.count(Seen.OK) == len(self.seen)

    @cached_property
    def good_values(self) -> Sequence[float | None]:
        """The value of each `ok` sample, and None for the others."""
        return self._good(self.value)

    @cached_property
    def good_latencies(self) -> Sequence[float | None]:
        """The latency of each `ok` sample; that of a failed probe says nothing about the service."""
        return self._good(self.latency_ms)

    def _good(self, numbers: Sequence[float | None]) -> Sequence[float | None]:
        if self.all_ok:
            return numbers
        return [number if seen == Seen.OK else None for number, seen in zip(numbers, self.seen, strict=True)]

    def before(self, moment: datetime) -> int:
        """Return how many samples are earlier than this moment."""
        return bisect_left(self.at, moment)

    def only(self, kept: Sequence[int]) -> SampleColumns:
        """Return the samples with these indexes."""
        return SampleColumns(
            [self.at[k] for k in kept],
            [self.seen[k] for k in kept],
            [self.value[k] for k in kept],
            [self.latency_ms[k] for k in kept],
        )

    def sample(self, point: str, index: int) -> Sample:
        """Return one sample as the thresholds take it."""
        # Not validated: the row comes from a validated sample, and validation would take longer than the evaluation.
        return Sample.model_construct(
            point=point,
            at=self.at[index],
            seen=Seen(self.seen[index]),
            value=self.value[index],
            latency_ms=self.latency_ms[index],
            detail="",
        )


NO_SAMPLES = SampleColumns([], [], [], [])
