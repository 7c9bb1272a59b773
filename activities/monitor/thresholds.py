"""Whether a sample raises or clears an alarm: pure functions of the previous state, the threshold and the sample."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.alarms import AlarmState
from models.dossier.monitoring import Threshold, holds
from models.probes import Sample


class Phase(StrEnum):
    """The phase of a threshold, or of a point's data."""

    OK = "ok"
    PENDING = "pending"
    """The condition is true, but not yet for its duration."""
    FIRING = "firing"
    CLEARING = "clearing"
    """Still in alarm; the clear condition is true, but not yet for its duration."""
    NO_DATA = "no_data"
    """No measurement for too long; only for a point's data, never for a threshold."""

    @property
    def in_alarm(self) -> bool:
        """Whether there is a fault to report."""
        return self in (Phase.FIRING, Phase.CLEARING, Phase.NO_DATA)


@dataclass(frozen=True, slots=True)
class ThresholdState:
    """The state of one threshold of one point."""

    phase: Phase
    since: datetime
    """The beginning of this phase."""
    confirmed_at: datetime
    """The last sample that confirmed or contradicted this phase."""


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """The beginning or the end of an alarm."""

    state: AlarmState
    since: datetime
    """FIRING: the beginning of the fault, before its duration passed. CLEARED: the end of the fault."""
    run_since: datetime | None = None
    """The first sample of the run that led to the change; None where no samples led to it."""


def evaluate(
    state: ThresholdState, threshold: Threshold, sample: Sample, stale_after: timedelta
) -> tuple[ThresholdState, AlarmChange | None]:
    """Evaluate one sample.

    A sample without data, or without the compared number, neither fires nor clears. Time counts from sample to sample.
    After a gap longer than `stale_after`, a duration starts again, because the state during the gap is unknown. If
    `when` and `clear` are both true, `when` takes precedence.
    """
    in_alarm, at = state.phase.in_alarm, sample.at
    moves = _clears(threshold, sample) if in_alarm else holds(threshold.when, sample)
    if moves is None:
        return state, None
    resting, moving = (Phase.FIRING, Phase.CLEARING) if in_alarm else (Phase.OK, Phase.PENDING)
    if not moves:
        return ThresholdState(resting, state.since if state.phase is resting else at, at), None
    goes_on = state.phase is moving and at - state.confirmed_at <= stale_after
    since = min(state.since, at) if goes_on else at  # a clock set back must not hold up a duration
    if at - since < (threshold.clear_duration if in_alarm else threshold.duration):
        return ThresholdState(moving, since, at), None
    if in_alarm:
        return ThresholdState(Phase.OK, at, at), AlarmChange(AlarmState.CLEARED, at, since)
    return ThresholdState(Phase.FIRING, at, at), AlarmChange(AlarmState.FIRING, since, since)


def _clears(threshold: Threshold, sample: Sample) -> bool | None:
    """Return whether the sample supports clearing (True), contradicts it (False), or says nothing about it (None)."""
    bad = holds(threshold.when, sample)
    if threshold.clear is None:
        return None if bad is None else not bad
    good = holds(threshold.clear, sample)
    if bad or good is False:
        return False
    return good


def evaluate_data(
    phase: Phase, last_data: datetime, no_data_after: timedelta, now: datetime
) -> tuple[Phase, AlarmChange | None]:
    """Evaluate whether a point has been without data for too long; the fault began with the last data."""
    missing = now - last_data >= no_data_after
    if missing and phase is not Phase.NO_DATA:
        return Phase.NO_DATA, AlarmChange(AlarmState.FIRING, last_data)
    if not missing and phase is Phase.NO_DATA:
        return Phase.OK, AlarmChange(AlarmState.CLEARED, last_data)
    return phase, None
