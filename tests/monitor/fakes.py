"""Stand-ins for what the monitor works with."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from models.alarms import Alarm, AlarmBatch, AlarmReceipt, BatchReceipt, Disposition
from models.errors import WatchUnavailableError
from models.probes import ProbeTarget, Sample, Seen


class FakeProber:
    """Sees what it is told to; counts looks, and looks that overlap at one point."""

    def __init__(self) -> None:
        self.seen: dict[str, Seen] = {}
        self.takes: dict[str, float] = {}
        self.checks: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.overlaps = 0
        self.most_under_way = 0
        self.ports: dict[str, int] = {}

    async def probe_all(self, targets: Sequence[ProbeTarget], at_once: int) -> list[Sample]:
        return [await self._look(target) for target in targets]

    async def _look(self, target: ProbeTarget) -> Sample:
        name, at = target.point, datetime.now(UTC)
        self.checks[name] += 1
        self.overlaps += self.under_way[name] > 0
        self.under_way[name] += 1
        self.most_under_way = max(self.most_under_way, self.under_way.total())
        self.ports[name] = getattr(target.probe, "port", 0)
        await asyncio.sleep(self.takes.get(name, 0))
        self.under_way[name] -= 1
        seen = self.seen.get(name, Seen.OK)
        return Sample(point=name, at=at, seen=seen, detail="" if seen is Seen.OK else "as the test says")


class FakeWatches:
    """Acknowledges alarms, unless it is away."""

    def __init__(self) -> None:
        self.alarms: list[Alarm] = []
        self.away: set[str] = set()
        self.attempts = 0

    async def deliver(self, batch: AlarmBatch) -> BatchReceipt:
        self.attempts += 1
        if batch.application in self.away:
            raise WatchUnavailableError(f"the watch of {batch.application} is away")
        self.alarms += batch.alarms
        receipts = [
            AlarmReceipt(fingerprint=a.fingerprint, disposition=Disposition.NOTED, reason="") for a in batch.alarms
        ]
        return BatchReceipt(receipts=receipts)

    def told(self) -> list[tuple[str, str]]:
        return [(alarm.fingerprint, alarm.state.value) for alarm in self.alarms]


async def until(condition: Callable[[], object], seconds: float = 90) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to hold"
        await asyncio.sleep(0.02)
