"""The first events of an incident's clock: a pure function of its order and its earlier events."""

from __future__ import annotations

from collections.abc import Sequence

from models.beginning import BeginIncident
from models.clock import ClockEvent, ClockEventKind
from models.dossier.agreement import Priority
from models.people import DRIFTVAKT


def first_events(order: BeginIncident, priority: Priority, before: Sequence[ClockEvent]) -> list[ClockEvent]:
    """Return the first events of the clock. A reopened incident continues with its own, `before`.

    `priority` then counts only if it is more urgent, and if no person had set another one, because decisions of people
    stay valid.
    """
    record = order.record
    if not before:
        # It began when it was opened, however long the dossier took to be read.
        opened = ClockEventKind.OPENED
        return [ClockEvent(at=record.opened_at, kind=opened, priority=priority, by=record.opened_by)]
    events = [*before, ClockEvent(at=order.now, kind=ClockEventKind.REOPENED, by=record.opened_by)]
    last = last_priority(before)
    by_people = any(e.kind is ClockEventKind.PRIORITY and e.by not in {"", DRIFTVAKT} for e in before)
    if last is None or not (by_people or last.value <= priority.value):
        events.append(ClockEvent(at=order.now, kind=ClockEventKind.PRIORITY, priority=priority))
    return events


def last_priority(events: Sequence[ClockEvent]) -> Priority | None:
    """Return the priority that is valid after these events."""
    return next((e.priority for e in reversed(events) if e.priority is not None), None)


def before_reopening(events: Sequence[ClockEvent], times: int, entered: int) -> list[ClockEvent]:
    """Return the events before an incident was reopened for the `times`-th time.

    `entered`: the number of reopenings in the records. If they contain this one, an earlier attempt, or a run that was
    reset, has written it already.
    """
    if entered < times:
        return list(events)
    reopened = [n for n, e in enumerate(events) if e.kind is ClockEventKind.REOPENED]
    return list(events[: reopened[-1]] if reopened else events)
