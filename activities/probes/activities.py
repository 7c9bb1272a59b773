"""The activities that probe measuring points, on the task queue of a site."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from temporalio import activity

from activities.probes.health import HealthWatch
from activities.probes.runner import ProbeRunner
from activities.probes.tools import ReadOnlySsh
from models.dossier.monitoring import holds
from models.probes import HealthVerdict, ProbeBatch, ProbeBatchResult, ProbeTarget, Sample, Seen, WatchHealth

_AT_ONCE: Final = 50
_BEAT: Final = 5.0
"""Seconds between heartbeats if the workflow set no heartbeat timeout."""


class Probes:
    """Probes measuring points. Each worker has one, on its event loop, and closes it at its end."""

    def __init__(
        self, run_read_only: ReadOnlySsh | None = None, *, http_clients: int = 2000, trust: ssl.SSLContext | None = None
    ) -> None:
        """`run_read_only` runs commands on hosts; without it their probes give no data. `trust` is for tests and private CAs."""
        self._runner = ProbeRunner(run_read_only, http_clients=http_clients, trust=trust)

    async def probe_all(self, targets: Sequence[ProbeTarget], at_once: int = _AT_ONCE) -> list[Sample]:
        """Probe each target once; see `ProbeRunner.probe_all`. Needs no Temporal."""
        return await self._runner.probe_all(targets, at_once)

    async def close(self) -> None:
        """Close all connections."""
        await self._runner.close()

    @activity.defn(name="probe_points")
    async def probe_points(self, request: ProbeBatch) -> ProbeBatchResult:
        """Probe every point of the batch once."""
        async with _heartbeating():
            return ProbeBatchResult(samples=await self.probe_all(request.targets, request.at_once))

    @activity.defn(name="watch_health")
    async def watch_health(self, request: WatchHealth) -> HealthVerdict:
        """Probe again and again until the state of the points is certain, or the time is over.

        No probe begins after `give_up_after`. Probes in progress are finished, so the verdict may come later by the
        longest timeout. After a worker's death the next attempt starts from zero, because nobody saw the health in
        between.
        """
        watch, end = HealthWatch(request), time.monotonic() + request.give_up_after.total_seconds()
        async with _heartbeating():
            while True:
                began = time.monotonic()
                samples = await self.probe_all(request.targets)
                verdict = watch.observe([judged(t, s) for t, s in zip(request.targets, samples, strict=True)], began)
                activity.heartbeat(watch.checks)
                if verdict is not None:
                    return verdict
                following = max(began + request.every.total_seconds(), time.monotonic())
                if following > end:
                    return watch.give_up()
                await asyncio.sleep(following - time.monotonic())


def judged(target: ProbeTarget, sample: Sample) -> Sample:
    """Return a successful probe as failed if its value shows a fault (`value > 90`)."""
    for condition in target.failing_when:
        if sample.seen is Seen.OK and holds(condition, sample):
            number = sample.value if condition.startswith("value") else sample.latency_ms
            return sample.model_copy(update={"seen": Seen.FAILED, "detail": f"{condition}: it is {number:g}"})
    return sample


@asynccontextmanager
async def _heartbeating() -> AsyncIterator[None]:
    """Send heartbeats while a probe, or a pause between probes, takes longer than the heartbeat timeout."""
    timeout = activity.info().heartbeat_timeout
    beating = asyncio.create_task(_beat(timeout.total_seconds() / 3 if timeout else _BEAT))
    try:
        yield
    finally:
        beating.cancel()


async def _beat(every: float) -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(every)
