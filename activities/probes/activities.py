"""The activities that look at measuring points, on the task queue of a site."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from temporalio import activity

from activities.probes.health import HealthWatch
from activities.probes.looks import Looks
from activities.probes.ssh_command import SshLook
from models.dossier.monitoring import holds
from models.probes import HealthVerdict, ProbeBatch, ProbeBatchResult, ProbeTarget, Sample, Seen, WatchHealth

_AT_ONCE: Final = 50
_BEAT: Final = 5.0
"""Seconds between heartbeats where the workflow set no heartbeat timeout."""


class Probes:
    """Looks at measuring points; one a worker, made and used on its event loop, closed at its end."""

    def __init__(
        self, ssh_look: SshLook | None = None, *, http_clients: int = 2000, trust: ssl.SSLContext | None = None
    ) -> None:
        """`ssh_look` runs commands on hosts (none: `ssh_command` probes are no data); `trust` is for tests and private CAs."""
        self._looks = Looks(ssh_look, http_clients=http_clients, trust=trust)

    async def probe_all(self, targets: Sequence[ProbeTarget], at_once: int = _AT_ONCE) -> list[Sample]:
        """Look once at each target; see `Looks.probe_all`. Needs no Temporal."""
        return await self._looks.probe_all(targets, at_once)

    async def close(self) -> None:
        """Close all connections."""
        await self._looks.close()

    @activity.defn(name="probe_points")
    async def probe_points(self, request: ProbeBatch) -> ProbeBatchResult:
        """Look once at every point of the batch."""
        async with _heartbeating():
            return ProbeBatchResult(samples=await self.probe_all(request.targets, request.at_once))

    @activity.defn(name="watch_health")
    async def watch_health(self, request: WatchHealth) -> HealthVerdict:
        """Look again and again until the points' state is certain, or the time is up.

        No look begins after `give_up_after`; one under way is finished, so the verdict may come later by the longest
        timeout among the probes. After a worker's death the next attempt watches anew: what an unwatched gap hid is
        not known, so nothing seen before it counts.
        """
        watch, end = HealthWatch(request), time.monotonic() + request.give_up_after.total_seconds()
        async with _heartbeating():
            while True:
                began = time.monotonic()
                samples = await self.probe_all(request.targets)
                verdict = watch.observe([judged(t, s) for t, s in zip(request.targets, samples, strict=True)], began)
                activity.heartbeat(watch.looks)
                if verdict is not None:
                    return verdict
                following = max(began + request.every.total_seconds(), time.monotonic())
                if following > end:
                    return watch.give_up()
                await asyncio.sleep(following - time.monotonic())


def judged(target: ProbeTarget, sample: Sample) -> Sample:
    """A look that succeeded but shows a fault (`value > 90`) counts as failed."""
    for condition in target.ill_when:
        if sample.seen is Seen.OK and holds(condition, sample):
            number = sample.value if condition.startswith("value") else sample.latency_ms
            return sample.model_copy(update={"seen": Seen.FAILED, "detail": f"{condition}: it is {number:g}"})
    return sample


@asynccontextmanager
async def _heartbeating() -> AsyncIterator[None]:
    """Beat while a look, or the pause between two, takes longer than the heartbeat timeout."""
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
