"""The sampler: it probes thousands of points, each at its own interval, spread evenly over time."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final, Protocol

from activities.monitor.plan import MonitoredPoint
from models.probes import ProbeTarget, Sample, Seen

_GRAIN: Final = 0.02
"""Seconds; probes that are due within it start together, so that thousands of points do not need thousands of
wake-ups."""
_IDLE: Final = 0.05
"""Seconds; the longest sleep, because the end of a probe may make another point due soon."""
_SSH_AT_ONCE: Final = 32
_LATENESS_BEATS: Final = 12


class Prober(Protocol):
    """Probes measuring points."""

    async def probe_all(self, targets: Sequence[ProbeTarget], at_once: int) -> list[Sample]:
        """Return one sample for each target; never raise because of a target."""


class ProbeTimetable:
    """The next probe of each point, on the monotonic clock; a point is in it at most once."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []
        self._due: dict[str, float] = {}

    def add(self, name: str, due: float) -> None:
        """Add a point, or move it."""
        self._due[name] = due
        heapq.heappush(self._heap, (due, name))

    def remove(self, name: str) -> None:
        """Remove a point, if it is present."""
        self._due.pop(name, None)

    def pop(self, now: float) -> tuple[str, float] | None:
        """Remove and return the first due point with its due time; None if no point is due yet."""
        while self._heap and self._heap[0][0] <= now:
            due, name = heapq.heappop(self._heap)
            if self._due.get(name) == due:
                del self._due[name]
                return name, due
        return None

    @property
    def next_due(self) -> float | None:
        """Return the earliest time at which a point may be due."""
        return self._heap[0][0] if self._heap else None


class _Lane:
    """Due points that wait for a free slot; slow SSH commands must not delay the other probes."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.waiting: deque[tuple[str, float]] = deque()
        self.busy = 0


class Sampler:
    """Probes every point of a plan at its own interval.

    A point whose probe runs or waits for a slot is not due again. If probes take longer than their interval, probes are
    skipped and counted, so that no backlog grows.
    """

    def __init__(self, prober: Prober, take: Callable[[Sample], None], *, at_once: int) -> None:
        """`take` receives every sample of a point that is still in the plan; `at_once` limits the parallel probes."""
        self._prober = prober
        self._take = take
        self._points: Mapping[str, MonitoredPoint] = {}
        self._timetable = ProbeTimetable()
        self._net, self._ssh = _Lane(at_once), _Lane(min(at_once, _SSH_AT_ONCE))
        self._occupied: set[str] = set()
        """The names of points whose probe waits or runs."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._lateness: deque[float] = deque([0.0], maxlen=_LATENESS_BEATS)
        self.samples = 0
        self.skipped = 0
        self.round_at = datetime.now(UTC)

    @property
    def in_flight(self) -> int:
        """The number of running probes."""
        return self._net.busy + self._ssh.busy

    def follow(self, points: Mapping[str, MonitoredPoint], within: float) -> None:
        """Replace the plan. New and changed points are probed within this many seconds, or within their interval."""
        now, before = time.monotonic(), self._points
        self._points = points
        for name in before.keys() - points.keys():
            self._timetable.remove(name)
        for name, point in points.items():
            if before.get(name) != point and name not in self._occupied:
                self._timetable.add(name, now + fraction(name) * min(within, point.every.total_seconds()))

    def lateness(self) -> float:
        """Return the longest delay of a probe, in seconds, over the last dozen calls; call it once for each
        heartbeat.
        """
        longest = max(self._lateness)
        self._lateness.append(0.0)
        return longest

    async def run(self) -> None:
        """Sample until cancelled; running probes are then cancelled."""
        try:
            while True:
                now = time.monotonic()
                self.round_at = datetime.now(UTC)
                self._enqueue(now)
                self._start(self._net, now)
                self._start(self._ssh, now)
                await asyncio.sleep(self._pause())
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _pause(self) -> float:
        if self._net.waiting or self._ssh.waiting:
            return _GRAIN
        due = self._timetable.next_due
        return _IDLE if due is None else min(max(due - time.monotonic(), _GRAIN), _IDLE)

    def _enqueue(self, now: float) -> None:
        while (entry := self._timetable.pop(now)) is not None:
            self._occupied.add(entry[0])
            ssh = self._points[entry[0]].target.probe.on_host
            (self._ssh if ssh else self._net).waiting.append(entry)

    def _start(self, lane: _Lane, now: float) -> None:
        while lane.waiting and lane.busy < lane.at_once:
            name, due = lane.waiting.popleft()
            point = self._points.get(name)
            if point is None:
                self._occupied.discard(name)
                continue
            self._lateness[-1] = max(self._lateness[-1], now - due)
            lane.busy += 1
            task = asyncio.create_task(self._probe_point(point, due, lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _probe_point(self, point: MonitoredPoint, due: float, lane: _Lane) -> None:
        try:
            sample = await self._probe(point.target)
        finally:
            lane.busy -= 1
            self._occupied.discard(point.name)
        current = self._points.get(point.name)
        if current is None:
            return
        if current is point or current == point:
            self.samples += 1
            self._again(point, due)
            self._take(sample)
        else:  # it was changed meanwhile: what the old one showed says nothing
            self._timetable.add(point.name, time.monotonic())

    async def _probe(self, target: ProbeTarget) -> Sample:
        at = datetime.now(UTC)
        try:
            samples = await self._prober.probe_all([target], 1)
            return samples[0]
        except Exception as error:  # the prober broke its promise; the point must not fall out of the timetable for it
            return Sample(
                point=target.point, at=at, seen=Seen.NO_DATA, detail=f"the probe failed: {type(error).__name__}"
            )

    def _again(self, point: MonitoredPoint, due: float) -> None:
        """Schedule the point at its next time on the grid."""
        now, every = time.monotonic(), point.every.total_seconds()
        following = next_on_grid(point.name, every, time.time(), now)
        if following < due + every / 2:  # the grid moved with the wall clock: not the same probe twice
            following += every
        self.skipped += int((now - due) / every)
        self._timetable.add(point.name, following)


def fraction(name: str) -> float:
    """Return the position of a point in its interval, from 0 to 1: stable over restarts, and different for every
    name.
    """
    return int.from_bytes(blake2b(name.encode(), digest_size=6).digest()) / (1 << 48)


def next_on_grid(name: str, every: float, wall: float, now: float) -> float:
    """Return the next time of a point on the monotonic clock (`now`, which is `wall` on the wall clock).

    The grid is based on the wall clock, so that it survives restarts.
    """
    return now + (fraction(name) * every - wall) % every
