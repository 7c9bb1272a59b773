"""The ranking: the component in which the incident began comes first, with reasons that people can check."""

from __future__ import annotations

import copy
import math
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.causes.ranking import rank
from models.cause_ranking import CauseRanking, CauseStatus, IncidentMeasurements, RankedCause
from tests.causes.measured import measured, series


def ranked(data: dict[str, Any]) -> CauseRanking:
    return rank(IncidentMeasurements.model_validate(data))


def found(ranking: CauseRanking, component: str) -> RankedCause:
    return next(one for one in ranking.ranking if one.component == component)


SLOW_DB = (series("app", "latency", 0.05, 0.8), series("db", "latency", 0.01, 0.7), series("cache", "latency", 0.001))


def test_a_slow_dependency_comes_before_the_components_that_wait_for_it() -> None:
    ranking = ranked(measured(*SLOW_DB))

    assert [one.component for one in ranking.ranking[:3]] == ["db", "app", "web"]
    assert "It needs db, which stands out as well and would explain its latency and errors." in (
        found(ranking, "app").against
    )
    assert ranking.verdict.startswith("Suspected: db.")


def test_a_failing_dependency_does_not_explain_a_components_own_processor() -> None:
    ranking = ranked(measured(*SLOW_DB, series("app", "cpu", 20.0, 75.0)))

    assert found(ranking, "app").score > found(ranking, "web").score
    assert not any("would explain" in line for line in found(ranking, "app").against)
    assert "It needs db, but no dependency explains its own cpu." in found(ranking, "app").reasons


def test_what_callers_see_counts_where_the_component_itself_shows_nothing() -> None:
    ranking = ranked(measured(series("db", "latency", 0.01), series("db", "latency", 0.02, 0.9, seen_from="app")))

    assert ranking.ranking[0].component == "db"
    assert "as app sees it" in ranking.ranking[0].reasons[0]


def test_a_component_that_is_not_needed_stays_last_however_far_it_went() -> None:
    ranking = ranked(measured(*SLOW_DB, series("mail", "latency", 0.01, 50.0)))

    assert ranking.ranking[-1].component in {"mail", "cache"}
    assert found(ranking, "mail").status is CauseStatus.NOT_SHOWN
    assert "web does not need it, directly or through others." in found(ranking, "mail").against


def test_load_alone_makes_no_suspect() -> None:
    ranking = ranked(measured(series("db", "requests", 100.0, 900.0)))

    assert found(ranking, "db").status is CauseStatus.NOT_SHOWN


def test_a_constant_series_does_not_stand_out_for_a_trifle() -> None:
    steady = {"component": "db", "measure": "memory", "quiet": [512.0] * 60, "incident": [513.0] * 8}

    assert found(ranked(measured(steady)), "db").status is CauseStatus.NOT_SHOWN


def test_more_availability_is_no_fault() -> None:
    better = {"component": "db", "measure": "availability", "quiet": [90.0] * 60, "incident": [100.0] * 8}

    assert found(ranked(measured(better)), "db").status is CauseStatus.NOT_SHOWN


def test_nothing_that_stands_out_is_said_as_not_shown_with_what_to_measure_next() -> None:
    flat = [series(name, "latency", 0.1) for name in ("web", "app")]

    ranking = ranked(measured() | {"series": flat})

    assert all(one.status is CauseStatus.NOT_SHOWN for one in ranking.ranking)
    assert ranking.verdict == (
        "Not shown: no component stands out in these measurements. Measure next: cache, db, which nothing measures."
    )


def test_a_change_is_no_evidence_on_a_component_that_does_not_stand_out() -> None:
    decoy = {"id": "change.7", "component": "cache", "seconds_before": 300}

    without, with_it = ranked(measured(*SLOW_DB)), ranked(measured(*SLOW_DB, operations=[decoy]))

    assert found(with_it, "cache").score == found(without, "cache").score
    assert found(with_it, "cache").status is CauseStatus.NOT_SHOWN
    assert with_it.ranking[0].component == "db"


def test_a_change_that_came_after_the_beginning_speaks_against_itself() -> None:
    late = {"id": "change.8", "component": "db", "seconds_before": -60}

    assert "change.8 acted on it only after the incident had begun." in (
        found(ranked(measured(*SLOW_DB, operations=[late])), "db").against
    )


def test_new_lines_in_a_log_are_shown_as_a_template() -> None:
    log = {
        "component": "db",
        "quiet": ["checkpoint complete: wrote 12 buffers"] * 20,
        "incident": [
            "checkpoint complete: wrote 7 buffers",
            "FATAL: sorry, too many clients (42)",
            "FATAL: sorry, too many clients (43)",
        ],
    }

    reasons = found(ranked(measured(*SLOW_DB, logs=[log])), "db").reasons

    assert "Its log has 2 times (never before): FATAL: sorry, too many clients (<n>)" in reasons


def test_without_a_symptom_the_farthest_deviation_that_no_dependency_explains_comes_first() -> None:
    ranking = ranked(measured(*SLOW_DB) | {"symptom": None})

    assert ranking.ranking[0].component == "db"


def test_two_components_that_cannot_be_told_apart_are_both_named() -> None:
    twin = {k: v for k, v in series("db", "latency", 0.01, 0.7).items() if k != "component"}

    verdict = ranked(measured({"component": "db"} | twin, {"component": "cache"} | twin)).verdict

    assert verdict.startswith("Suspected: cache, and db as much.")


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_input_changes_nothing(seed: int) -> None:
    data = measured(
        *SLOW_DB,
        series("app", "cpu", 20.0, 75.0),
        series("db", "latency", 0.02, 0.9, seen_from="app"),
        operations=[{"id": f"change.{n}", "component": "db", "seconds_before": 60 * n} for n in range(9)],
    )
    shuffled, order = copy.deepcopy(data), random.Random(seed)
    for name in ("series", "operations"):
        order.shuffle(shuffled[name])
    shuffled["needs"] = dict(order.sample(list(data["needs"].items()), len(data["needs"])))

    assert ranked(shuffled) == ranked(data)


values = st.lists(st.none() | st.floats(-1e300, 1e300), max_size=30)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["latency", "cpu", "availability"]), values, values),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_was_measured_every_component_has_a_score_from_0_to_1(rows: list[Any]) -> None:
    shown = [{"component": c, "measure": m, "quiet": q, "incident": i} for c, m, q, i in rows]
    data = {
        "interval_seconds": 1,
        "needs": {"a": ["b", "c"], "b": ["a"]},
        "symptom": {"component": "a", "measure": "latency"},
    }

    ranking = ranked(data | {"series": shown})

    assert all(0 <= one.score <= 1 and math.isfinite(one.score) for one in ranking.ranking)
    assert len({one.component for one in ranking.ranking}) == len(ranking.ranking)


def test_200_series_of_a_day_are_ranked_within_a_second_of_processor_time() -> None:
    noise = random.Random(1)
    shown = [
        {
            "component": f"c{n}",
            "measure": "latency",
            "quiet": [noise.random() for _ in range(2880)],
            "incident": [noise.random() for _ in range(60)],
        }
        for n in range(200)
    ]
    data = IncidentMeasurements.model_validate(
        {"interval_seconds": 30, "symptom": {"component": "c0", "measure": "latency"}, "series": shown}
    )

    began = time.process_time()
    rank(data)

    assert time.process_time() - began < 3, "a second on an idle machine; three on a busy one"
