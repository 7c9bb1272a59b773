"""When which point is looked at: thousands of points, each at its own interval, spread evenly over time."""

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
from models.probes import ProbeTarget, Sample, Seen, SshCommandProbe

_GRAIN: Final = 0.02
"""Seconds; looks due within it start together, so that thousands of points do not mean thousands of wake-ups."""
_IDLE: Final = 0.05
"""Seconds; longest sleep, for a look that ends may bring a point that is due soon."""
_SSH_AT_ONCE: Final = 32
_LATENESS_BEATS: Final = 12


class Prober(Protocol):
    """Looks at measuring points."""

    async def probe_all(self, targets: Sequence[ProbeTarget], at_once: int) -> list[Sample]:
        """One sample a target; never raises for a target."""


class ProbeTimetable:
    """Which point is due when, on the monotonic clock; a point stands in it once at most."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []
        self._due: dict[str, float] = {}

    def add(self, name: str, due: float) -> None:
        """Enter a point, or move it."""
        self._due[name] = due
        heapq.heappush(self._heap, (due, name))

    def remove(self, name: str) -> None:
        """Take a point out, if it is in."""
        self._due.pop(name, None)

    def pop(self, now: float) -> tuple[str, float] | None:
        """Take out the point that is due first and when it was due; None when none is due yet."""
        while self._heap and self._heap[0][0] <= now:
            due, name = heapq.heappop(self._heap)
            if self._due.get(name) == due:
                del self._due[name]
                return name, due
        return None

    @property
    def next_due(self) -> float | None:
        """When the next point may be due."""
        return self._heap[0][0] if self._heap else None


class _Lane:
    """Points that are due and wait for a free slot; slow SSH commands must not hold up the rest."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.waiting: deque[tuple[str, float]] = deque()
        self.busy = 0


class Sampler:
    """Looks at every point of a plan at its own interval.

    A point under way or waiting for a slot is not due again: when looks take longer than their interval, looks are left
    out and counted, and no backlog grows.
    """

    def __init__(self, prober: Prober, take: Callable[[Sample], None], *, at_once: int) -> None:
        """`take` gets every sample of a point that is still in the plan; `at_once` bounds the looks under way."""
        self._prober = prober
        self._take = take
        self._points: Mapping[str, MonitoredPoint] = {}
        self._timetable = ProbeTimetable()
        self._net, self._ssh = _Lane(at_once), _Lane(min(at_once, _SSH_AT_ONCE))
        self._occupied: set[str] = set()
        """Names of points that are waiting or under way."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._lateness: deque[float] = deque([0.0], maxlen=_LATENESS_BEATS)
        self.samples = 0
        self.skipped = 0
        self.round_at = datetime.now(UTC)

    @property
    def in_flight(self) -> int:
        """Looks under way."""
        return self._net.busy + self._ssh.busy

    def follow(self, points: Mapping[str, MonitoredPoint], within: float) -> None:
        """Sample these points from now on; what is new or changed is looked at within so many seconds, or its interval."""
        now, before = time.monotonic(), self._points
        self._points = points
        for name in before.keys() - points.keys():
            self._timetable.remove(name)
        for name, point in points.items():
            if before.get(name) != point and name not in self._occupied:
                self._timetable.add(name, now + fraction(name) * min(within, point.every.total_seconds()))

    def lateness(self) -> float:
        """Longest delay of a look, in seconds, over the last dozen calls; call it once a beat."""
        longest = max(self._lateness)
        self._lateness.append(0.0)
        return longest

    async def run(self) -> None:
        """Sample until cancelled; looks under way are then broken off."""
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
            ssh = isinstance(self._points[entry[0]].target.probe, SshCommandProbe)
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
            task = asyncio.create_task(self._look(point, due, lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _look(self, point: MonitoredPoint, due: float, lane: _Lane) -> None:
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
                point=target.point, at=at, seen=Seen.NO_DATA, detail=f"the prober broke: {type(error).__name__}"
            )

    def _again(self, point: MonitoredPoint, due: float) -> None:
        """Enter the point for its next time on the grid that is still to come."""
        now, every = time.monotonic(), point.every.total_seconds()
        following = next_on_grid(point.name, every, time.time(), now)
        if following < due + every / 2:  # the grid moved with the wall clock: not the same look twice
            following += every
        self.skipped += int((now - due) / every)
        self._timetable.add(point.name, following)


def fraction(name: str) -> float:
    """Where in its interval a point stands, from 0 to 1: the same after every restart, different for every name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=6).digest()) / (1 << 48)


def next_on_grid(name: str, every: float, wall: float, now: float) -> float:
    """The next moment of a point on the monotonic clock (`now` of which is `wall` on the wall clock).

    The grid hangs on the wall clock, so that it survives restarts.
    """
    return now + (fraction(name) * every - wall) % every
