"""A watch that only remembers what it was told."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.alarms import Alarm, AlarmBatch, AlarmReceipt, BatchReceipt, Disposition
    from models.watch import WatchOrder


@workflow.defn(name="watch")
class StandInWatch:
    def __init__(self) -> None:
        self._alarms: list[Alarm] = []
        self._over = False

    @workflow.run
    async def run(self, order: WatchOrder) -> None:
        await workflow.wait_condition(lambda: self._over)

    @workflow.update(name="report_alarms")
    async def report_alarms(self, batch: AlarmBatch) -> BatchReceipt:
        self._alarms += batch.alarms
        receipts = [
            AlarmReceipt(fingerprint=a.fingerprint, disposition=Disposition.NOTED, reason="") for a in batch.alarms
        ]
        return BatchReceipt(receipts=receipts)

    @workflow.query
    def alarms(self) -> list[Alarm]:
        return self._alarms
