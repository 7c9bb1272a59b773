"""Telling the watches of faults: kept and told again until they have acknowledged it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from activities.alarms.reporter import batched
from activities.monitor.faults import ThresholdFault
from activities.monitor.states import SiteStates
from models.alarms import Alarm, AlarmBatch, AlarmState, BatchReceipt
from models.errors import WatchUnavailableError

_LOOK_EVERY: Final = 0.2
_LET_DATABASE_FIRST: Final = 2.0
"""Seconds. A fault is saved before it is told, so that a restart tells the same one; a database that is away stops no alarm."""
_LONGEST_PAUSE: Final = 15.0


class AlarmDelivery(Protocol):
    """Hands alarms to the watches."""

    async def deliver(self, batch: AlarmBatch) -> BatchReceipt:
        """Return once the watch has the batch durably; raise `WatchUnavailableError` otherwise."""


@dataclass(frozen=True, slots=True)
class _Telling:
    """A message on its way."""

    fault: ThresholdFault
    state: AlarmState
    since: datetime


class FaultReporter:
    """Tells each watch what it is owed, one batch of an application at a time; one that is away holds up no other."""

    def __init__(self, states: SiteStates, delivery: AlarmDelivery, *, repeat: timedelta) -> None:
        """`repeat`: a fault that lasts is told again after this long, so that a watch that lost it learns of it."""
        self._states = states
        self._delivery = delivery
        self._repeat = repeat
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self.faults: dict[str, str] = {}
        """Application to why its watch has not acknowledged."""

    async def run(self) -> None:
        """Tell until cancelled."""
        try:
            while True:
                self._begin(datetime.now(UTC), time.monotonic())
                await asyncio.sleep(_LOOK_EVERY)
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def _begin(self, wall: datetime, now: float) -> None:
        owing: dict[str, list[ThresholdFault]] = {}
        for fault in self._states.owing(wall, now, self._repeat, _LET_DATABASE_FIRST):
            owing.setdefault(fault.application, []).append(fault)
        for application, faults in owing.items():
            if application not in self._busy and now >= self._not_before.get(application, now):
                self._busy[application] = asyncio.create_task(self._tell(application, faults, wall))

    async def _tell(self, application: str, faults: Sequence[ThresholdFault], wall: datetime) -> None:
        messages = [
            (_Telling(fault, state, fault.fault_since), fault.alarm(state, wall))
            for fault in faults
            for state in fault.owed(wall, self._repeat)
            if fault.fault_since is not None
        ]
        try:
            await self._deliver(application, [told for told, _ in messages], [alarm for _, alarm in messages])
        except WatchUnavailableError as error:
            failures = self._failures[application] = self._failures.get(application, 0) + 1
            self._not_before[application] = time.monotonic() + min(2.0 ** (failures - 2), _LONGEST_PAUSE)
            self.faults[application] = str(error)
        else:
            for memory in (self._failures, self._not_before, self.faults):
                memory.pop(application, None)
        finally:
            del self._busy[application]

    async def _deliver(self, application: str, told: list[_Telling], alarms: list[Alarm]) -> None:
        done = 0
        for batch in batched(alarms)[application]:
            await self._delivery.deliver(batch)
            now = time.monotonic()
            for one in told[done : done + len(batch.alarms)]:
                if one.fault.acknowledge(one.state, one.since, datetime.now(UTC)):
                    self._states.acknowledged(one.fault, now)
            done += len(batch.alarms)
