"""Handing alarms to the watches of their applications; the one way in, for the embedded monitor and for the intake."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from temporalio.client import (
    Client,
    RPCError,
    RPCTimeoutOrCancelledError,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy

from models.alarms import HANDS_ON, Alarm, AlarmBatch, BatchReceipt
from models.errors import WatchRefusedError, WatchUnavailableError
from models.names import WORKFLOW_QUEUE, watch_id
from models.watch import WatchOrder

_MOST_ALARMS: Final = 500
_MOST_BYTES: Final = 1_000_000
"""Half of what Temporal takes in one payload."""

_AGAIN: Final = 0.2
"""Seconds until a watch that goes on in a new run is told again."""


class WatchReporter:
    """Reports alarms to the watch of each application, starting the watch where there is none."""

    def __init__(
        self, client: Client, *, task_queue: str = WORKFLOW_QUEUE, patience: timedelta = timedelta(seconds=20)
    ) -> None:
        """`patience` bounds the wait for one acknowledgement; `task_queue` is where watches run."""
        self._client = client
        self._task_queue = task_queue
        self._patience = patience.total_seconds()

    async def report(self, alarms: Sequence[Alarm]) -> list[BatchReceipt]:
        """Hand over all alarms, batched per application; a receipt a batch, applications in the order of their first alarm.

        Every application is tried; then the first `WatchUnavailableError` is raised, if there was one: report all of them
        again, the watch knows by the fingerprint what it has had.
        """
        results = await asyncio.gather(
            *(self._deliver_all(batches) for batches in batched(alarms).values()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [receipt for result in results if not isinstance(result, BaseException) for receipt in result]

    async def deliver(self, batch: AlarmBatch) -> BatchReceipt:
        """Hand one batch to its watch; returns once the watch has it durably, else raises `WatchUnavailableError`."""
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
                raise WatchUnavailableError(f"the watch of {application} ended before it took its alarms") from error
            raise WatchRefusedError(f"the watch of {application} refused its alarms: {error.cause}") from error
        except (RPCError, RPCTimeoutOrCancelledError) as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # the client turns being cancelled into an error of its own
                raise asyncio.CancelledError from error
            reason = late if patience.expired() else f"Temporal did not take the alarms of {application}: {error}"
            raise WatchUnavailableError(reason) from error
        return receipt

    async def _taken(self, batch: AlarmBatch) -> BatchReceipt | None:
        """Tell the watch; None where it goes on in a new run first."""
        application = batch.application
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            "watch",
            WatchOrder(application=application),
            id=watch_id(application),
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Watch of {application}",
        )
        try:
            receipt: BatchReceipt = await self._client.execute_update_with_start_workflow(
                "report_alarms", batch, start_workflow_operation=start, result_type=BatchReceipt
            )
        except WorkflowUpdateFailedError as error:
            if getattr(error.cause, "type", None) != HANDS_ON:
                raise
            return None
        return receipt

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
