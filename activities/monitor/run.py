"""One attempt at sampling a site, from loading the states to saving the rest; independent of Temporal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from activities.monitor.faults import restored
from activities.monitor.keeper import Keeper
from activities.monitor.notes import carried_over
from activities.monitor.reporter import AlarmDelivery, FaultReporter
from activities.monitor.sampler import Prober, Sampler
from activities.monitor.samples import SampleBuffer
from activities.monitor.source import PointSource, SitePlan
from activities.monitor.states import SiteStates
from activities.monitor.store import MonitorStore, StateValues
from models.errors import StoreError
from models.monitor import Beat
from models.probes import Sample

T = TypeVar("T")

_MOST_FAULTS: Final = 10
_LONGEST_FAULT: Final = 300
_FAREWELL: Final = 5.0
"""Seconds to save the rest at the end. Unsaved changes are sampled or reported again."""


@dataclass(frozen=True)
class MonitorTuning:
    """Tuning parameters of the embedded monitor."""

    retention: timedelta = timedelta(days=30)
    """How long samples are kept."""
    at_once: int = 400
    """The most parallel probes, 32 of them SSH commands."""
    repeat: timedelta = timedelta(minutes=5)
    """A lasting fault is reported again after this time."""
    reload_every: float = 3.0
    """Seconds between two checks for newly published dossiers."""
    first_probes_within: float = 20.0
    """Seconds over which the first probes after a start are spread."""
    new_probes_within: float = 5.0
    """Seconds over which the first probes of new and changed points are spread."""
    most_samples: int = 100_000
    """The most samples in memory while the database is unavailable."""
    beat_every: float = 5.0
    """The most seconds between two heartbeats."""


@dataclass(frozen=True)
class SiteParts:
    """The parts that sampling needs."""

    prober: Prober
    """Called on the event loop."""
    source: PointSource
    """Blocking; called in a thread."""
    store: MonitorStore
    """Blocking; called in a thread."""
    delivery: AlarmDelivery


class SiteRun:
    """Samples one site until cancelled."""

    def __init__(self, site: str, parts: SiteParts, tuning: MonitorTuning, *, attempt: int, last: Beat | None) -> None:
        """`last`: the last known state of the attempt or run before."""
        self._site = site
        self._parts = parts
        self._tuning = tuning
        self._attempt = attempt
        self._last = last
        self._started_at = datetime.now(UTC)
        self._threads = ThreadPoolExecutor(1, thread_name_prefix=f"monitor-{site}")
        self._plan = SitePlan(parts.source, site)
        self._samples = SampleBuffer(tuning.most_samples)
        self._sampler = Sampler(parts.prober, self._take, at_once=tuning.at_once)
        self._states = SiteStates(site, [])
        self._keeper: Keeper | None = None
        self._reporter: FaultReporter | None = None
        self._points = 0
        self._planned = False
        self._database_fault: str | None = None
        self.notes = carried_over(last, self._started_at)

    async def run(self) -> None:
        """Load, then sample, evaluate, save and report until cancelled; save the rest at the end."""
        try:
            rows = await self._persistently(lambda: self._parts.store.load_states(self._site))
            self._begin(rows)
            await self._work()
        finally:
            await self._finish()

    @property
    def began(self) -> bool:
        """Whether there is a state to report: it samples, or cannot begin."""
        return self._planned or self._database_fault is not None

    def beat(self) -> Beat:
        """Return the current state."""
        wall = datetime.now(UTC)
        sampler, states = self._sampler, self._states
        return Beat(
            started_at=self._started_at,
            attempt=self._attempt,
            round_at=sampler.round_at,
            points=self._points,
            firing=states.firing,
            no_data=states.without_data,
            in_flight=sampler.in_flight,
            samples=sampler.samples,
            late_s=round(sampler.lateness(), 3),
            skipped=sampler.skipped,
            unsaved=len(self._samples),
            dropped=self._samples.dropped,
            unreported=states.unreported(wall, self._tuning.repeat),
            faults=[fault[:_LONGEST_FAULT] for fault in self._faults()[:_MOST_FAULTS]],
            notes_left=round(self.notes.left, 3),
            noted_at=self.notes.noted_at,
        )

    def _begin(self, rows: list[StateValues]) -> None:
        sampled_until = self._last.round_at if self._last else None
        self._states = SiteStates(self._site, [restored(row, sampled_until) for row in rows])
        self._keeper = Keeper(self._site, self._parts.store, self._states, self._samples, self._threads)
        self._reporter = FaultReporter(self._states, self._parts.delivery, repeat=self._tuning.repeat)

    async def _work(self) -> None:
        assert self._keeper is not None
        assert self._reporter is not None
        async with asyncio.TaskGroup() as group:
            # The reporter begins after the first plan: what it tells needs the dossiers.
            await self._follow(self._tuning.first_probes_within)
            for work in (
                self._sampler.run(),
                self._keeper.run(),
                self._keeper.prune(self._tuning.retention),
                self._reporter.run(),
                self._following(),
                self._missing(),
            ):
                group.create_task(work)

    async def _following(self) -> None:
        while True:
            await asyncio.sleep(self._tuning.reload_every)
            await self._follow(self._tuning.new_probes_within)

    async def _follow(self, within: float) -> None:
        points = await self._persistently(self._plan.refresh)
        self._planned = True
        if points is None:
            return
        self._points = len(points)
        self._states.follow(points, datetime.now(UTC), time.monotonic())
        self._sampler.follow(points, within)

    async def _missing(self) -> None:
        while True:
            await asyncio.sleep(self._tuning.beat_every)
            self._states.find_missing(datetime.now(UTC), time.monotonic())

    def _take(self, sample: Sample) -> None:
        self._samples.add(sample)
        self._states.take(sample, time.monotonic())

    async def _persistently(self, act: Callable[[], T]) -> T:
        """Retry until the database answers."""
        while True:
            try:
                result = await asyncio.get_running_loop().run_in_executor(self._threads, act)
            except StoreError as error:
                self._database_fault = str(error)
                await asyncio.sleep(1)
            else:
                self._database_fault = None
                return result

    def _faults(self) -> list[str]:
        database = (self._keeper.fault if self._keeper else None) or self._database_fault
        watches = list(self._reporter.faults.values()) if self._reporter else []
        held = self._keeper.held if self._keeper else ""
        return [*([database] if database else []), *([held] if held else []), *self._plan.faults.values(), *watches]

    async def _finish(self) -> None:
        try:
            if self._keeper is not None:
                async with asyncio.timeout(_FAREWELL):
                    await self._keeper.finish()
        except (StoreError, TimeoutError) as error:
            self._database_fault = f"not everything was saved at the end: {error}"
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
