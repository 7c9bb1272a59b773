"""The activity that keeps the history of measuring points."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.history.progress import FoldProgress
from models.errors import WORKER_SHUTDOWN, DriftvaktError
from models.history import HistoryBeat, KeepHistory

CHECK_EVERY: Final = timedelta(minutes=10)

_BEAT_EVERY: Final = 1.0
_LONGEST_FAULT: Final = 500


class FoldsInSteps(Protocol):
    """Folds what is due: `activities.history.keeping.HistoryKeeper`."""

    def steps(self, now: datetime) -> Iterator[int]:
        """Do all that is due, a short transaction at a time; each step returns how many days of points it folded."""


class HistoryActivities:
    """Keeps the history of all measuring points in the records."""

    def __init__(
        self, keeper: FoldsInSteps, progress: Callable[[], FoldProgress], *, check_every: timedelta = CHECK_EVERY
    ) -> None:
        """`keeper` and `progress` block; they are called in threads."""
        self._keeper = keeper
        self._progress = progress
        self._check_every = check_every.total_seconds()

    @activity.defn(name="keep_history")
    async def keep_history(self, request: KeepHistory) -> HistoryBeat:
        """Check for days to fold until the time is up. When the worker shuts down, the activity ends soon, and another
        worker retries it.
        """
        ends = time.monotonic() + request.lasts.total_seconds()
        beat = HistoryBeat(checked_at=datetime.now(UTC))
        while time.monotonic() < ends and not activity.is_worker_shutdown():
            beat = await self._check(beat, ends)
            await self._pause(beat, min(time.monotonic() + self._check_every, ends))
        if activity.is_worker_shutdown():
            raise ApplicationError(
                "this worker shuts down; the next attempt continues from here",
                type=WORKER_SHUTDOWN,
                category=ApplicationErrorCategory.BENIGN,
            )
        return beat

    async def _check(self, beat: HistoryBeat, ends: float) -> HistoryBeat:
        """Fold all that is due, as long as there is time."""
        now, faults = datetime.now(UTC), []
        beat = beat.model_copy(update={"checked_at": now})
        try:
            steps = self._keeper.steps(now)
            while time.monotonic() < ends and not activity.is_worker_shutdown():
                began = time.monotonic()
                folded = await self._beating(beat, lambda: next(steps, None))
                if folded is None:
                    break
                beat = beat.model_copy(update={"folded": beat.folded + folded})
                # Half of the time is for the workflows of this process: the fold computes under the interpreter's lock.
                await self._pause(beat, time.monotonic() + min(time.monotonic() - began, _BEAT_EVERY))
            progress = await asyncio.to_thread(self._progress)
        except DriftvaktError as error:
            faults.append(str(error)[:_LONGEST_FAULT])
            return beat.model_copy(update={"faults": faults})
        lag = progress.lag(now)
        return beat.model_copy(
            update={"folded_until": progress.folded_until, "faults": [lag[:_LONGEST_FAULT]] if lag else []}
        )

    async def _beating(self, beat: HistoryBeat, act: Callable[[], int | None]) -> int | None:
        """Do one step in a thread, with heartbeats."""
        step = asyncio.create_task(asyncio.to_thread(act))
        try:
            while not step.done():
                activity.heartbeat(beat)
                await asyncio.wait([step], timeout=_BEAT_EVERY)
        finally:
            # A step is one short transaction; two of them never run at once.
            await asyncio.wait([step])
        return step.result()

    async def _pause(self, beat: HistoryBeat, until: float) -> None:
        while (left := until - time.monotonic()) > 0 and not activity.is_worker_shutdown():
            activity.heartbeat(beat)
            await asyncio.sleep(min(left, _BEAT_EVERY))
