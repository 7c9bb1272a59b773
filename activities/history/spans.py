"""Spans as they are stored (measured or not, and the down time of each threshold) and as they are read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from activities.history.days import Interval
from models.dossier.monitoring import Severity
from models.history import PointSpan, SpanState


class StoredState(StrEnum):
    """The state of a stored span."""

    MEASURED = "measured"
    NO_DATA = "no_data"
    DOWN = "down"
    """A threshold's fault was active; whether the point was measured meanwhile is in other spans."""


class StoredSpan(NamedTuple):
    """A stored span of a point. Spans of one threshold do not overlap, and none passes a midnight in UTC."""

    threshold: str
    """Empty for the spans that say whether the point was measured."""
    state: StoredState
    since: datetime
    until: datetime
    severity: str
    """The severity of the threshold at that time; empty without a threshold."""


def composed(
    point: str, stored: Iterable[StoredSpan], since: datetime, until: datetime, thresholds: Collection[str] | None
) -> list[PointSpan]:
    """Return the spans of a point in [since, until), in order and without overlap.

    `thresholds`: the thresholds whose faults count as down; None: those with the severity critical. Time without a
    measurement is no data, even during a fault.
    """
    data, down = [], []
    for span in stored:
        if not span.threshold:
            data.append(span)
        elif span.threshold in thresholds if thresholds is not None else span.severity == Severity.CRITICAL:
            down.append((span.since, span.until))
    data.sort(key=lambda span: span.since)
    pieces = _pieces(data, union(down), since, until)
    return [PointSpan.model_construct(point=point, state=s, since=a, until=b) for s, a, b in _joined(pieces)]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the time that the intervals cover together, in order and without overlap."""
    covered: list[Interval] = []
    for since, until in sorted(intervals):
        if covered and since <= covered[-1][1]:
            covered[-1] = (covered[-1][0], max(until, covered[-1][1]))
        else:
            covered.append((since, until))
    return covered


_Piece = tuple[SpanState, datetime, datetime]


def _pieces(data: Sequence[StoredSpan], down: Sequence[Interval], since: datetime, until: datetime) -> Iterator[_Piece]:
    first = 0
    for span in data:
        at, end = max(span.since, since), min(span.until, until)
        if at >= end:
            continue
        if span.state is StoredState.NO_DATA:
            yield SpanState.NO_DATA, at, end
            continue
        while first < len(down) and down[first][0] < end:
            begin, over = down[first]
            if begin > at:
                yield SpanState.UP, at, begin
            if over > at:
                yield SpanState.DOWN, max(at, begin), min(over, end)
                at = min(over, end)
            if over > end:
                break  # it continues in the next span
            first += 1
        if at < end:
            yield SpanState.UP, at, end


def _joined(pieces: Iterable[_Piece]) -> list[_Piece]:
    joined: list[_Piece] = []
    for state, since, until in pieces:
        if joined and joined[-1][0] is state and joined[-1][2] == since:
            joined[-1] = (state, joined[-1][1], until)
        else:
            joined.append((state, since, until))
    return joined
