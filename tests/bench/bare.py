"""The ceiling of the workflow benchmarks: a workflow that does nothing but run activities that do nothing, or wait."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow


@dataclass
class BareOrder:
    """How many activities, one after the other; and whether to wait without an end after them."""

    activities: int = 0
    wait: bool = False


@activity.defn(name="bench_nothing")
async def nothing() -> float:
    """Return when it was called, in seconds since the epoch."""
    return time.time()


@workflow.defn(name="bench_bare")
class Bare:
    """Runs activities and gives back when each was called."""

    @workflow.run
    async def run(self, order: BareOrder) -> list[float]:
        """Run them."""
        limit = timedelta(seconds=30)
        called = [
            await workflow.execute_activity(nothing, start_to_close_timeout=limit) for _ in range(order.activities)
        ]
        if order.wait:
            await workflow.wait_condition(lambda: False)
        return called


@workflow.defn(name="bench_bare_receiver")
class BareReceiver:
    """Takes messages by update, each with an activity; opens one bare workflow with the first."""

    def __init__(self) -> None:
        self._taken = 0

    @workflow.run
    async def run(self) -> None:
        """Open one, and wait."""
        await workflow.wait_condition(lambda: self._taken > 0)
        await workflow.start_child_workflow(
            Bare.run,
            BareOrder(wait=True),
            id=f"{workflow.info().workflow_id}.1",
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        )
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def take(self, payload: list[dict[str, str]]) -> int:
        """Take a batch."""
        self._taken += 1
        await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=30))
        return len(payload)
