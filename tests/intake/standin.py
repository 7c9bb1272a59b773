"""A watch that takes alarms and does nothing else: stands for the real one where the way to it is tested."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.alarms import Alarm, AlarmBatch, BatchReceipt
    from models.watch import WatchOrder
    from tests.intake.memory_watch import MemoryWatch


@workflow.defn(name="watch")
class StandInWatch:
    """Remembers what was reported to it."""

    @workflow.init
    def __init__(self, order: WatchOrder) -> None:
        self.alarms: list[Alarm] = []
        self.batches = 0
        self.watch = MemoryWatch(order.application, workflow.now)

    @workflow.run
    async def run(self, order: WatchOrder) -> None:
        """Run for ever."""
        await workflow.wait_condition(lambda: False)

    @workflow.update
    def report_alarms(self, batch: AlarmBatch) -> BatchReceipt:
        """Take a batch."""
        self.alarms += batch.alarms
        self.batches += 1
        return self.watch.take(batch)

    @workflow.query
    def reported(self) -> list[Alarm]:
        """All alarms, in order."""
        return self.alarms

    @workflow.query
    def updates(self) -> int:
        """How many batches there were."""
        return self.batches
