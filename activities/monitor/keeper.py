"""Writing to the records database beside the sampling, which never waits for it."""

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

_LOOK_EVERY: Final = 0.2
_BATCH: Final = 500
_LONGEST_WAIT: Final = 2.0
_MOST_AT_ONCE: Final = 5000
_PRUNE_EVERY: Final = 60.0
_PORTIONS: Final = 20
"""Of 5,000 samples; more than 5,000 points at 30 s bring in a minute."""
_RETRY_AFTER: Final = 1.0


class Keeper:
    """Saves states and samples in bulk, and prunes old samples, in a thread of its own."""

    def __init__(
        self, site: str, store: MonitorStore, states: SiteStates, samples: SampleBuffer, threads: ThreadPoolExecutor
    ) -> None:
        self._site = site
        self._store = store
        self._states = states
        self._samples = samples
        self._threads = threads
        self.fault: str | None = None
        """Why the database was not written, while it is not."""

    async def run(self) -> None:
        """Save until cancelled."""
        stored = time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_EVERY if self.fault is None else _RETRY_AFTER)
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
        """Save what is left; raises a `StoreError`."""
        await self._save_states()
        await self._store_samples()

    async def prune(self, retention: timedelta) -> None:
        """Delete what is older than `retention`, portion by portion, until cancelled."""
        while True:
            before, after_id = datetime.now(UTC) - retention, 0
            for _ in range(_PORTIONS):
                try:
                    following = await self._in_thread(partial(self._store.prune, before, after_id))
                except StoreError:
                    break  # the writing of samples says so already
                if following is None:
                    break
                after_id = following
            await asyncio.sleep(_PRUNE_EVERY)

    async def _save_states(self) -> bool:
        """Tell whether there was anything to write."""
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
        """Tell whether there was anything to write."""
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
