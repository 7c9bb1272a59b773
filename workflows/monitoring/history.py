"""The workflow that keeps the history. Long activities follow one another, so that the event history stays short."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from activities.stubs.history import keep_history
    from models.base import format_duration
    from models.history import HistoryOrder, KeepHistory
    from workflows.runtime.markdown import summary_line

_UNTIL_IT_WORKS = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=1)
)
"""Without a limit on attempts: samples are kept until they are folded, so they would fill the disk."""

_SPARE = timedelta(hours=1)
"""The activity ends by itself; this margin before its timeout keeps a late end from counting as a failure."""


@workflow.defn(name="history")
class History:
    """Keeps one activity running that folds the samples of finished days; about 11 events in a run."""

    @workflow.run
    async def run(self, order: HistoryOrder) -> None:
        """Keep the history for the time of one run, then continue as new."""
        workflow.set_current_details(
            "**History**: an hour after each day (UTC), it folds the samples of every measuring point into spans of up, "
            "down and no data, and into hourly and daily figures. The monitor deletes samples only after that. The "
            "progress is in the heartbeat of the activity under Pending Activities, and in `driftvakt doctor`."
        )
        await workflow.execute_activity(
            keep_history,
            KeepHistory(lasts=order.lasts),
            start_to_close_timeout=order.lasts + _SPARE,
            heartbeat_timeout=order.heartbeat_timeout,
            retry_policy=_UNTIL_IT_WORKS,
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=summary_line(f"Keep the history of all measuring points for {format_duration(order.lasts)}"),
        )
        workflow.continue_as_new(order)
