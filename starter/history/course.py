"""The course of a measuring point: how long it had each state in a part of the time, and a line of characters."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from activities.history.days import seconds
from models.history import PointSpan, SpanState

PARTS: Final = 24
"""The characters of a line: those of a day stand for its hours."""

NOT_MEASURED: Final = "-"
CHARACTERS: Final[Mapping[SpanState, str]] = {SpanState.DOWN: "#", SpanState.NO_DATA: "?", SpanState.UP: "."}
"""The character of a part is that of the first of these states that it has, however short. Every terminal has them."""


class PointCourse:
    """The spans of one point, in order and without overlap, for questions about parts of their time."""

    def __init__(self, spans: Sequence[PointSpan]) -> None:
        """`spans`: of one point, in order and without overlap."""
        self._spans = spans
        self._begins = [span.since for span in spans]

    def seconds(self, since: datetime, until: datetime) -> dict[SpanState, int]:
        """Return how many seconds of [since, until) the point had each state."""
        found = dict.fromkeys(SpanState, 0)
        for span in self._within(since, until):
            found[span.state] += seconds(max(span.since, since), min(span.until, until))
        return found

    def characters(self, since: datetime, until: datetime) -> str:
        """Return a character for each of the equal parts of [since, until)."""
        borders = [since + (until - since) * n / PARTS for n in range(PARTS + 1)]
        return "".join(self._character(begin, end) for begin, end in pairwise(borders))

    def _character(self, since: datetime, until: datetime) -> str:
        states = {span.state for span in self._within(since, until)}
        return next((character for state, character in CHARACTERS.items() if state in states), NOT_MEASURED)

    def _within(self, since: datetime, until: datetime) -> Iterator[PointSpan]:
        """Yield the spans that have a part of [since, until)."""
        number = max(0, bisect_right(self._begins, since) - 1)
        while number < len(self._spans) and (span := self._spans[number]).since < until:
            if span.until > since:
                yield span
            number += 1


def part_of(since: datetime, until: datetime) -> timedelta:
    """Return the time that one character stands for."""
    return (until - since) / PARTS
