"""The workflow of a site's embedded monitor. Long activities follow one another, so that the history stays short."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from activities.stubs.monitor import sample_site
    from models.base import format_duration
    from models.monitor import Beat, MonitorOrder, MonitorStatus, SampleSite
    from workflows.runtime.markdown import plain, summary_line
    from workflows.runtime.refusals import Refusals
    from workflows.runtime.wrong_inputs import Begun

_UNTIL_IT_WORKS = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=5)
)
"""Without a limit on attempts: if sampling stopped, the site would not be monitored."""

_SPARE = timedelta(hours=1)
"""The activity ends by itself; this margin before its timeout keeps a late end from counting as a failure."""


@workflow.defn(name="monitor")
class Monitor(Begun):
    """Keeps one activity running that samples a site's measuring points.

    A run has about 11 events, and 4 more for each progress note of the activity.
    """

    @workflow.init
    def __init__(self, order: MonitorOrder) -> None:
        self._order = order
        self._last = order.last
        self._refusals = Refusals()
        self._describe()

    @workflow.run
    async def run(self, order: MonitorOrder) -> None:
        """Sample the measuring points for the time of one run, then continue as new."""
        self._last = await workflow.execute_activity(
            sample_site,
            SampleSite(site=order.site, lasts=order.lasts, last=self._last),
            task_queue=order.queue,
            start_to_close_timeout=order.lasts + _SPARE,
            heartbeat_timeout=order.heartbeat_timeout,
            retry_policy=_UNTIL_IT_WORKS,
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=summary_line(f"Sample the measuring points of {order.site} for {format_duration(order.lasts)}"),
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(order.model_copy(update={"last": self._last}))

    @workflow.signal(
        name="note",
        description="The sampling activity sends this signal now and then; people do not need it. "
        '{"started_at": "2026-03-01T12:00:00Z", "attempt": 1, "round_at": "2026-03-01T12:05:00Z", "points": 12}',
    )
    def note(self, beat: Beat) -> None:
        """Store the latest figures of the sampling activity, and refresh the page."""
        self._last = beat
        self._describe()

    def signal_refused(self, notice: str) -> None:
        """Show on the page why a signal was refused."""
        self._refusals.show(notice)
        self._describe()

    @workflow.query(name="status", description="The latest figures that the monitor sent.")
    def status(self) -> MonitorStatus:
        """Return the latest figures that the sampling activity sent, with a sentence about them."""
        return MonitorStatus(site=self._order.site, beat=self._last, message=self._sentence())

    def _sentence(self) -> str:
        if self._last is None:
            return f"Waiting for a worker of {self._order.queue} to start sampling."
        beat = self._last
        return (
            f"{beat.points} points, {beat.firing} thresholds firing, {beat.no_data} points without data "
            f"as of {beat.round_at:%Y-%m-%d %H:%M:%S} UTC."
        )

    def _describe(self) -> None:
        lines = [f"**Monitor of {self._order.site}**", "", self._sentence(), "", self._refusals.markdown(), ""]
        if self._last is not None:
            beat = self._last
            lines += [
                "| | |",
                "|---|---|",
                f"| measuring points | {beat.points} |",
                f"| thresholds firing | {beat.firing} |",
                f"| points without data | {beat.no_data} |",
                f"| last restart | {beat.started_at:%Y-%m-%d %H:%M:%S} UTC, attempt {beat.attempt} |",
                f"| latest check | {beat.late_s:.1f} s late |",
                f"| samples waiting, dropped | {beat.unsaved}, {beat.dropped} |",
                f"| changes not acknowledged | {beat.unreported} |",
                "",
                *(f"- {plain(fault)}" for fault in beat.faults),
                "",
            ]
        lines.append(
            "The activity sends these figures now and then. The current ones are in its heartbeat under Pending Activities."
        )
        workflow.set_current_details("\n".join(lines))
