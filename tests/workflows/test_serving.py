"""How a worker ends."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.common import RetryPolicy

from tests.workflows.world import unique
from workflows.runtime import serving
from workflows.runtime.serving import BoundedWorker

_begun = asyncio.Event()


@activity.defn
async def ends_a_little_later() -> str:
    """What a worker waits for when it ends."""
    _begun.set()
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await asyncio.sleep(0.3)
    return "it ended well"


async def test_a_worker_ends_although_the_core_never_comes_back(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(serving, "SHUTDOWN_WITHIN", timedelta(seconds=0.5))
    worker = BoundedWorker(client, task_queue=unique("queue"), activities=[ends_a_little_later])
    monkeypatch.setattr(worker._bridge_worker, "finalize_shutdown", asyncio.Event().wait)
    with caplog.at_level(logging.WARNING, "driftvakt.worker"):
        async with worker:
            pass
    assert worker.is_shutdown
    assert [r.message for r in caplog.records if r.name == "driftvakt.worker"] == [
        f"the worker of {worker.task_queue} did not end within 0:00:00.500000; shutting down without it"
    ]


async def test_a_worker_lets_an_activity_come_to_its_end(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    queue = unique("queue")
    with caplog.at_level(logging.WARNING, "driftvakt.worker"):
        async with BoundedWorker(client, task_queue=queue, activities=[ends_a_little_later]):
            handle = await client.start_activity(
                ends_a_little_later,
                id=queue,
                task_queue=queue,
                start_to_close_timeout=timedelta(seconds=90),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
            # What the server calls started may still be on its way, and a worker that ends then never gets it.
            await asyncio.wait_for(_begun.wait(), 60)
    assert await handle.result() == "it ended well"
    assert not [r for r in caplog.records if r.name == "driftvakt.worker"]
