"""Send alarms to the watches of their applications; the embedded monitor and the intake have no other way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    RPCError,
    RPCTimeoutOrCancelledError,
    WorkflowUpdateFailedError,
)

from activities.temporal.watches import update_watch
from models.alarms import Alarm, AlarmBatch, BatchReceipt
from models.errors import HANDS_ON, WatchRefusedError, WatchUnavailableError
from models.names import WORKFLOW_QUEUE

_MOST_ALARMS: Final = 500
_MOST_BYTES: Final = 1_000_000
"""Half of the size that Temporal accepts in one payload."""

_AGAIN: Final = 0.2
"""Seconds until alarms are sent again to a watch that continues as new."""


class WatchReporter:
    """Reports alarms to the watch of each application, and starts the watch if it does not run."""

    def __init__(
        self, client: Client, *, task_queue: str = WORKFLOW_QUEUE, patience: timedelta = timedelta(seconds=20)
    ) -> None:
        """`patience`: the longest wait for one acknowledgement; `task_queue`: the queue of the watches."""
        self._client = client
        self._task_queue = task_queue
        self._patience = patience.total_seconds()

    async def report(self, alarms: Sequence[Alarm]) -> list[BatchReceipt]:
        """Send all alarms, batched by application; return one receipt for each batch, applications in the order of
        their first alarm.

        Every application is tried; then the first `WatchUnavailableError` is raised, if there was one. The caller then
        reports all alarms again; the watch recognises known ones by the fingerprint.
        """
        results = await asyncio.gather(
            *(self._deliver_all(batches) for batches in batched(alarms).values()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [receipt for result in results if not isinstance(result, BaseException) for receipt in result]

    async def deliver(self, batch: AlarmBatch) -> BatchReceipt:
        """Send one batch to its watch; return after the watch has stored it, otherwise raise
        `WatchUnavailableError`.
        """
        application = batch.application
        late = f"the watch of {application} did not acknowledge its alarms within {self._patience:g} s"
        try:
            async with asyncio.timeout(self._patience) as patience:
                receipt = await self._taken(batch)
                while receipt is None:
                    await asyncio.sleep(_AGAIN)
                    receipt = await self._taken(batch)
        except TimeoutError:
            raise WatchUnavailableError(late) from None
        except WorkflowUpdateFailedError as error:
            if getattr(error.cause, "type", None) == "AcceptedUpdateCompletedWorkflow":
                raise WatchUnavailableError(
                    f"the watch of {application} ended before it accepted its alarms"
                ) from error
            raise WatchRefusedError(f"the watch of {application} refused its alarms: {error.cause}") from error
        except (RPCError, RPCTimeoutOrCancelledError) as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # the client turns being cancelled into an error of its own
                raise asyncio.CancelledError from error
            reason = late if patience.expired() else f"Temporal did not accept the alarms of {application}: {error}"
            raise WatchUnavailableError(reason) from error
        return receipt

    async def _taken(self, batch: AlarmBatch) -> BatchReceipt | None:
        """Send an update to the watch; return None if the watch continues as new first."""
        try:
            return await update_watch(
                self._client, batch.application, "report_alarms", batch, BatchReceipt, task_queue=self._task_queue
            )
        except WorkflowUpdateFailedError as error:
            if getattr(error.cause, "type", None) != HANDS_ON:
                raise
            return None

    async def _deliver_all(self, batches: Sequence[AlarmBatch]) -> list[BatchReceipt]:
        # One after the other: a fault and its clearing may stand in different batches.
        return [await self.deliver(batch) for batch in batches]


def batched(alarms: Iterable[Alarm]) -> dict[str, list[AlarmBatch]]:
    """Group alarms by application, in order, into batches of at most 500 alarms and 1 MB each."""
    groups: dict[str, list[list[Alarm]]] = {}
    sizes: dict[str, int] = {}
    for alarm in alarms:
        size = len(alarm.model_dump_json().encode())
        chunks = groups.setdefault(alarm.application, [[]])
        filled = sizes.get(alarm.application, 0)
        if chunks[-1] and (len(chunks[-1]) >= _MOST_ALARMS or filled + size > _MOST_BYTES):
            chunks.append([])
            filled = 0
        chunks[-1].append(alarm)
        sizes[alarm.application] = filled + size
    return {a: [AlarmBatch(application=a, alarms=chunk) for chunk in chunks] for a, chunks in groups.items()}
