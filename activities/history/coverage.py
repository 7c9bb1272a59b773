"""When a point was measured: a sample vouches until the next one, but not for longer than its rules allow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import sub

from activities.history.days import Interval, whole_second


def gaps(
    at: Sequence[datetime],
    judged: Sequence[bool] | None,
    covered: datetime,
    until: datetime,
    vouches: timedelta,
) -> tuple[list[Interval], datetime]:
    """Return the gaps before `until` without a measurement, and the moment until which the last sample vouches.

    `at`: the samples, sorted. `judged`: whether each measured something; None: all did. `covered`: the moment until
    which the samples before vouch; the first gap can begin there.
    """
    if judged is None and at and at[0] <= covered and _longest_step(at) <= vouches:
        found: list[Interval] = []
        covered = at[-1] + vouches
    else:
        found, covered = _one_by_one(at, judged, covered, vouches)
    return _joined([*found, (covered, until)]), covered


def _longest_step(at: Sequence[datetime]) -> timedelta:
    return max(map(sub, at[1:], at), default=timedelta(0))


def _one_by_one(
    at: Sequence[datetime], judged: Sequence[bool] | None, covered: datetime, vouches: timedelta
) -> tuple[list[Interval], datetime]:
    found: list[Interval] = []
    for i, moment in enumerate(at):
        if moment > covered:
            found.append((covered, moment))
        covered = moment + vouches if judged is None or judged[i] else moment
    return found, covered


def _joined(found: list[Interval]) -> list[Interval]:
    """Return the gaps in whole seconds; those that touch become one."""
    joined: list[Interval] = []
    for since, until in ((whole_second(a), whole_second(b)) for a, b in found):
        if since >= until:
            continue
        if joined and joined[-1][1] >= since:
            joined[-1] = (joined[-1][0], until)
        else:
            joined.append((since, until))
    return joined
