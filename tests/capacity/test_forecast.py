"""What a forecast promises: dates where there is growth, none where there is noise, and a refusal where nobody can know."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pytest

from activities.capacity.forecast import Asked, forecast
from activities.capacity.trend import YEAR, YearAgo
from models.capacity import CapacityForecast, DailyUse, ResourceClass
from tests.capacity.made import FIRST, made, used

QUARTER = 90


def growing(days: int = 200, rate: float = 0.5, noise: float = 0.3) -> list[DailyUse]:
    chance = np.random.default_rng(1)
    return used(100 + rate * np.arange(days) + chance.normal(0, noise, days))


def test_steady_growth_reaches_its_limit_on_the_day_that_arithmetic_says() -> None:
    found = forecast(growing(), Asked(QUARTER, limit=220))  # 100 + 0.5 a day: 200 today, 220 in 40 days

    reached = found.reached
    expected = FIRST + timedelta(days=240)
    assert reached.p10
    assert reached.p50
    assert reached.p90
    assert reached.p10 <= reached.p50 <= reached.p90
    assert abs((reached.p50 - expected).days) <= 4
    assert [day.day for day in found.days] == [FIRST + timedelta(days=199 + n) for n in range(1, QUARTER + 1)]


def test_a_probability_never_falls_with_the_days_and_intervals_lie_within_each_other() -> None:
    for kind in ("disk", "cpu", "memory", "traffic"):
        one = made(kind, 1)[0]
        found = forecast(one.history, Asked(QUARTER, limit=float(one.values.max())))
        likely = [day.p_limit for day in found.days if day.p_limit is not None]
        assert len(likely) == QUARTER
        assert likely == sorted(likely)
        assert all(day.low95 <= day.low80 <= day.high80 <= day.high95 for day in found.days)


def test_flat_noise_far_below_the_limit_gets_no_date() -> None:
    for seed in range(30):
        chance = np.random.default_rng(seed)
        found = forecast(used(37 + chance.normal(0, 1, 365)), Asked(QUARTER, limit=80))
        assert found.reached.p10 is None
        assert found.days[-1].p_limit is not None
        assert found.days[-1].p_limit <= 0.01


def test_a_resource_that_falls_has_its_limit_below() -> None:
    falling = [DailyUse(day=use.day, value=300 - (use.value or 0)) for use in growing()]
    found = forecast(falling, Asked(QUARTER, limit=80, falls=True))
    mirrored = forecast(growing(), Asked(QUARTER, limit=220))

    assert found.reached == mirrored.reached
    assert found.peak == pytest.approx(min(use.value or 0 for use in falling), rel=1e-5)


def test_a_recorded_clean_up_is_no_shrinking_and_without_the_record_it_is_asked_about() -> None:
    grown = 100 + 0.5 * np.arange(200) + np.random.default_rng(1).normal(0, 0.3, 200)
    grown[170:] -= 40
    change = FIRST + timedelta(days=170)

    told = forecast(used(grown), Asked(QUARTER, limit=200), [change])
    untold = forecast(used(grown), Asked(QUARTER, limit=200))

    assert [(step.day, round(step.by)) for step in told.lifted] == [(change, -40)]
    assert told.unexplained == []
    assert untold.lifted == []
    assert untold.unexplained == [change]
    expected = 100 + 0.5 * (199 + QUARTER) - 40
    assert told.days[-1].median == pytest.approx(expected, rel=0.05)


def test_chance_is_no_step_and_asks_nobody() -> None:
    asked = 0
    for seed in range(20):
        chance = np.random.default_rng(seed).normal(0, 1, 300)
        found = forecast(used(100 + 0.5 * np.arange(300) + chance), Asked(QUARTER))
        asked += len(found.unexplained)

    assert asked <= 1


def test_a_change_that_shows_on_the_next_day_is_found_and_one_without_a_step_moves_nothing() -> None:
    grown = 100 + 0.5 * np.arange(200) + np.random.default_rng(1).normal(0, 0.3, 200)
    grown[100:] -= 40
    found = forecast(used(grown), Asked(30), [FIRST + timedelta(days=99), FIRST + timedelta(days=150)])

    assert [step.day for step in found.lifted] == [FIRST + timedelta(days=100)]


def test_a_resource_that_was_never_below_zero_stays_above_it() -> None:
    found = forecast(used(np.linspace(100, 2, 120)), Asked(QUARTER))

    assert min(day.low95 for day in found.days) == 0


def test_gaps_are_bridged_and_named() -> None:
    use = growing()
    holes = [one for one in use if one.day.day not in {3, 11, 24}]
    whole, found = forecast(use, Asked(QUARTER, limit=220)), forecast(holes, Asked(QUARTER, limit=220))

    assert whole.reached.p50
    assert found.reached.p50
    assert abs((found.reached.p50 - whole.reached.p50).days) <= 3
    assert any("without data were bridged" in note for note in found.notes)


@pytest.mark.parametrize(
    ("history", "last_day", "why"),
    [
        ([], None, "There is no data."),
        (used([None] * 40), None, "There is no data."),
        (growing(12), None, "The history has 12 days with data; a forecast needs 28."),
        (
            [use for use in growing(120) if use.day.toordinal() % 2],
            None,
            "59 days of 119 have no data; a forecast needs data of 80% of the days.",
        ),
        (
            growing(100),
            FIRST + timedelta(days=110),
            f"The last data is of {FIRST + timedelta(days=99)}; a forecast to begin after {FIRST + timedelta(days=110)} needs "
            "data of its last 7 days.",
        ),
    ],
)
def test_what_nobody_can_know_is_refused_with_its_reason(
    history: list[DailyUse], last_day: date | None, why: str
) -> None:
    found = forecast(history, Asked(QUARTER, limit=220, last_day=last_day))

    assert (found.refused, found.days, found.reached.p10) == (why, [], None)


def test_a_short_history_gives_a_range_and_no_date() -> None:
    found = forecast(growing(45), Asked(QUARTER, limit=130))

    assert len(found.days) == QUARTER
    assert {day.p_limit for day in found.days} == {None}
    assert "The history covers 45 days; dates need 60." in found.notes


def test_what_is_missed_grows_on_beyond_the_days_that_the_past_can_judge() -> None:
    found = forecast(made("disk", 1)[0].history[:70], Asked(300))

    widths = [day.high80 - day.low80 for day in found.days]
    assert widths[-1] > 2 * widths[29]


def test_the_order_of_the_days_decides_nothing_and_the_same_history_gives_the_same_forecast() -> None:
    history = made("traffic", 1)[0].history
    shuffled = random.Random(3).sample(history, len(history))
    asked = Asked(QUARTER, limit=900, kind=ResourceClass.TRAFFIC)

    assert forecast(shuffled, asked).model_dump_json() == forecast(history, asked).model_dump_json()


def test_after_two_years_the_season_of_the_year_is_in_the_forecast() -> None:
    chance = np.random.default_rng(5)
    day = np.arange(2 * 364 + QUARTER)
    values = 500 + 120 * np.sin(2 * np.pi * day / 364) + chance.normal(0, 6, day.size)
    found = forecast(used(values[:-QUARTER]), Asked(QUARTER))
    one_year = forecast(used(values[364:-QUARTER], FIRST + timedelta(days=364)), Asked(QUARTER))

    assert _missed(found, values[-QUARTER:]) < 0.5 * _missed(one_year, values[-QUARTER:])
    assert not any("two years" in note for note in found.notes)
    assert any("two years" in note for note in one_year.notes)


def test_a_horizon_beyond_a_year_shows_the_same_year_once_more() -> None:
    days = np.arange(3 * YEAR)
    values = 100 + 40 * np.sin(2 * np.pi * days / YEAR) + np.random.default_rng(3).normal(0, 0.5, len(days))
    year = YearAgo(values, np.full(len(days), 100.0))

    ahead = year.ahead(len(days) - 1, 400)

    assert np.isfinite(ahead).all()
    assert (ahead[YEAR:] == ahead[: 400 - YEAR]).all()
    assert np.abs(ahead[:YEAR] - values[-YEAR:]).max() < 1e-9


def _missed(found: CapacityForecast, came: np.ndarray) -> float:
    return float(np.mean(np.abs(np.array([day.median for day in found.days]) - came)))
