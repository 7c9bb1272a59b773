"""The service-level clocks of one incident: their events, their reading under the agreement, and the next deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.stubs.coordination import read_clock
from models.clock import (
    ClockedTarget,
    ClockEvent,
    ClockEventKind,
    ClockMoment,
    ClockReading,
    ReadClock,
    TargetKind,
    TargetState,
)
from models.dossier.agreement import Priority
from models.names import DEADLINE
from models.records import EntryKind
from models.sizes import MESSAGE, cut, encoded_size
from workflows.incident.context import IncidentContext
from workflows.runtime.calls import look_up
from workflows.runtime.outcomes import explain

_DEADLINE = SearchAttributeKey.for_datetime(DEADLINE)
_DONE = {TargetState.MET, TargetState.MISSED}
_WARNINGS = (100, 90, 75, 50)
"""Percentages of the agreed time at which a warning is due; 100 is the breach."""

_LATEST = 10
"""Latest events whose notes stay whole when all notes together are too large for a message."""

_NOTE = 60
"""Bytes that the notes of earlier events are cut to; the timeline has them whole."""


class _Warned(NamedTuple):
    """The latest warning of a service level: the percentage, the start of its time, and the priority that set it."""

    started_at: datetime
    priority: Priority | None
    percent: int


def shorten_notes(events: list[ClockEvent]) -> None:
    """Cut the notes of earlier events if all notes are too large: every reading and every record carries them."""
    if encoded_size(events) > MESSAGE:
        events[:-_LATEST] = [e.model_copy(update={"note": cut(e.note, _NOTE)}) for e in events[:-_LATEST]]


class Clocks:
    """Keeps the events. An activity reads them, so that history keeps the effect of time zones and holidays."""

    def __init__(self, context: IncidentContext) -> None:
        self._context = context
        self._stale = False
        self._moments: list[ClockMoment] = []
        self._warned: dict[TargetKind, _Warned] = {}
        self._missed: set[TargetKind] = set()
        """Service levels whose breach was logged."""
        self._lock = asyncio.Lock()

    def began(self, reading: ClockReading | None) -> list[SearchAttributeUpdate[Any]]:
        """Take over the first reading; return the changes of search attributes. Without a reading the clocks are read next."""
        self._stale = reading is None
        if reading is None:
            return []
        self._context.memory.reading = reading
        self._moments = [*self._overlooked(reading), *reading.moments]
        return self._deadline()

    def happened(self, kind: ClockEventKind, **what: Any) -> None:
        """Add an event of the clocks; they are read again before the next warning."""
        events = self._context.memory.events
        events.append(ClockEvent(at=workflow.now(), kind=kind, **what))
        shorten_notes(events)
        self._stale = True

    @property
    def stale(self) -> bool:
        """Whether there are events since the latest reading."""
        return self._stale and self._context.plan.plan is not None

    async def read(self) -> None:
        """Read the clocks, if there are events since the latest reading."""
        async with self._lock:
            while self.stale:
                self._stale = False
                await self._read()

    async def _read(self) -> None:
        reading = await self._query(self._context.memory.events)
        if reading is None:
            return
        self._context.memory.reading = reading
        self._moments = [*self._overlooked(reading), *reading.moments]
        self._context.journal.changed()
        if shown := self._deadline():
            workflow.upsert_search_attributes(shown)

    async def foresee(self, kind: ClockEventKind, **what: Any) -> ClockReading | None:
        """How they would read if this happened now; None where they cannot be read."""
        return await self._query([*self._context.memory.events, ClockEvent(at=workflow.now(), kind=kind, **what)])

    async def _query(self, events: list[ClockEvent]) -> ClockReading | None:
        order, plan = self._context.order, self._context.plan.plan
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
            self._context.log(EntryKind.CLOCK, f"The service-level clocks cannot be read: {explain(error)}")
            return None

    def target(self, which: TargetKind) -> ClockedTarget | None:
        """A service level in the latest reading; None where none is agreed."""
        reading = self._context.memory.reading
        return next((p for p in reading.targets if p.kind is which), None) if reading else None

    @property
    def next_moment(self) -> datetime | None:
        """When the next warning or breach is due."""
        return self._moments[0].at if self._moments else None

    def take_passed(self) -> ClockMoment | None:
        """The next warning or breach that is due, each once; None while the clocks must be read first."""
        if self.stale or not self._moments or self._moments[0].at > workflow.now():
            return None
        moment = self._moments.pop(0)
        target = self.target(moment.target)
        if target is not None:
            self._warned[moment.target] = _Warned(target.started_at, target.priority, moment.percent)
            if moment.percent >= 100:
                self._missed.add(moment.target)
                if target.state not in {TargetState.OVERDUE, *_DONE}:
                    self._miss(target, moment.at)
        return moment

    def _miss(self, target: ClockedTarget, at: datetime) -> None:
        """Mark a service level as overdue in the latest reading: its deadline has passed since then."""
        reading = self._context.memory.reading
        assert reading is not None
        missed = target.model_copy(
            update={
                "state": TargetState.OVERDUE,
                "deadline": at,
                "breached_at": target.breached_at or at,
                "breached_as": target.breached_as or target.priority,
                "breaches": target.breaches + 1 if target.kind is TargetKind.UPDATE else 1,
                "elapsed_seconds": target.within_seconds,
            }
        )
        targets = [missed if p.kind is target.kind else p for p in reading.targets]
        self._context.memory.reading = reading.model_copy(update={"targets": targets, "as_of": at})

    def _overlooked(self, reading: ClockReading) -> Iterator[ClockMoment]:
        """Warnings that were due before the reading, as after a raise of the priority: the latest one of each service level."""
        for target in reading.targets:
            warned = self._warned.get(target.kind)
            same = warned is not None and (warned.started_at, warned.priority) == (target.started_at, target.priority)
            percent = _used_up(target)
            known = target.state in _DONE and target.kind in self._missed
            if not known and percent > (warned.percent if warned is not None and same else 0):
                yield ClockMoment(at=reading.as_of, target=target.kind, percent=percent)

    def _deadline(self) -> list[SearchAttributeUpdate[Any]]:
        """The change of the search attribute for the next deadline; empty where it shows that deadline already."""
        reading = self._context.memory.reading
        assert reading is not None
        open_ones = [p.deadline for p in reading.targets if p.deadline and p.state not in _DONE]
        soonest = min(open_ones, default=None)
        if workflow.info().typed_search_attributes.get(_DEADLINE) == soonest:
            return []
        return [_DEADLINE.value_set(soonest) if soonest is not None else _DEADLINE.value_unset()]


def _used_up(target: ClockedTarget) -> int:
    """The latest warning percentage that has passed; for a service level that is done, only a breach counts."""
    if target.state in _DONE:
        return 100 if target.state is TargetState.MISSED and target.kind is not TargetKind.UPDATE else 0
    within, elapsed = timedelta(seconds=target.within_seconds), timedelta(seconds=target.elapsed_seconds)
    return next((percent for percent in _WARNINGS if within * percent / 100 <= elapsed), 0)
