"""The faults of one threshold over time: when it was down, and how often it failed without firing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from activities.history.carry import ThresholdCarry
from activities.history.days import by_day, whole_second
from activities.history.samples import SampleColumns
from activities.history.shortcuts import holds_for_all
from activities.history.spans import StoredSpan, StoredState
from activities.monitor.thresholds import AlarmChange, Phase, ThresholdState, evaluate
from models.alarms import AlarmState
from models.dossier.monitoring import Severity, Threshold
from models.probes import Sample

_FEW: Final = 16
"""So many samples are evaluated one by one; more are halved until all of a half are alike."""


class ThresholdFaults:
    """Evaluates samples as the monitor does, and collects the down time.

    A fault is down from its first failed sample to the first sample of the run that cleared it. A run that has not
    fired, or not cleared, is not decided: its time is left out until a later sample decides.
    """

    def __init__(self, point: str, name: str, at: datetime, carried: ThresholdCarry | None) -> None:
        """`at`: the time of its first rules; `carried`: its state at the last midnight, if it was not simply OK."""
        self._point = point
        self._name = name
        self._severity: Severity | None = None
        self._state = ThresholdState(Phase.OK, at, at)
        self._down_since: datetime | None = None
        """The beginning of the down time that is not in `spans` yet; None without a fault."""
        if carried is not None:
            self._state = ThresholdState(carried.phase, carried.since, carried.confirmed_at)
            self._down_since = carried.down_since
        self.spans: list[StoredSpan] = []
        self.blips = 0
        """Runs that ended before the threshold's duration was over."""

    def follow(self, threshold: Threshold, stale_after: timedelta, at: datetime) -> None:
        """Apply new rules from this moment on; an active fault continues under them, as in the monitor."""
        if self._severity is not None and threshold.severity is not self._severity:
            self._collect(at)
        self._threshold, self._stale_after, self._severity = threshold, stale_after, threshold.severity

    def take(self, samples: SampleColumns, begin: int, end: int) -> None:
        """Evaluate the samples in [begin, end)."""
        if begin == end or self._rests(samples, begin, end):
            return
        if end - begin <= _FEW:
            for index in range(begin, end):
                self._evaluate(samples.sample(self._point, index))
        else:
            middle = (begin + end) // 2
            self.take(samples, begin, middle)
            self.take(samples, middle, end)

    def leave(self, at: datetime) -> None:
        """End everything: no dossier in force has this threshold from this moment on."""
        self._collect(at)
        self.blips += self._state.phase is Phase.PENDING

    def carry(self, at: datetime) -> ThresholdCarry | None:
        """Collect what is decided until midnight, and return the rest; None if the threshold is simply OK."""
        self._collect(at)
        if self._state.phase is Phase.OK:
            return None
        state = self._state
        return ThresholdCarry(
            phase=state.phase, since=state.since, confirmed_at=state.confirmed_at, down_since=self._down_since
        )

    def _rests(self, samples: SampleColumns, begin: int, end: int) -> bool:
        """Return whether no sample moves the state; it is then as if each had been evaluated."""
        before, threshold = self._state, self._threshold
        if before.phase.in_alarm:
            still = holds_for_all(threshold.when, samples, begin, end) is True or (
                threshold.clear is not None and holds_for_all(threshold.clear, samples, begin, end) is False
            )
            resting = Phase.FIRING
        else:
            still, resting = holds_for_all(threshold.when, samples, begin, end) is False, Phase.OK
        if still:
            since = before.since if before.phase is resting else samples.at[begin]
            self.blips += before.phase is Phase.PENDING
            self._state = ThresholdState(resting, since, samples.at[end - 1])
        return still

    def _evaluate(self, sample: Sample) -> None:
        before = self._state
        self._state, change = evaluate(before, self._threshold, sample, self._stale_after)
        if change is not None:
            self._apply(change)
        if before.phase is Phase.PENDING:
            fired = self._state.phase is Phase.FIRING
            goes_on = self._state.phase is Phase.PENDING and self._state.since <= before.since
            self.blips += not fired and not goes_on

    def _apply(self, change: AlarmChange) -> None:
        assert change.run_since is not None, "a sample led to it"
        if change.state is AlarmState.FIRING:
            self._down_since = whole_second(change.run_since)
        else:
            self._store(whole_second(change.run_since))
            self._down_since = None

    def _collect(self, until: datetime) -> None:
        """Store the down time of an active fault; the run of good samples at its end is not decided yet."""
        if self._down_since is None:
            return
        if self._state.phase is Phase.CLEARING:
            until = whole_second(self._state.since)
        self._store(until)
        self._down_since = max(self._down_since, until)

    def _store(self, until: datetime) -> None:
        assert self._down_since is not None, "a fault is active"
        severity = self._severity.value if self._severity else ""
        for since, border in by_day(self._down_since, until):
            self.spans.append(StoredSpan(self._name, StoredState.DOWN, since, border, severity))
