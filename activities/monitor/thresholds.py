"""Whether a sample raises or clears an alarm: pure functions of what was known, the rule and the sample."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.alarms import AlarmState
from models.dossier.monitoring import Threshold, holds
from models.probes import Sample


class Phase(StrEnum):
    """How a threshold, or the data of a point, stands."""

    OK = "ok"
    PENDING = "pending"
    """The condition holds, but not yet for its duration."""
    FIRING = "firing"
    CLEARING = "clearing"
    """Still in alarm; the clear condition holds, but not yet for its duration."""
    NO_DATA = "no_data"
    """Nothing could be measured for too long; of a point's data only, never of a threshold."""

    @property
    def in_alarm(self) -> bool:
        """Whether there is a fault to report."""
        return self in (Phase.FIRING, Phase.CLEARING, Phase.NO_DATA)


@dataclass(frozen=True, slots=True)
class ThresholdState:
    """What is known of one threshold of one point."""

    phase: Phase
    since: datetime
    """When this phase began."""
    told_at: datetime
    """The last sample that spoke for this phase or against it."""


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """An alarm begins or ends."""

    state: AlarmState
    since: datetime
    """FIRING: when the fault began, which is before its duration had passed. CLEARED: when it was over."""


def evaluate(
    state: ThresholdState, threshold: Threshold, sample: Sample, stale_after: timedelta
) -> tuple[ThresholdState, AlarmChange | None]:
    """Take one sample into account.

    A sample without data, or without the number asked for, changes nothing: it neither fires nor clears. Time counts
    from sample to sample; after a gap longer than `stale_after` a duration under way begins anew, since nobody knows
    what held in between. `when` wins where a dossier lets it and `clear` hold at once.
    """
    in_alarm, at = state.phase.in_alarm, sample.at
    moves = _clears(threshold, sample) if in_alarm else holds(threshold.when, sample)
    if moves is None:
        return state, None
    resting, moving = (Phase.FIRING, Phase.CLEARING) if in_alarm else (Phase.OK, Phase.PENDING)
    if not moves:
        return ThresholdState(resting, state.since if state.phase is resting else at, at), None
    goes_on = state.phase is moving and at - state.told_at <= stale_after
    since = min(state.since, at) if goes_on else at  # a clock set back must not hold up a duration
    if at - since < (threshold.clear_duration if in_alarm else threshold.duration):
        return ThresholdState(moving, since, at), None
    if in_alarm:
        return ThresholdState(Phase.OK, at, at), AlarmChange(AlarmState.CLEARED, at)
    return ThresholdState(Phase.FIRING, at, at), AlarmChange(AlarmState.FIRING, since)


def _clears(threshold: Threshold, sample: Sample) -> bool | None:
    """Whether the sample speaks for clearing (True), against it (False), or does not tell."""
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
    """Tell whether a point has been without data for too long; the fault began with the last data."""
    missing = now - last_data >= no_data_after
    if missing and phase is not Phase.NO_DATA:
        return Phase.NO_DATA, AlarmChange(AlarmState.FIRING, last_data)
    if not missing and phase is Phase.NO_DATA:
        return Phase.OK, AlarmChange(AlarmState.CLEARED, last_data)
    return phase, None
