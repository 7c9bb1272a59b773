"""A watch that takes alarms and does nothing else: stands for the real one where the way to it is tested."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.alarms import Alarm, AlarmBatch, AlarmReceipt, BatchReceipt, Disposition
    from models.watch import WatchOrder


@workflow.defn(name="watch")
class StandInWatch:
    """Remembers what was reported to it."""

    @workflow.init
    def __init__(self, order: WatchOrder) -> None:
        self.alarms: list[Alarm] = []

    @workflow.run
    async def run(self, order: WatchOrder) -> None:
        """Run for ever."""
        await workflow.wait_condition(lambda: False)

    @workflow.update
    def report_alarms(self, batch: AlarmBatch) -> BatchReceipt:
        """Take a batch."""
        known = {a.fingerprint for a in self.alarms}
        self.alarms += batch.alarms
        return BatchReceipt(
            receipts=[
                AlarmReceipt(
                    fingerprint=a.fingerprint,
                    disposition=Disposition.DUPLICATE if a.fingerprint in known else Disposition.OPENED,
                    incident=f"inc.{batch.application}.1",
                    reason="stand-in",
                )
                for a in batch.alarms
            ]
        )

    @workflow.query
    def reported(self) -> list[Alarm]:
        """All alarms, in order."""
        return self.alarms
