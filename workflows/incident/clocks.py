"""The clocks of one incident: what happened, what the agreement makes of it, and what is due next."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.stubs.leading import read_clock
from models.clock import (
    ClockEvent,
    ClockEventKind,
    ClockMoment,
    ClockReading,
    Promise,
    PromiseReading,
    ReadClock,
    Standing,
)
from models.dossier.agreement import Priority
from models.names import DEADLINE
from models.records import EntryKind
from models.sizes import MESSAGE, cut, encoded_size
from workflows.incident.context import Case
from workflows.runtime.calls import look_up
from workflows.runtime.outcomes import explain

_DEADLINE = SearchAttributeKey.for_datetime(DEADLINE)
_DONE = {Standing.KEPT, Standing.BROKEN}
_WARNINGS = (100, 90, 75, 50)
"""Per cent of a promise's time that are told; 100 is the breach."""

_LATEST = 10
"""Events whose notes stay whole, where all together are too many to be carried."""

_NOTE = 60
"""Bytes of the notes of earlier ones; the timeline has them whole."""


class _Told(NamedTuple):
    """What was told last of a promise: so many per cent of a time that began then, as this priority has it."""

    started_at: datetime
    priority: Priority | None
    percent: int


def shorten_notes(events: list[ClockEvent]) -> None:
    """Cut the notes of earlier events where all are too many: they are read, and written to the records, again and again."""
    if encoded_size(events) > MESSAGE:
        events[:-_LATEST] = [e.model_copy(update={"note": cut(e.note, _NOTE)}) for e in events[:-_LATEST]]


class Clocks:
    """Keeps the events, and has them read by an activity: history keeps what time zones and holidays made of them."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._stale = False
        self._moments: list[ClockMoment] = []
        self._told: dict[Promise, _Told] = {}
        self._broken: set[Promise] = set()
        """Promises of which a breach was told."""
        self._lock = asyncio.Lock()

    def began(self, reading: ClockReading | None) -> list[SearchAttributeUpdate[Any]]:
        """Take the first reading in; returns what search attributes have to show. None: they have to be read first."""
        self._stale = reading is None
        if reading is None:
            return []
        self._case.memory.reading = reading
        self._moments = [*self._overlooked(reading), *reading.moments]
        return self._deadline()

    def happened(self, kind: ClockEventKind, **what: Any) -> None:
        """Note something that matters to the clocks; they are read anew before anything is made of it."""
        events = self._case.memory.events
        events.append(ClockEvent(at=workflow.now(), kind=kind, **what))
        shorten_notes(events)
        self._stale = True

    @property
    def stale(self) -> bool:
        """Whether something happened since they were read."""
        return self._stale and self._case.plan.plan is not None

    async def read(self) -> None:
        """Read them, where something has happened since."""
        async with self._lock:
            while self.stale:
                self._stale = False
                await self._read()

    async def _read(self) -> None:
        reading = await self._look_up(self._case.memory.events)
        if reading is None:
            return
        self._case.memory.reading = reading
        self._moments = [*self._overlooked(reading), *reading.moments]
        self._case.changed()
        if shown := self._deadline():
            workflow.upsert_search_attributes(shown)

    async def foresee(self, kind: ClockEventKind, **what: Any) -> ClockReading | None:
        """How they would read if this happened now; None where they cannot be read."""
        return await self._look_up([*self._case.memory.events, ClockEvent(at=workflow.now(), kind=kind, **what)])

    async def _look_up(self, events: list[ClockEvent]) -> ClockReading | None:
        order, plan = self._case.order, self._case.plan.plan
        try:
            return await look_up(
                read_clock,
                ReadClock(
                    application=order.application,
                    dossier=plan.dossier if plan else order.dossier,
                    events=events,
                    now=workflow.now(),
                ),
                summary="Read the service-level clocks",
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            self._case.tell(EntryKind.CLOCK, f"The service-level clocks cannot be read: {explain(error)}")
            return None

    def promise(self, which: Promise) -> PromiseReading | None:
        """One promise as it was read last; None where nothing is promised."""
        reading = self._case.memory.reading
        return next((p for p in reading.promises if p.promise is which), None) if reading else None

    @property
    def next_moment(self) -> datetime | None:
        """When the next warning or breach is due."""
        return self._moments[0].at if self._moments else None

    def take_passed(self) -> ClockMoment | None:
        """The next warning or breach whose time has come, each once; none while they have to be read anew first."""
        if self.stale or not self._moments or self._moments[0].at > workflow.now():
            return None
        moment = self._moments.pop(0)
        promise = self.promise(moment.promise)
        if promise is not None:
            self._told[moment.promise] = _Told(promise.started_at, promise.priority, moment.percent)
            if moment.percent >= 100:
                self._broken.add(moment.promise)
                if promise.standing not in {Standing.OVERDUE, *_DONE}:
                    self._broke(promise, moment.at)
        return moment

    def _broke(self, promise: PromiseReading, at: datetime) -> None:
        """Its time ran out since it was read: whoever asks how it stands is told so, without reading all anew."""
        reading = self._case.memory.reading
        assert reading is not None
        broken = promise.model_copy(
            update={
                "standing": Standing.OVERDUE,
                "deadline": at,
                "breached_at": promise.breached_at or at,
                "breached_as": promise.breached_as or promise.priority,
                "breaches": promise.breaches + 1 if promise.promise is Promise.UPDATE else 1,
                "elapsed_seconds": promise.within_seconds,
            }
        )
        promises = [broken if p.promise is promise.promise else p for p in reading.promises]
        self._case.memory.reading = reading.model_copy(update={"promises": promises, "as_of": at})

    def _overlooked(self, reading: ClockReading) -> Iterator[ClockMoment]:
        """What had passed already when the clocks were read, as when the priority is raised: of each promise the last."""
        for promise in reading.promises:
            told = self._told.get(promise.promise)
            same = told is not None and (told.started_at, told.priority) == (promise.started_at, promise.priority)
            percent = _used_up(promise)
            known = promise.standing in _DONE and promise.promise in self._broken
            if not known and percent > (told.percent if told is not None and same else 0):
                yield ClockMoment(at=reading.as_of, promise=promise.promise, percent=percent)

    def _deadline(self) -> list[SearchAttributeUpdate[Any]]:
        """What search attributes have to show where the next deadline is another one than they show now."""
        reading = self._case.memory.reading
        assert reading is not None
        open_ones = [p.deadline for p in reading.promises if p.deadline and p.standing not in _DONE]
        soonest = min(open_ones, default=None)
        if workflow.info().typed_search_attributes.get(_DEADLINE) == soonest:
            return []
        return [_DEADLINE.value_set(soonest) if soonest is not None else _DEADLINE.value_unset()]


def _used_up(promise: PromiseReading) -> int:
    """The last of the told percentages that has passed; of what is done only a breach is still worth a word."""
    if promise.standing in _DONE:
        return 100 if promise.standing is Standing.BROKEN and promise.promise is not Promise.UPDATE else 0
    within, elapsed = timedelta(seconds=promise.within_seconds), timedelta(seconds=promise.elapsed_seconds)
    return next((percent for percent in _WARNINGS if within * percent / 100 <= elapsed), 0)
