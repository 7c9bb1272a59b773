"""Write to the records database in parallel with sampling, which never waits for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from activities.monitor.samples import SampleBuffer
from activities.monitor.states import SiteStates
from activities.monitor.store import MonitorStore
from models.errors import StoreError

T = TypeVar("T")

_CHECK_EVERY: Final = 0.2
_BATCH: Final = 500
_LONGEST_WAIT: Final = 2.0
_MOST_AT_ONCE: Final = 5000
_PRUNE_EVERY: Final = 60.0
_PORTIONS: Final = 20
"""Portions of 5,000 samples in one minute of pruning; more than 5,000 points at 30 s produce in a minute."""
_RETRY_AFTER: Final = 1.0


class Keeper:
    """Saves states and samples in bulk, and deletes old samples, in a thread of its own."""

    def __init__(
        self, site: str, store: MonitorStore, states: SiteStates, samples: SampleBuffer, threads: ThreadPoolExecutor
    ) -> None:
        self._site = site
        self._store = store
        self._states = states
        self._samples = samples
        self._threads = threads
        self.fault: str | None = None
        """The error of the database, while it cannot be written."""
        self.held = ""
        """Why old samples are kept longer than they should be; empty if they are not."""

    async def run(self) -> None:
        """Save until cancelled."""
        stored = time.monotonic()
        while True:
            await asyncio.sleep(_CHECK_EVERY if self.fault is None else _RETRY_AFTER)
            try:
                wrote = await self._save_states()
                if self.fault or len(self._samples) >= _BATCH or time.monotonic() - stored >= _LONGEST_WAIT:
                    stored = time.monotonic()
                    wrote = await self._store_samples() or wrote
            except StoreError as error:
                self.fault = str(error)
            else:
                self.fault = None if wrote else self.fault

    async def finish(self) -> None:
        """Save the remaining changes; raise a `StoreError` if that fails."""
        await self._save_states()
        await self._store_samples()

    async def prune(self, retention: timedelta) -> None:
        """Delete samples older than `retention` in portions, until cancelled; samples that the history has not folded
        are kept.
        """
        walked: tuple[datetime, frozenset[str]] | None = None
        after_id: int | None = None
        while True:
            try:
                samples = await self._in_thread(partial(self._store.deletable, datetime.now(UTC) - retention))
                self.held = samples.held
                if (samples.before, samples.kept_points) != walked:
                    walked, after_id = (samples.before, samples.kept_points), 0
                for _ in range(_PORTIONS):
                    if after_id is None:
                        break
                    after_id = await self._in_thread(partial(self._store.prune, samples, after_id))
            except StoreError:
                pass  # the writing of samples says so already
            await asyncio.sleep(_PRUNE_EVERY)

    async def _save_states(self) -> bool:
        """Save changed states; return whether there were any."""
        rows, gone = self._states.to_save()
        success = False
        try:
            if rows or gone:
                await self._in_thread(partial(self._store.save_states, self._site, rows, gone))
            success = True
        finally:
            self._states.saved(gone, success)
        return bool(rows or gone)

    async def _store_samples(self) -> bool:
        """Save samples; return whether there were any."""
        wrote = False
        while rows := self._samples.take(_MOST_AT_ONCE):
            stored = False
            try:
                await self._in_thread(partial(self._store.add_samples, rows, self._site))
                stored = wrote = True
            finally:
                if not stored:
                    self._samples.put_back(rows)
        return wrote

    async def _in_thread(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, act)
