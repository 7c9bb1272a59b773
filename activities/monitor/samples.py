"""The buffer of samples for the database."""

from __future__ import annotations

from collections import deque

from activities.monitor.store import SampleValues
from models.probes import Sample


class SampleBuffer:
    """Holds samples until they are stored. If the database is unavailable for too long, the oldest are dropped and
    counted.
    """

    def __init__(self, most: int) -> None:
        """`most`: the most samples in the buffer."""
        self._rows: deque[SampleValues] = deque(maxlen=most)
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, sample: Sample) -> None:
        """Add a sample."""
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
        """Remove and return the oldest samples."""
        return [self._rows.popleft() for _ in range(min(most, len(self._rows)))]

    def put_back(self, rows: list[SampleValues]) -> None:
        """Return samples to the buffer that could not be stored. If there is too little space, the oldest are
        dropped.
        """
        assert self._rows.maxlen is not None
        room = self._rows.maxlen - len(self._rows)
        kept = rows[max(len(rows) - room, 0) :]
        self.dropped += len(rows) - len(kept)
        self._rows.extendleft(reversed(kept))
