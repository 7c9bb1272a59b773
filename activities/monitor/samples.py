"""Samples on their way to the database."""

from __future__ import annotations

from collections import deque

from activities.monitor.store import SampleValues
from models.probes import Sample


class SampleBuffer:
    """Holds samples until they are stored; when the database is away for too long the oldest are dropped and counted."""

    def __init__(self, most: int) -> None:
        """`most`: samples held at the same time."""
        self._rows: deque[SampleValues] = deque(maxlen=most)
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, sample: Sample) -> None:
        """Hold a sample."""
        self.dropped += len(self._rows) == self._rows.maxlen
        self._rows.append(
            SampleValues(
                point=sample.point,
                at=sample.at,
                seen=sample.seen.value,
                value=sample.value,
                latency_ms=sample.latency_ms,
            )
        )

    def take(self, most: int) -> list[SampleValues]:
        """Take out the oldest samples."""
        return [self._rows.popleft() for _ in range(min(most, len(self._rows)))]

    def put_back(self, rows: list[SampleValues]) -> None:
        """Hold again what could not be stored, as far as there is room; the oldest give way."""
        assert self._rows.maxlen is not None
        room = self._rows.maxlen - len(self._rows)
        kept = rows[max(len(rows) - room, 0) :]
        self.dropped += len(rows) - len(kept)
        self._rows.extendleft(reversed(kept))
