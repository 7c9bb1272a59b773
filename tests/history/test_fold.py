"""The fold of samples into spans and figures, beside the obvious one that asks every second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.history.carry import NOTHING, Carry
from activities.history.days import A_DAY, day_of, day_start
from activities.history.fold import DayFold, ProbeTimes, fold_day
from activities.history.rules import PointRules, RulesInForce
from activities.history.spans import composed
from models.dossier.monitoring import Severity, Threshold
from models.history import PointSpan, SpanState
from models.probes import Sample, Seen
from tests.history.obvious import MIDNIGHT, POINT, columns, rules, sample, second_by_second

UP, DOWN, NO_DATA = SpanState.UP, SpanState.DOWN, SpanState.NO_DATA
LONG_AGO, LONG_AFTER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


def always(one: PointRules) -> list[RulesInForce]:
    return [RulesInForce(LONG_AGO, LONG_AFTER, one)]


def folded(
    samples: Sequence[Sample], in_force: Sequence[RulesInForce], end: datetime, carry: Carry = NOTHING
) -> list[DayFold]:
    """Fold day by day, each with what the day before left."""
    days, found = sorted({day_of(s.at) for s in samples}), []
    day = days[0] if days else day_of(end)
    while day_start(day) < end:
        mine = [s for s in samples if day_of(s.at) == day]
        found.append(fold_day(POINT, day, columns(mine), in_force, carry, until=end))
        carry, day = found[-1].carry, day + A_DAY
    return found


def spans(days: Sequence[DayFold], chosen: Sequence[str] | None = None) -> list[PointSpan]:
    stored = [span for day in days for span in day.spans]
    return composed(POINT, stored, LONG_AGO, LONG_AFTER, chosen)


def short(found: Sequence[PointSpan]) -> list[tuple[str, int]]:
    return [(span.state.value, span.seconds) for span in found]


def at(seconds: float) -> datetime:
    """Seconds after noon of the day before midnight."""
    return MIDNIGHT - A_DAY / 2 + timedelta(seconds=seconds)


def seen(*results: str, every: float = 30, begin: float = 0) -> list[Sample]:
    """Samples at regular intervals: ok, failed or no_data."""
    return [sample(at(begin + n * every), Seen(result)) for n, result in enumerate(results)]


def test_a_fault_that_fired_is_down_from_its_first_failed_sample_to_its_first_good_one() -> None:
    samples = seen("ok", "ok", "failed", "failed", "failed", "failed", "ok", "ok")
    [day] = folded(samples, always(rules()), at(240))
    assert short(spans([day])) == [("up", 60), ("down", 120), ("up", 60)]


def test_a_run_that_never_fired_is_a_blip_and_no_down_time() -> None:
    samples = seen("ok", "failed", "ok", "failed", "failed", "ok")
    [day] = folded(samples, always(rules()), at(180))
    assert short(spans([day])) == [("up", 180)]
    assert day.day is not None
    assert day.day.blips == {"down": 2}


def test_a_fault_that_begins_before_midnight_and_fires_after_it_is_down_from_its_first_failed_sample() -> None:
    before = [sample(MIDNIGHT - timedelta(seconds=s), Seen.FAILED if s < 40 else Seen.OK) for s in (75, 45, 15)]
    after = [sample(MIDNIGHT + timedelta(seconds=s), Seen.FAILED if s < 60 else Seen.OK) for s in (15, 45, 75)]
    first, second = folded([*before, *after], always(rules()), MIDNIGHT + timedelta(seconds=90))
    assert short(spans([first])) == [("up", 75)], "not decided yet"
    assert short(spans([first, second])) == [("up", 60), ("down", 90), ("up", 15)]


def test_a_fault_that_clears_after_midnight_ended_with_its_first_good_sample_before_it() -> None:
    threshold = Threshold(clear_duration=timedelta(minutes=1))
    kinds = [Seen.FAILED, Seen.FAILED, Seen.OK, Seen.OK, Seen.OK, Seen.OK]
    samples = [sample(MIDNIGHT + timedelta(seconds=30 * n - 75), kind) for n, kind in enumerate(kinds)]
    days = folded(samples, always(rules({"down": threshold})), MIDNIGHT + timedelta(seconds=90))
    assert short(spans(days)) == [("down", 60), ("up", 105)]


def test_a_fault_that_did_not_clear_after_all_is_down_throughout() -> None:
    threshold = Threshold(clear_duration=timedelta(minutes=5))
    kinds = [Seen.FAILED, Seen.OK, Seen.OK, Seen.OK, Seen.FAILED]
    samples = [sample(MIDNIGHT + timedelta(seconds=30 * n - 75), kind) for n, kind in enumerate(kinds)]
    days = folded(samples, always(rules({"down": threshold})), MIDNIGHT + timedelta(seconds=60))
    assert short(spans(days)) == [("down", 135)]
    assert [s.since for s in days[1].spans if s.threshold] == [MIDNIGHT - timedelta(seconds=45), MIDNIGHT]


def test_a_gap_of_the_monitor_is_no_data_and_never_up_or_down() -> None:
    samples = [*seen("ok", "ok"), *seen("ok", begin=3600)]
    [day] = folded(samples, always(rules()), at(3660))
    assert short(spans([day])) == [("up", 100), ("no_data", 3500), ("up", 60)]
    failing = [*seen("failed", "failed", "failed"), *seen("failed", begin=3600)]
    [day] = folded(failing, always(rules()), at(3660))
    assert short(spans([day])) == [("down", 130), ("no_data", 3470), ("down", 60)]


def test_one_missed_sample_is_no_gap() -> None:
    [day] = folded([*seen("ok"), *seen("ok", begin=65)], always(rules()), at(120))
    assert short(spans([day])) == [("up", 120)]


def test_a_sample_without_data_is_no_data_until_the_next() -> None:
    [day] = folded(seen("ok", "no_data", "ok", "ok"), always(rules()), at(120))
    assert short(spans([day])) == [("up", 30), ("no_data", 30), ("up", 60)]


def test_a_sample_that_no_threshold_can_judge_is_no_data() -> None:
    full = rules({"full": Threshold(when="value > 90")})
    samples = [sample(at(0), value=50.0), sample(at(30), Seen.FAILED), sample(at(60), value=50.0)]
    [day] = folded(samples, always(full), at(90))
    assert short(spans([day])) == [("up", 30), ("no_data", 30), ("up", 30)]


def test_before_the_first_sample_and_while_no_dossier_has_the_point_there_is_no_span() -> None:
    one = rules()
    in_force = [RulesInForce(at(0), at(100), one), RulesInForce(at(200), at(1000), one)]
    samples = [sample(at(s), Seen.FAILED if 70 < s < 230 else Seen.OK) for s in range(10, 400, 30)]
    [day] = folded(samples, in_force, at(300))
    found = spans([day])
    assert [(s.state, s.since, s.until) for s in found] == [
        (UP, at(10), at(100)),
        (UP, at(220), at(300)),
    ]
    assert day.day is not None
    assert (day.day.watched_s, day.day.no_data_s, day.day.samples) == (170, 0, 6)
    assert day.day.blips == {"down": 1}, "the failed samples of the time between do not count"


def test_a_threshold_that_changes_at_midday_counts_from_then_on() -> None:
    before, after = Threshold(when="value > 90"), Threshold(when="value > 50")
    in_force = [
        RulesInForce(LONG_AGO, at(65), rules({"full": before})),
        RulesInForce(at(65), LONG_AFTER, rules({"full": after})),
    ]
    samples = [sample(at(30 * n), value=70.0) for n in range(5)]
    [day] = folded(samples, in_force, at(150))
    assert short(spans([day])) == [("up", 90), ("down", 60)]


def test_severity_selects_and_so_do_names() -> None:
    both = rules({"down": Threshold(), "slow": Threshold(when="latency_ms > 100", severity=Severity.WARNING)})
    samples = [sample(at(0), latency=500.0), sample(at(30), Seen.FAILED, latency=5.0), sample(at(60), latency=5.0)]
    [day] = folded(samples, always(both), at(90))
    assert short(spans([day])) == [("up", 30), ("down", 30), ("up", 30)]
    assert short(spans([day], ["slow"])) == [("down", 30), ("up", 60)]
    assert short(spans([day], ["down", "slow"])) == [("down", 60), ("up", 30)]


def test_flapping_gives_one_span_for_each_fault() -> None:
    samples = seen(*["failed", "ok"] * 100)
    [day] = folded(samples, always(rules({"down": Threshold()})), at(6000))
    assert short(spans([day])) == [("down", 30), ("up", 30)] * 100


def test_a_whole_day_has_hours_and_exact_percentiles() -> None:
    start = day_start(date(2026, 3, 2))
    samples = [sample(start + timedelta(seconds=30 * n + 2), latency=float(n % 100 + 1)) for n in range(2880)]
    carry = Carry(goes_on=True, covered=start + timedelta(minutes=1))
    found = fold_day(POINT, start.date(), columns(samples), always(rules()), carry)
    assert found.day is not None
    assert found.day.model_dump(exclude={"latency_ms"}) == {
        "point": POINT,
        "day": start.date(),
        "samples": 2880,
        "failed": 0,
        "expected": 2880,
        "watched_s": 86_400,
        "no_data_s": 0,
        "value": None,
        "blips": {},
    }
    assert found.day.latency_ms is not None
    exact = found.day.latency_ms.model_dump()
    assert {name: exact[name] for name in ("min", "p50", "p95", "p99", "max", "last", "count")} == {
        "min": 1.0,
        "p50": 50.0,
        "p95": 95.0,
        "p99": 99.0,
        "max": 100.0,
        "last": 80.0,
        "count": 2880,
    }
    assert [hour.at.hour for hour in found.hours] == list(range(24))
    assert {(hour.samples, hour.expected, hour.watched_s, hour.no_data_s) for hour in found.hours} == {
        (120, 120, 3600, 0)
    }


def test_numbers_are_those_of_good_samples() -> None:
    samples = [sample(at(0), latency=10.0), sample(at(30), Seen.FAILED, latency=9000.0), sample(at(60), latency=20.0)]
    [day] = folded(samples, always(rules()), at(90))
    assert day.day is not None
    assert day.day.latency_ms is not None
    assert (day.day.latency_ms.max, day.day.failed) == (20.0, 1)


@pytest.mark.parametrize("every", [1, 7, 30, 45, 600, 5400, 86_400])
def test_the_probes_that_are_due_add_up_over_hours(every: int) -> None:
    start, interval = day_start(date(2026, 3, 1)), timedelta(seconds=every)
    hours = [start + timedelta(hours=n) for n in range(73)]
    times = ProbeTimes(POINT, interval)
    total = sum(times.due(a, b) for a, b in pairwise(hours))
    assert total == times.due(hours[0], hours[-1])
    assert abs(total - 3 * 86_400 / every) <= 1


# ---- beside the obvious one

durations = st.sampled_from([timedelta(0), timedelta(seconds=30), timedelta(seconds=90)])
thresholds = st.builds(
    Threshold,
    when=st.sampled_from(["failed", "failed", "value > 90", "value >= 50", "value != 40", "latency_ms == 150"]),
    clear=st.sampled_from([None, None, "value < 80", "value <= 55", "latency_ms < 100"]),
    duration=durations,
    clear_duration=durations,
    severity=st.sampled_from([Severity.CRITICAL, Severity.CRITICAL, Severity.WARNING]),
)
runs = st.tuples(
    st.integers(1, 20),
    st.sampled_from([1.0, 4.5, 10.0, 20.5, 45.0]),
    st.sampled_from([*Seen, Seen.OK, Seen.FAILED]),
    st.sampled_from([None, 40.0, 55.0, 79.0, 85.0, 91.0]),
    st.sampled_from([None, 50.0, 150.0]),
)
versions = st.lists(
    st.tuples(
        st.integers(1, 400),
        st.one_of(
            st.just(None),
            st.builds(
                rules,
                st.dictionaries(st.sampled_from(["down", "slow"]), thresholds, max_size=2),
                every=st.sampled_from([5, 20]),
                timeout=st.just(3),
                stale=st.sampled_from([40, 200]),
            ),
        ),
    ),
    min_size=1,
    max_size=4,
)


@given(st.lists(runs, min_size=1, max_size=6), versions, st.integers(0, 300), st.integers(0, 90), st.booleans())
def test_the_fold_agrees_with_asking_every_second(
    told: list[tuple[int, float, Seen, float | None, float | None]],
    published: list[tuple[int, PointRules | None]],
    before_midnight: int,
    pause: int,
    chosen: bool,
) -> None:
    moment, samples = MIDNIGHT - timedelta(seconds=before_midnight), []
    for number, (count, every, kind, value, latency) in enumerate(told):
        moment += timedelta(seconds=pause * (number % 2))
        for _ in range(count):
            samples.append(sample(moment, kind, value, latency))
            moment += timedelta(seconds=every)
    in_force, since = [], MIDNIGHT - timedelta(seconds=before_midnight)
    for number, (lasts, given_rules) in enumerate(published):
        until = LONG_AFTER if number == len(published) - 1 else since + timedelta(seconds=lasts)
        if given_rules is not None:
            in_force.append(RulesInForce(since, until, given_rules))
        since = until
    end = (moment + timedelta(seconds=20)).replace(microsecond=0)
    names = ["slow"] if chosen else None
    days = folded(samples, in_force, end)
    found = spans(days, names)
    obvious = second_by_second(samples, in_force, end, names)

    assert {s: span.state for span in found for s in _seconds(span)} == obvious.states
    assert all(a.until <= b.since for a, b in pairwise(found))
    blips: Counter[str] = Counter()
    for day in days:
        blips.update(day.day.blips if day.day else {})
    assert blips == obvious.blips
    for day in days:
        if day.day is None:
            continue
        mine = {s: state for s, state in obvious.states.items() if day_of(s) == day.day.day}
        assert day.day.watched_s == len(mine) == sum(hour.watched_s for hour in day.hours)
        assert day.day.no_data_s == sum(state is NO_DATA for state in mine.values())
        assert day.day.no_data_s == sum(hour.no_data_s for hour in day.hours)
        assert day.day.samples == sum(hour.samples for hour in day.hours)
        assert day.day.expected == sum(hour.expected for hour in day.hours)


def _seconds(span: PointSpan) -> list[datetime]:
    return [span.since + timedelta(seconds=n) for n in range(span.seconds)]
