"""Being told to stop is never lost: not in the moment in which what was waited for comes true."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.testing import WorkflowEnvironment

from tests.replaying import replayed
from tests.workflows.world import unique
from workflows.runtime.waiting import until


@workflow.defn(name="stopped-as-it-comes-true")
class StoppedAsItComesTrue:
    """Two tasks wait for the same; whoever sees it first stops the other."""

    def __init__(self) -> None:
        self.true = False

    @workflow.run
    async def run(self) -> str:
        other = asyncio.create_task(self._other())
        await workflow.wait_condition(lambda: self.true)
        other.cancel()
        await workflow.wait([other])
        return "stopped" if other.cancelled() else "went on"

    @workflow.signal
    def come_true(self) -> None:
        self.true = True

    async def _other(self) -> None:
        await until(lambda: self.true, within=timedelta(hours=1), summary="A test")


async def test_who_is_stopped_as_it_comes_true_stops(skipping: WorkflowEnvironment) -> None:
    async with replayed(skipping.client, task_queue="waiting", workflows=[StoppedAsItComesTrue]):
        handle = await skipping.client.start_workflow(
            "stopped-as-it-comes-true", id=unique("waiting"), task_queue="waiting", result_type=str
        )
        await handle.query("__stack_trace")  # it waits
        await handle.signal("come_true")
        assert await handle.result() == "stopped"


async def test_a_wait_returns_whether_the_condition_became_true_in_time(skipping: WorkflowEnvironment) -> None:
    async with replayed(skipping.client, task_queue="waiting", workflows=[InTime]):
        handle = await skipping.client.start_workflow(
            "in-time", id=unique("waiting"), task_queue="waiting", result_type=list[bool]
        )
        assert await handle.result() == [True, False]


@workflow.defn(name="in-time")
class InTime:
    @workflow.run
    async def run(self) -> list[bool]:
        hour = timedelta(hours=1)
        return [
            await until(lambda: True, within=hour, summary="Comes true"),
            await until(lambda: False, within=hour, summary="Never comes true"),
        ]
