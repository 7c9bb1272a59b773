"""The fold: a pure function from the samples of one point on one day to spans, figures, and what the next day needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from activities.history.carry import Carry, ThresholdCarry
from activities.history.coverage import gaps
from activities.history.days import A_DAY, AN_HOUR, Interval, day_start, overlap, whole_second
from activities.history.faults import ThresholdFaults
from activities.history.numbers import day_numbers, hour_numbers
from activities.history.rules import PointRules, RulesInForce
from activities.history.samples import SampleColumns
from activities.history.shortcuts import judged
from activities.history.spans import StoredSpan, StoredState, union
from activities.monitor.sampler import fraction
from models.history import PointDay, PointHour
from models.probes import Seen


@dataclass(frozen=True, slots=True)
class DayFold:
    """One day of one point."""

    spans: list[StoredSpan]
    hours: list[PointHour]
    day: PointDay | None
    """None if the point was not to be measured on this day."""
    carry: Carry


def fold_day(
    point: str,
    day: date,
    samples: SampleColumns,
    rules: Sequence[RulesInForce],
    carry: Carry,
    until: datetime | None = None,
) -> DayFold:
    """Fold the samples of one point on one day.

    The results are those of the monitor: the same thresholds are evaluated by the same function. `rules`: the versions
    in force, in order and without overlap; a point that a version does not have is not in it, and its samples do not
    count then. `carry`: from the day before. `until`: a whole second before the day's end, for a day that is not over.
    """
    fold = _Fold(point, day, samples, carry, until)
    for one in rules:
        since, end = max(one.since, fold.start), min(one.until, fold.end)
        if since < end:
            fold.follow(one.rules, since, end)
    return fold.finish()


class _Fold:
    def __init__(self, point: str, day: date, samples: SampleColumns, carry: Carry, until: datetime | None) -> None:
        self._point = point
        self._day = day
        self._samples = samples
        self.start = day_start(day)
        self.end = min(self.start + A_DAY, until or self.start + A_DAY)
        self._alive = carry.goes_on
        self._reached = self.start
        self._covered = carry.covered or self.start
        self._carried = dict(carry.thresholds) if carry.goes_on else {}
        self._faults: dict[str, ThresholdFaults] = {
            name: ThresholdFaults(point, name, self.start, state) for name, state in self._carried.items()
        }
        self._watched: list[Interval] = []
        self._missing: list[Interval] = []
        self._down: list[StoredSpan] = []
        self._blips: Counter[str] = Counter()
        self._probed: list[tuple[Interval, ProbeTimes]] = []
        self._counted: list[tuple[int, int]] = []
        """The samples that count, as ranges of their index."""

    def follow(self, rules: PointRules, since: datetime, until: datetime) -> None:
        """Fold the samples in [since, until) under these rules."""
        if self._alive and self._reached != since:
            self._leave()
        begin, end = self._samples.before(since), self._samples.before(until)
        if not self._alive:
            if begin == end:
                return
            first = self._samples.at[begin]
            self._alive, self._covered, since = True, first, whole_second(first)
        self._apply(rules, since)
        for faults in self._faults.values():
            faults.take(self._samples, begin, end)
        missing, self._covered = gaps(
            self._samples.at[begin:end],
            judged(self._samples, begin, end, list(rules.thresholds.values())),
            max(self._covered, since),
            until,
            rules.vouches,
        )
        self._missing += missing
        self._watched.append((since, until))
        self._probed.append(((since, until), ProbeTimes(self._point, rules.every)))
        self._counted.append((begin, end))
        self._reached = until

    def finish(self) -> DayFold:
        carry = Carry()
        if self._alive and self._reached == self.end:
            left = {name: faults.carry(self.end) for name, faults in self._faults.items()}
            open_ones: dict[str, ThresholdCarry] = {name: one for name, one in left.items() if one is not None}
            carry = Carry(goes_on=True, covered=self._covered, thresholds=open_ones)
            self._collect()
        elif self._alive:
            self._leave()
        if not self._watched and not self._blips.total():
            return DayFold(self._down, [], None, carry)
        missing = union(self._missing)
        samples = self._counted_samples()
        figures = _Figures(self._point, samples, union(self._watched), missing, self._probed)
        day = figures.day(self._day, self.start, self.end, {n: c for n, c in sorted(self._blips.items()) if c})
        return DayFold([*self._data(missing), *self._down], figures.hours(self.start, self.end), day, carry)

    def _apply(self, rules: PointRules, since: datetime) -> None:
        for name in self._faults.keys() - rules.thresholds.keys():
            gone = self._faults.pop(name)
            gone.leave(since)
            self._collect_one(name, gone)
        for name, threshold in rules.thresholds.items():
            if name not in self._faults:
                self._faults[name] = ThresholdFaults(self._point, name, since, None)
            self._faults[name].follow(threshold, rules.stale_after, since)

    def _leave(self) -> None:
        """The point is no longer measured: no version in force has it."""
        for faults in self._faults.values():
            faults.leave(self._reached)
        self._collect()
        self._faults.clear()
        self._alive = False

    def _collect(self) -> None:
        for name, faults in self._faults.items():
            self._collect_one(name, faults)

    def _collect_one(self, name: str, faults: ThresholdFaults) -> None:
        self._down += faults.spans
        self._blips[name] += faults.blips

    def _data(self, missing: Sequence[Interval]) -> list[StoredSpan]:
        spans = []
        for since, until in union(self._watched):
            at = since
            for begin, over in ((a, b) for a, b in missing if since <= a < until):
                if at < begin:
                    spans.append(StoredSpan("", StoredState.MEASURED, at, begin, ""))
                spans.append(StoredSpan("", StoredState.NO_DATA, begin, over, ""))
                at = over
            if at < until:
                spans.append(StoredSpan("", StoredState.MEASURED, at, until, ""))
        return spans

    def _counted_samples(self) -> SampleColumns:
        whole = self._samples
        if sum(end - begin for begin, end in self._counted) == len(whole):
            return whole
        return whole.only([k for begin, end in self._counted for k in range(begin, end)])


class _Figures:
    """The figures of a day and its hours."""

    def __init__(
        self,
        point: str,
        samples: SampleColumns,
        watched: list[Interval],
        missing: list[Interval],
        probed: list[tuple[Interval, ProbeTimes]],
    ) -> None:
        self._point = point
        self._samples = samples
        self._watched = watched
        self._missing = missing
        self._probed = probed

    def day(self, day: date, start: datetime, end: datetime, blips: dict[str, int]) -> PointDay:
        samples = self._samples
        return PointDay.model_construct(
            **self._common(start, end, samples.seen, overlap(self._watched, start, end)),
            day=day,
            value=day_numbers(samples.good_values),
            latency_ms=day_numbers(samples.good_latencies),
            blips=blips,
        )

    def hours(self, start: datetime, end: datetime) -> list[PointHour]:
        """Return the hours in which the point was to be measured."""
        samples, found, index = self._samples, [], 0
        while start < end:
            over = start + AN_HOUR
            following = samples.before(over)
            if watched := overlap(self._watched, start, over):
                found.append(
                    PointHour.model_construct(
                        **self._common(start, over, samples.seen[index:following], watched),
                        at=start,
                        value=hour_numbers(samples.good_values[index:following]),
                        latency_ms=hour_numbers(samples.good_latencies[index:following]),
                    )
                )
            start, index = over, following
        return found

    def _common(self, since: datetime, until: datetime, seen: Sequence[str], watched: int) -> dict[str, Any]:
        return {
            "point": self._point,
            "samples": len(seen),
            "failed": 0 if self._samples.all_ok else seen.count(Seen.FAILED),
            "expected": sum(
                times.due(max(a, since), min(b, until)) for (a, b), times in self._probed if a < until and b > since
            ),
            "watched_s": watched,
            "no_data_s": overlap(self._missing, since, until),
        }


class ProbeTimes:
    """The fixed times of the clock at which the sampler probes a point."""

    def __init__(self, point: str, every: timedelta) -> None:
        self._interval = every.total_seconds()
        self._offset = fraction(point) * self._interval

    def due(self, since: datetime, until: datetime) -> int:
        """Return how many of them lie in [since, until)."""
        return self._before(until) - self._before(since)

    def _before(self, moment: datetime) -> int:
        return ceil((moment.timestamp() - self._offset) / self._interval)
