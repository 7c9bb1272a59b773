"""Measured values and capacity in a report: days, limits, gaps, and what the history does not have."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from activities.records import Records
from models.history_tables import HistoryProgress, PointDayRow
from models.report import GapReason
from models.tables import SourceHeartbeat
from tests.report.november import APPLICATION, NOW, UNTIL, at, block, facts, keep_dossier, records, shop

__all__ = ["records"]

NOVEMBER = [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]


def measured(records: Records, values: dict[date, float | None], beat: Any = NOW, gap: int = 0) -> None:
    """The days of the disk are folded, with these highest values; its monitor was alive at `beat`."""
    known = {"samples": 288, "failed": 0, "expected": 288, "watched_s": 86_400, "no_data_s": gap, "blips": {}}
    below = {"max": 0.0, "mean": 1.0, "min": 2.0, "last": 1.0, "p50": 0.5, "p95": 0.5, "p99": 0.5}
    rows = [
        {
            "point": f"{APPLICATION}.db-disk",
            "day": day,
            **known,
            "value_count": 0 if value is None else 288,
            **{f"value_{name}": None if value is None else value - less for name, less in below.items()},
            "latency_count": 0,
        }
        for day, value in values.items()
    ]
    with records.database.writing() as session:
        session.execute(insert(PointDayRow), rows)
        day = NOW.date()
        session.merge(HistoryProgress(id=1, opened_until=day, folded_until=day, sealed_until=day))
        session.merge(SourceHeartbeat(source="monitor.stockholm", at=beat))


@pytest.mark.parametrize(
    ("statistic", "highest"), [("max", "90.25"), ("mean", "89.25"), ("min", "88.25"), ("p95", "89.75")]
)
def test_each_day_has_its_statistic_and_the_period_the_highest_and_lowest_day(
    records: Records, statistic: str, highest: str
) -> None:
    keep_dossier(records, shop([{"metrics": {"points": ["db-disk"], "statistic": statistic}}]))
    measured(records, {day: 60.25 + number for number, day in enumerate([*NOVEMBER, date(2026, 12, 1)])})

    [point] = block(facts(records), "metrics")["points"]

    assert list(point["days"]) == [f"{day}" for day in NOVEMBER]
    assert (point["highest"]["value"], point["highest"]["unit"]) == (str(float(highest) - 1), "%")
    assert point["lowest"]["value"] == str(float(highest) - 30)
    assert point["highest"]["evidence"] == [f"{APPLICATION}.db-disk"]
    assert [(one["name"], one["value"], one["above"]) for one in point["limits"]] == [
        ("full", "95", True),
        ("filling", "85", True),
    ]


def test_time_without_data_is_counted_and_a_day_without_a_number_has_none(records: Records) -> None:
    keep_dossier(records, shop([{"metrics": {"points": ["db-disk"]}}]))
    measured(records, {NOVEMBER[0]: 50, NOVEMBER[1]: None}, gap=1_800)

    [point] = block(facts(records), "metrics")["points"]

    assert (point["days"]["2026-11-01"], point["days"]["2026-11-02"]) == ("49.5", None)
    assert (point["no_data"]["value"], point["no_data"]["unit"]) == (3_600, "s")


def test_a_point_without_history_is_missing_and_has_no_figures(records: Records) -> None:
    keep_dossier(records, shop([{"metrics": {"points": ["db-disk"]}}]))

    found = facts(records)

    [point] = block(found, "metrics")["points"]
    assert (point["highest"]["value"], point["days"]) == (None, {})
    assert ("db-disk", GapReason.NO_HISTORY) in [(one.source, one.reason) for one in found.missing]


def test_a_monitor_that_is_silent_since_the_middle_of_the_month_makes_the_report_late(records: Records) -> None:
    keep_dossier(records, shop([{"metrics": {"points": ["db-disk"]}}]))
    measured(records, dict.fromkeys(NOVEMBER, 50), beat=at(20))

    found = facts(records)

    assert found.complete_until["monitor.stockholm"] == at(20)
    assert [(one.source, one.since, one.until) for one in found.late] == [("monitor.stockholm", at(20), UNTIL)]


def test_capacity_is_the_highest_value_in_percent_of_the_planned_limit(records: Records) -> None:
    keep_dossier(records, shop(["capacity"]))
    measured(records, {day: 70.0 + number / 2 for number, day in enumerate(NOVEMBER[:-1])} | {NOVEMBER[-1]: 86.0})

    [disk] = block(facts(records), "capacity")["resources"]

    assert (disk["limit"], disk["highest"]["value"], disk["last"]["value"]) == ("85", "86", "85")
    assert (disk["share"]["value"], disk["days_at_limit"]["value"]) == ("101.2", 1)
