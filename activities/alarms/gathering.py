"""Gather the alarms of many senders for one watch into one update at a time.

Temporal accepts ten parallel updates of one workflow and refuses more. In a burst, the first sender's alarms are sent
at once. Alarms that arrive in the meantime are sent together in the next update.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from models.alarms import AlarmBatch, BatchReceipt
from models.errors import WatchRefusedError

_MOST_ALARMS: Final = 500
_MOST_BYTES: Final = 1_000_000


class BatchReporter(Protocol):
    """Sends a batch to its watch: `activities.alarms.reporter.WatchReporter`."""

    async def deliver(self, batch: AlarmBatch) -> BatchReceipt:
        """Return after the watch has stored the batch; otherwise raise `WatchUnavailableError`."""


class _Waiting(NamedTuple):
    """A sender's batch, and the future on which the sender waits."""

    batch: AlarmBatch
    size: int
    answer: asyncio.Future[BatchReceipt]


class GatheringReporter:
    """Sends batches through another reporter, one at a time for each application; for one event loop."""

    def __init__(self, reporter: BatchReporter) -> None:
        self._reporter = reporter
        self._waiting: dict[str, list[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def deliver(self, batch: AlarmBatch) -> BatchReceipt:
        """Send a batch together with others for the same watch; return after the watch has stored this batch."""
        answer: asyncio.Future[BatchReceipt] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(batch, len(batch.model_dump_json().encode()), answer)
        if batch.application in self._waiting:
            self._waiting[batch.application].append(waiting)
        else:
            self._waiting[batch.application] = [waiting]
            task = asyncio.create_task(self._hand_over_all(batch.application))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _hand_over_all(self, application: str) -> None:
        waiting = self._waiting[application]
        while waiting:
            count = _fitting(waiting)
            taken = waiting[:count]
            del waiting[:count]
            await self._hand_over(taken)
        del self._waiting[application]

    async def _hand_over(self, taken: Sequence[_Waiting]) -> None:
        """Send these batches in one update; if the watch refuses it, find the faulty batch by halves."""
        together = AlarmBatch(
            application=taken[0].batch.application, alarms=[a for waiting in taken for a in waiting.batch.alarms]
        )
        try:
            receipts = iter((await self._reporter.deliver(together)).receipts)
        except Exception as error:  # whatever it is, it is the answer to those who wait
            if isinstance(error, WatchRefusedError) and len(taken) > 1:
                middle = len(taken) // 2
                await self._hand_over(taken[:middle])
                await self._hand_over(taken[middle:])
                return
            for waiting in taken:
                if not waiting.answer.done():
                    waiting.answer.set_exception(error)
            return
        for waiting in taken:
            own = [next(receipts) for _ in waiting.batch.alarms]
            if not waiting.answer.done():  # its sender went away meanwhile
                waiting.answer.set_result(BatchReceipt(receipts=own))


def _fitting(waiting: Sequence[_Waiting]) -> int:
    """Return how many of these fit into one update; at least one."""
    alarms = size = 0
    for count, one in enumerate(waiting):
        alarms += len(one.batch.alarms)
        size += one.size
        if count and (alarms > _MOST_ALARMS or size > _MOST_BYTES):
            return count
    return len(waiting)
