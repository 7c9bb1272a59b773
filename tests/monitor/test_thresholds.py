"""When a threshold fires and clears."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.monitor.thresholds import AlarmChange, Phase, ThresholdState, evaluate, evaluate_data
from models.alarms import AlarmState
from models.dossier.monitoring import Threshold, holds
from models.probes import Sample, Seen

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
STALE = timedelta(seconds=300)


def sample(seconds: float, seen: str = "ok", value: float | None = None) -> Sample:
    return Sample(point="acme.shop.page", at=START + timedelta(seconds=seconds), seen=Seen(seen), value=value)


def run(threshold: Threshold, samples: list[Sample]) -> list[tuple[str, str | None]]:
    state, out = ThresholdState(Phase.OK, START, START), []
    for one in samples:
        state, change = evaluate(state, threshold, one, STALE)
        out.append((state.phase.value, change.state.value if change else None))
    return out


F, C = "firing", "cleared"
FOR_1M = Threshold(when="failed", duration="1m")
DISK = Threshold(when="value > 90", clear="value < 80", clear_duration="1m")

TABLE: dict[str, tuple[Threshold, list[tuple[str | float, int]], list[tuple[str, str | None]]]] = {
    "at once without a duration": (Threshold(), [("failed", 0)], [(F, F)]),
    "one blip stays pending": (FOR_1M, [("failed", 0), ("ok", 30)], [("pending", None), ("ok", None)]),
    "fires once the duration has passed, and once only": (
        FOR_1M,
        [("failed", 0), ("failed", 30), ("failed", 60), ("failed", 90)],
        [("pending", None), ("pending", None), (F, F), (F, None)],
    ),
    "an OK in between begins the duration anew": (
        FOR_1M,
        [("failed", 0), ("ok", 30), ("failed", 60), ("failed", 119), ("failed", 120)],
        [("pending", None), ("ok", None), ("pending", None), ("pending", None), (F, F)],
    ),
    "no data neither fires nor interrupts": (
        FOR_1M,
        [("failed", 0), ("no_data", 60), ("failed", 90)],
        [("pending", None), ("pending", None), (F, F)],
    ),
    "no data does not clear": (
        Threshold(),
        [("failed", 0), ("no_data", 30), ("ok", 60)],
        [(F, F), (F, None), ("ok", C)],
    ),
    "a long gap begins the duration anew": (
        FOR_1M,
        [("failed", 0), ("failed", 400), ("failed", 460)],
        [("pending", None), ("pending", None), (F, F)],
    ),
    "between the two limits nothing changes": (
        DISK,
        [(85.0, 0), (91.0, 30), (85.0, 60)],
        [("ok", None), (F, F), (F, None)],
    ),
    "clears after its own duration": (
        DISK,
        [(91.0, 0), (79.0, 30), (79.0, 60), (79.0, 90)],
        [(F, F), ("clearing", None), ("clearing", None), ("ok", C)],
    ),
    "a relapse while clearing is the same fault": (
        DISK,
        [(91.0, 0), (79.0, 30), (85.0, 60), (79.0, 90), (79.0, 150)],
        [(F, F), ("clearing", None), (F, None), ("clearing", None), ("ok", C)],
    ),
    "a look that failed says nothing of a value": (DISK, [(91.0, 0), ("failed", 30)], [(F, F), (F, None)]),
}


@pytest.mark.parametrize("name", TABLE)
def test_phases_and_changes(name: str) -> None:
    threshold, checks, expected = TABLE[name]
    samples = [sample(t, look) if isinstance(look, str) else sample(t, value=look) for look, t in checks]
    assert run(threshold, samples) == expected


def test_a_fault_began_with_the_first_sample_that_showed_it() -> None:
    state = ThresholdState(Phase.OK, START, START)
    for seconds in (10, 40):
        state, _ = evaluate(state, FOR_1M, sample(seconds, "failed"), STALE)
    _, change = evaluate(state, FOR_1M, sample(70, "failed"), STALE)
    first = START + timedelta(seconds=10)
    assert change == AlarmChange(AlarmState.FIRING, first, first)


def test_a_clock_set_back_does_not_hold_up_a_duration() -> None:
    state, _ = evaluate(ThresholdState(Phase.OK, START, START), FOR_1M, sample(86_400, "failed"), STALE)
    state, _ = evaluate(state, FOR_1M, sample(0, "failed"), STALE)
    _, change = evaluate(state, FOR_1M, sample(60, "failed"), STALE)
    assert change is not None


def test_no_data_is_a_state_of_its_own() -> None:
    after = timedelta(minutes=5)
    assert evaluate_data(Phase.OK, START, after, START + timedelta(minutes=4)) == (Phase.OK, None)
    assert evaluate_data(Phase.OK, START, after, START + after) == (
        Phase.NO_DATA,
        AlarmChange(AlarmState.FIRING, START),
    )
    assert evaluate_data(Phase.NO_DATA, START, after, START + after * 2) == (Phase.NO_DATA, None)
    again = START + after * 2
    assert evaluate_data(Phase.NO_DATA, again, after, again) == (Phase.OK, AlarmChange(AlarmState.CLEARED, again))


# The reference: at each sample, look back over everything that was seen since the last change. Slow and obvious.


def says(threshold: Threshold, one: Sample, in_alarm: bool) -> bool | None:
    bad = holds(threshold.when, one)
    good = holds(threshold.clear, one) if threshold.clear else None if bad is None else not bad
    if not in_alarm:
        return bad
    if bad is True or good is False:
        return False
    return True if good else None


def reference(threshold: Threshold, samples: list[Sample]) -> list[tuple[int, str, datetime]]:
    changes: list[tuple[int, str, datetime]] = []
    in_alarm, first = False, 0
    for i in range(len(samples)):
        told = [(s.at, v) for s in samples[first : i + 1] if (v := says(threshold, s, in_alarm)) is not None]
        if says(threshold, samples[i], in_alarm) is not True:
            continue
        run_start = len(told) - 1
        while run_start > 0 and told[run_start - 1][1] and told[run_start][0] - told[run_start - 1][0] <= STALE:
            run_start -= 1
        since = told[run_start][0]
        if samples[i].at - since >= (threshold.clear_duration if in_alarm else threshold.duration):
            changes.append((i, "cleared" if in_alarm else "firing", samples[i].at if in_alarm else since))
            in_alarm, first = not in_alarm, i + 1
    return changes


durations = st.sampled_from(["0s", "30s", "1m", "5m"])
thresholds = st.builds(
    Threshold,
    when=st.sampled_from(["failed", "value > 90", "value >= 50", "latency_ms > 100"]),
    clear=st.sampled_from([None, "value < 80", "value <= 60", "latency_ms < 100"]),
    duration=durations,
    clear_duration=durations,
)
checks = st.tuples(
    st.sampled_from([1, 10, 30, 60, 200, 301]),
    st.sampled_from(list(Seen)),
    st.sampled_from([None, 40.0, 55.0, 79.0, 85.0, 91.0]),
    st.sampled_from([None, 50.0, 150.0]),
)


@given(thresholds, st.lists(checks, max_size=40))
def test_evaluating_one_by_one_agrees_with_looking_back_over_everything(
    threshold: Threshold, seen: list[tuple[int, Seen, float | None, float | None]]
) -> None:
    at, samples = START, []
    for seconds, kind, value, latency in seen:
        at += timedelta(seconds=seconds)
        samples.append(Sample(point="acme.shop.page", at=at, seen=kind, value=value, latency_ms=latency))
    state, changes = ThresholdState(Phase.OK, START, START), []
    for i, one in enumerate(samples):
        state, change = evaluate(state, threshold, one, STALE)
        if change:
            changes.append((i, change.state.value, change.since))
    assert changes == reference(threshold, samples)
    assert all(a[1] != b[1] for a, b in pairwise(changes))
    assert state.phase.in_alarm == bool(changes and changes[-1][1] == "firing")
