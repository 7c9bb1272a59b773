"""Calls of our own activities."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.testing import WorkflowEnvironment

from tests.replaying import replayed
from workflows.runtime.calls import call, look_up


@activity.defn
async def answer_later(_: str) -> str:
    """Takes longer than anybody waits."""
    await asyncio.sleep(0.5)
    return "an answer"


@workflow.defn
class StopsATask:
    """Stops a task of its own that waits for an answer."""

    @workflow.run
    async def run(self, how: str) -> list[str]:
        """What became of the task."""
        wait = look_up if how == "look up" else call
        task = asyncio.create_task(wait(answer_later, "a question", summary="Ask"))
        await workflow.sleep(timedelta(milliseconds=50))
        task.cancel()
        await workflow.wait([task])
        return ["cancelled" if task.cancelled() else repr(task.exception())]


async def test_a_task_that_is_stopped_while_it_waits_for_an_answer_is_cancelled_and_has_not_failed(
    skipping: WorkflowEnvironment,
) -> None:
    client, queue = skipping.client, f"calls-{uuid4().hex[:8]}"
    async with replayed(client, task_queue=queue, workflows=[StopsATask], activities=[answer_later]):
        ends = [
            await client.execute_workflow(StopsATask.run, how, id=f"stops-{uuid4().hex[:8]}", task_queue=queue)
            for how in ("look up", "call")
        ]
    assert ends == [["cancelled"], ["cancelled"]]
