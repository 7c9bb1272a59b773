"""The activity that samples a site, on the task queue of that site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError

from activities.monitor.run import MonitorTuning, SiteParts, SiteRun
from models.errors import WORKER_SHUTDOWN
from models.monitor import Beat, SampleSite

_NOTE_PATIENCE: Final = timedelta(seconds=3)


class SiteMonitor:
    """Samples the measuring points of a site and reports faults to the watches; one instance in a worker serves any
    number of sites.
    """

    def __init__(self, parts: SiteParts, tuning: MonitorTuning | None = None) -> None:
        self._parts = parts
        self._tuning = tuning or MonitorTuning()

    @activity.defn(name="sample_site")
    async def sample_site(self, request: SampleSite) -> Beat:
        """Sample until the time is up. When the worker shuts down, the activity ends soon, and another worker retries
        it.
        """
        info = activity.info()
        run = SiteRun(request.site, self._parts, self._tuning, attempt=info.attempt, last=_last_beat() or request.last)
        async with _together(run.run(), self._beating(run), activity.wait_for_worker_shutdown()) as tasks:
            ended, _ = await asyncio.wait(
                tasks, timeout=request.lasts.total_seconds(), return_when=asyncio.FIRST_COMPLETED
            )
            for task in ended:
                task.result()
        if activity.is_worker_shutdown():
            raise ApplicationError(
                "this worker shuts down; the next attempt continues from here",
                type=WORKER_SHUTDOWN,
                category=ApplicationErrorCategory.BENIGN,
            )
        return run.beat()

    async def _beating(self, run: SiteRun) -> None:
        """Send heartbeats, and occasionally a signal to the workflow."""
        timeout = activity.info().heartbeat_timeout
        every = min(self._tuning.beat_every, timeout.total_seconds() / 3 if timeout else self._tuning.beat_every)
        while True:
            beat = run.beat()
            activity.heartbeat(beat)
            now = datetime.now(UTC)
            if run.began and run.notes.allows(beat, now) and await _note(beat):
                run.notes.spend(beat, now)
            await asyncio.sleep(every)


@asynccontextmanager
async def _together(*works: Coroutine[Any, Any, None]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run tasks that end with the block."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _note(beat: Beat) -> bool:
    """Send a signal to the workflow; a lost signal does no harm, because another follows."""
    info = activity.info()
    assert info.workflow_id is not None, "only workflows start it"
    handle = activity.client().get_workflow_handle(info.workflow_id, run_id=info.workflow_run_id)
    try:
        await handle.signal("note", beat, rpc_timeout=_NOTE_PATIENCE)
    except RPCError:
        return False
    return True


def _last_beat() -> Beat | None:
    """Return the state from the last heartbeat of the attempt before; None if there is none, or if another release
    wrote it.
    """
    details = activity.info().heartbeat_details
    try:
        return Beat.model_validate(details[0]) if details else None
    except ValidationError:
        return None
