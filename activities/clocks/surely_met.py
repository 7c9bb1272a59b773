"""Recognises incidents that surely met all their targets, without following every turn; for reports on many incidents.

Elapsed service time without pauses is an upper bound of what a clock counts. If the bound is within the target, the
target is met. Everything else is left to `reading.read`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple

from activities.clocks.countdowns import Term
from activities.clocks.terms import AgreedTerms
from models.clock import ClockEventKind, TargetKind
from models.dossier.agreement import Priority

# Plain texts: enumerations would take a third of the time.
OPENED: Final = ClockEventKind.OPENED.value
PRIORITY: Final = ClockEventKind.PRIORITY.value
RESPONDED: Final = ClockEventKind.RESPONDED.value
WAITING: Final = ClockEventKind.WAITING.value
UPDATED: Final = ClockEventKind.UPDATED.value
RESTORED: Final = ClockEventKind.RESTORED.value
REOPENED: Final = ClockEventKind.REOPENED.value
CLOSED: Final = ClockEventKind.CLOSED.value

_OVER: Final = frozenset({RESTORED, CLOSED})
_ANSWERED: Final = _OVER | {RESPONDED}
_HALF_A_DAY: Final = timedelta(hours=12)
_PRIORITIES: Final = {priority.value: priority for priority in Priority}


class StoredEvent(NamedTuple):
    """An event of a clock as the records keep it; its kind, priority and party may be of another release."""

    kind: str
    at: datetime
    priority: str | None
    party: str | None


def stored_events(rows: Sequence[Mapping[str, Any]]) -> list[StoredEvent] | None:
    """Return the events of a stored clock; None if one has no readable kind or moment."""
    try:
        return [
            StoredEvent(
                row["kind"], datetime.fromisoformat(row["at"]).astimezone(UTC), row.get("priority"), row.get("party")
            )
            for row in rows
        ]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def surely_met(
    terms: AgreedTerms, parties: Collection[str], events: Sequence[StoredEvent]
) -> dict[TargetKind, datetime] | None:
    """Return when each target was met, if the incident is over and surely met all targets; otherwise None.

    None also stands for events that `read` refuses.
    """
    if not _simple(parties, events):
        return None
    priority = _PRIORITIES.get(events[0].priority or "")
    end = next((n for n, event in enumerate(events) if event.kind in _OVER), None)
    if priority is None or end is None:
        return None
    opened, ended = events[0].at, events[end].at
    responded = next(event.at for event in events if event.kind in _ANSWERED)
    met: dict[TargetKind, datetime] = {}
    for kind, done in ((TargetKind.RESPOND, responded), (TargetKind.RESTORE, ended), (TargetKind.UPDATE, ended)):
        term = terms.of(kind, priority)
        if term is None:
            continue
        edges = [opened, done]
        if kind is TargetKind.UPDATE:
            edges[1:1] = [event.at for event in events[:end] if event.kind == UPDATED]
        if not all(_within(term, since, until) for since, until in pairwise(edges)):
            return None
        met[kind] = done
    return met


def _simple(parties: Collection[str], events: Sequence[StoredEvent]) -> bool:
    """Return whether events are in order, with one priority, and without a reopening."""
    if not events or events[0].kind != OPENED:
        return False
    before = events[0].at
    for event in events[1:]:
        if event.at < before or event.priority or event.kind in {OPENED, PRIORITY, REOPENED}:
            return False
        if event.kind == WAITING and event.party not in parties:
            return False
        before = event.at
    return True


def _within(term: Term, since: datetime, until: datetime) -> bool:
    if isinstance(term.whole, timedelta):
        # Service time is never longer than the time that passes.
        return until - since <= term.whole or term.calendar.elapsed(since, until) <= term.whole
    # Half a day has the hours of at most two working days, also where hours run over midnight.
    if until - since <= _HALF_A_DAY and term.whole >= 2:
        return True
    assert term.days is not None
    return term.days.elapsed(since, until) <= term.whole
