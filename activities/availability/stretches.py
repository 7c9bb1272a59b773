"""Sets of seconds as stretches: sorted pairs of whole numbers, [since, until), that neither overlap nor touch."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

Stretch = tuple[int, int]
Stretches = list[Stretch]

NOWHERE: Final[Stretches] = []
"""No second."""


def union(*sets: Iterable[Stretch]) -> Stretches:
    """Return the seconds of any set; the stretches of a set may be in any order, overlap, or be empty."""
    found: Stretches = []
    for since, until in sorted(stretch for one in sets for stretch in one):
        if until <= since:
            continue
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def at_least(count: int, sets: Sequence[Stretches]) -> Stretches:
    """Return the seconds that at least `count` of the sets have; `count` is 1 or more."""
    steps = sorted((at, step) for one in sets for since, until in one for at, step in ((since, 1), (until, -1)))
    found: Stretches = []
    have = place = 0
    begun: int | None = None
    while place < len(steps):
        at = steps[place][0]
        while place < len(steps) and steps[place][0] == at:
            have += steps[place][1]
            place += 1
        if begun is None and have >= count:
            begun = at
        elif begun is not None and have < count:
            found.append((begun, at))
            begun = None
    return found


def common(one: Stretches, other: Stretches) -> Stretches:
    """Return the seconds that both sets have."""
    found: Stretches = []
    left = right = 0
    while left < len(one) and right < len(other):
        since, until = max(one[left][0], other[right][0]), min(one[left][1], other[right][1])
        if since < until:
            found.append((since, until))
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1
    return found


def without(one: Stretches, other: Stretches) -> Stretches:
    """Return the seconds of the first set that the second does not have."""
    found: Stretches = []
    right = 0
    for since, until in one:
        while right < len(other) and other[right][1] <= since:
            right += 1
        place = right
        while place < len(other) and other[place][0] < until:
            if since < other[place][0]:
                found.append((since, other[place][0]))
            since = other[place][1]
            place += 1
        if since < until:
            found.append((since, until))
    return found


def length(one: Stretches) -> int:
    """Return the number of seconds."""
    return sum(until - since for since, until in one)


def cut(one: Stretches, since: int, until: int) -> Stretches:
    """Return the seconds of a set in [since, until)."""
    first = bisect_right(one, since, key=lambda stretch: stretch[1])
    last = bisect_left(one, until, key=lambda stretch: stretch[0])
    return [(max(a, since), min(b, until)) for a, b in one[first:last]]


def shared(one: Stretches, other: Stretches) -> list[int]:
    """Return for each stretch of the first set the number of its seconds that the second set has."""
    counts = [0] * len(one)
    left = right = 0
    while left < len(one) and right < len(other):
        since, until = max(one[left][0], other[right][0]), min(one[left][1], other[right][1])
        counts[left] += max(0, until - since)
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1
    return counts
