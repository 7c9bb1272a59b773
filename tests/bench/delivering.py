"""Delivers alarms as a sender of alarms does: again, until the watch has them."""

from __future__ import annotations

import asyncio

from activities.alarms.reporter import WatchReporter
from models.alarms import AlarmBatch
from models.errors import WatchUnavailableError


async def deliver_patiently(reporter: WatchReporter, batch: AlarmBatch) -> None:
    """Deliver a batch; on a machine that is busy with other work a watch may need longer than one attempt."""
    while True:
        try:
            await reporter.deliver(batch)
        except WatchUnavailableError:
            await asyncio.sleep(0.5)
        else:
            return
