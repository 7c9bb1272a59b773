"""The vigil of an installation: one long activity after another, so that history does not grow with looks."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from activities.stubs.vigil import keep_vigil
    from models.base import format_duration
    from models.vigil import KeepVigil, VigilOrder
    from workflows.runtime.markdown import summary_line

_UNTIL_IT_WORKS = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=5)
)
"""It never gives up: a watch that nobody watches is worse than one more attempt."""

_SPARE = timedelta(hours=1)


@workflow.defn(name="vigil")
class Vigil:
    """Keeps one activity looking at when each source of alarms was last heard of; about 11 events a run."""

    @workflow.run
    async def run(self, order: VigilOrder) -> None:
        """Look for as long as one run lasts, then go on with a fresh history."""
        workflow.set_current_details(
            "**Vigil**: an alarm is raised for every source of alarms, and every embedded monitor, that falls silent. Which are "
            "silent now: the heartbeat of the activity under Pending Activities, and `driftvakt doctor`."
        )
        await workflow.execute_activity(
            keep_vigil,
            KeepVigil(lasts=order.lasts),
            start_to_close_timeout=order.lasts + _SPARE,
            heartbeat_timeout=order.heartbeat_timeout,
            retry_policy=_UNTIL_IT_WORKS,
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=summary_line(f"See that all sources of alarms live, for {format_duration(order.lasts)}"),
        )
        workflow.continue_as_new(order)
