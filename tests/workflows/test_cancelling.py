"""The server that skips time takes it that an activity ends, or a timer, while its workflow cancels it."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.testing import WorkflowEnvironment

from tests.replaying import replayed

QUEUE = "cancelling"
BRIEFLY = 0.1


@activity.defn
async def end_briefly_after() -> None:
    """Ends after a moment."""
    await asyncio.sleep(BRIEFLY)


@workflow.defn
class CancelsWhatEnds:
    """Cancels an activity in the same workflow task during which the activity ends."""

    def __init__(self) -> None:
        self._stopped = False

    @workflow.run
    async def run(self) -> bool:
        """Whether it was told to stop before an hour was over."""
        running = workflow.start_activity(end_briefly_after, start_to_close_timeout=timedelta(minutes=1))
        await workflow.wait_condition(lambda: self._stopped)
        running.cancel()
        await workflow.sleep(timedelta(hours=1))
        return self._stopped

    @workflow.update
    def stop(self) -> None:
        """Takes so long that the activity has ended when the server hears that it is cancelled."""
        if not workflow.unsafe.is_replaying():
            time.sleep(4 * BRIEFLY)
        self._stopped = True


async def test_a_workflow_goes_on_after_it_cancels_an_activity_that_ends_meanwhile(
    skipping: WorkflowEnvironment,
) -> None:
    client = skipping.client
    async with replayed(client, task_queue=QUEUE, workflows=[CancelsWhatEnds], activities=[end_briefly_after]):
        handle = await client.start_workflow(CancelsWhatEnds.run, id="cancels", task_queue=QUEUE)
        async with asyncio.timeout(90):
            await handle.execute_update(CancelsWhatEnds.stop)
            assert await handle.result()


@workflow.defn
class CancelsATimerThatEnds:
    """Cancels a timer in the same workflow task during which the timer ends."""

    def __init__(self) -> None:
        self._stopped = False

    @workflow.run
    async def run(self) -> bool:
        """Whether it was told to stop before a moment was over."""
        await workflow.wait_condition(lambda: self._stopped, timeout=5 * BRIEFLY)
        await workflow.sleep(timedelta(hours=1))
        return self._stopped

    @workflow.signal
    def stop(self) -> None:
        """Takes so long that the timer has ended when the server hears that it is cancelled."""
        if not workflow.unsafe.is_replaying():
            time.sleep(10 * BRIEFLY)
        self._stopped = True


async def test_a_workflow_goes_on_after_it_cancels_a_timer_that_ends_meanwhile(skipping: WorkflowEnvironment) -> None:
    client = skipping.client
    async with replayed(client, task_queue=QUEUE, workflows=[CancelsATimerThatEnds]), asyncio.timeout(90):
        handle = await client.start_workflow(CancelsATimerThatEnds.run, id="cancels-a-timer", task_queue=QUEUE)
        await asyncio.sleep(BRIEFLY)
        await handle.signal(CancelsATimerThatEnds.stop)
        assert await handle.result()
