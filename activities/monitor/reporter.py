"""Report faults to the watches, again and again until a watch acknowledges."""

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

_CHECK_EVERY: Final = 0.2
_LET_DATABASE_FIRST: Final = 2.0
"""Seconds. A fault is saved before it is reported, so that a restart reports the same one; an unavailable database
stops no alarm."""
_LONGEST_PAUSE: Final = 15.0


class AlarmDelivery(Protocol):
    """Sends alarms to the watches."""

    async def deliver(self, batch: AlarmBatch) -> BatchReceipt:
        """Return after the watch has stored the batch; raise `WatchUnavailableError` otherwise."""


@dataclass(frozen=True, slots=True)
class _Message:
    """A message in transit."""

    fault: ThresholdFault
    state: AlarmState
    since: datetime


class FaultReporter:
    """Sends each watch its due messages, one batch of an application at a time; an unavailable watch delays no
    other.
    """

    def __init__(self, states: SiteStates, delivery: AlarmDelivery, *, repeat: timedelta) -> None:
        """`repeat`: a lasting fault is reported again after this time, so that a watch that lost it gets it again."""
        self._states = states
        self._delivery = delivery
        self._repeat = repeat
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self.faults: dict[str, str] = {}
        """The error of each application whose watch has not acknowledged."""

    async def run(self) -> None:
        """Report until cancelled."""
        try:
            while True:
                self._begin(datetime.now(UTC), time.monotonic())
                await asyncio.sleep(_CHECK_EVERY)
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def _begin(self, wall: datetime, now: float) -> None:
        due: dict[str, list[ThresholdFault]] = {}
        for fault in self._states.due(wall, now, self._repeat, _LET_DATABASE_FIRST):
            due.setdefault(fault.application, []).append(fault)
        for application, faults in due.items():
            if application not in self._busy and now >= self._not_before.get(application, now):
                self._busy[application] = asyncio.create_task(self._report(application, faults, wall))

    async def _report(self, application: str, faults: Sequence[ThresholdFault], wall: datetime) -> None:
        messages = [
            (_Message(fault, state, fault.fault_since), fault.alarm(state, wall))
            for fault in faults
            for state in fault.due_states(wall, self._repeat)
            if fault.fault_since is not None
        ]
        try:
            await self._deliver(application, [sent for sent, _ in messages], [alarm for _, alarm in messages])
        except WatchUnavailableError as error:
            failures = self._failures[application] = self._failures.get(application, 0) + 1
            self._not_before[application] = time.monotonic() + min(2.0 ** (failures - 2), _LONGEST_PAUSE)
            self.faults[application] = str(error)
        else:
            for memory in (self._failures, self._not_before, self.faults):
                memory.pop(application, None)
        finally:
            del self._busy[application]

    async def _deliver(self, application: str, sent: list[_Message], alarms: list[Alarm]) -> None:
        done = 0
        for batch in batched(alarms)[application]:
            await self._delivery.deliver(batch)
            now = time.monotonic()
            for one in sent[done : done + len(batch.alarms)]:
                if one.fault.acknowledge(one.state, one.since, datetime.now(UTC)):
                    self._states.acknowledged(one.fault, now)
            done += len(batch.alarms)
