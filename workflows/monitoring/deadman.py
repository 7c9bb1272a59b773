"""The workflow of the dead-man's switch. Long activities follow one another, so that the history stays short."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from activities.stubs.deadman import watch_sources
    from models.base import format_duration
    from models.deadman import DeadMansSwitchOrder, WatchSources
    from workflows.runtime.markdown import summary_line

_UNTIL_IT_WORKS = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=5)
)
"""Without a limit on attempts: if the dead-man's switch stopped, nobody would notice a silent source."""

_SPARE = timedelta(hours=1)
"""The activity ends by itself; this margin before its timeout keeps a late end from counting as a failure."""


@workflow.defn(name="dead-mans-switch")
class DeadMansSwitch:
    """Keeps one activity running that checks when each source last sent a heartbeat; about 11 events in a run."""

    @workflow.run
    async def run(self, order: DeadMansSwitchOrder) -> None:
        """Check the sources for the time of one run, then continue as new."""
        workflow.set_current_details(
            "**Dead-man's switch**: raises an alarm when a source of alarms or an embedded monitor stops sending heartbeats. "
            "The silent ones are in the heartbeat of the activity under Pending Activities, and in `driftvakt doctor`."
        )
        await workflow.execute_activity(
            watch_sources,
            WatchSources(lasts=order.lasts),
            start_to_close_timeout=order.lasts + _SPARE,
            heartbeat_timeout=order.heartbeat_timeout,
            retry_policy=_UNTIL_IT_WORKS,
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=summary_line(f"Check the heartbeats of all sources for {format_duration(order.lasts)}"),
        )
        workflow.continue_as_new(order)
