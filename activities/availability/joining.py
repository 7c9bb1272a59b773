"""Join the measured parts of a period: their results add up exactly to those of the whole."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import reduce

from models.availability import ClassSeconds, MeasuredPeriod, SubjectSpan, TakenOut


def join(parts: Sequence[MeasuredPeriod]) -> MeasuredPeriod:
    """Return the whole of parts that follow each other without a gap, in order; at least one."""
    return MeasuredPeriod(
        since=parts[0].since,
        until=parts[-1].until,
        classes=_sum(part.classes for part in parts),
        maintenance_counted=_sum(part.maintenance_counted for part in parts),
        outages=_spans(one for part in parts for one in part.outages),
        gaps=_spans(one for part in parts for one in part.gaps),
        blips=sum(part.blips for part in parts),
        maintenance=joined(in_order(one for part in parts for one in part.maintenance)),
        excused=joined(in_order(one for part in parts for one in part.excused)),
    )


def in_order(times: Iterable[TakenOut]) -> list[TakenOut]:
    """Return times in the order in which they began."""
    return sorted(times, key=lambda one: (one.since, one.until, one.id))


def joined(times: Sequence[TakenOut]) -> list[TakenOut]:
    """Join times of the same operation or wait that touch, as those at the border of two parts do."""
    found: dict[Hashable, list[TakenOut]] = {}
    for one in times:
        same = found.setdefault((one.id, one.title, one.announced_at, one.announced_until, one.party), [])
        if same and same[-1].until == one.since:
            same[-1] = same[-1].model_copy(update={"until": one.until, "seconds": same[-1].seconds + one.seconds})
        else:
            same.append(one)
    return in_order(one for same in found.values() for one in same)


def _spans(spans: Iterable[SubjectSpan]) -> list[SubjectSpan]:
    """Join spans that touch: they are one that runs over the border of two parts."""
    found: list[SubjectSpan] = []
    for one in spans:
        if found and found[-1].until == one.since:
            last = found[-1]
            found[-1] = SubjectSpan(
                since=last.since,
                until=one.until,
                counted_seconds=last.counted_seconds + one.counted_seconds,
                points=sorted({*last.points, *one.points}),
            )
        else:
            found.append(one)
    return found


def _sum(seconds: Iterable[ClassSeconds]) -> ClassSeconds:
    return reduce(ClassSeconds.plus, seconds)
