"""The resources of a capacity plan: forecast from the history, with the day to decide by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from activities.capacity.outlook import outlook_of, recorded_changes
from activities.history.days import day_of
from activities.history.store import HistoryStore
from activities.records import Records, upgrade
from models.capacity import CapacityOutlook, ResourceOutlook
from models.dossier import Dossier
from models.history_tables import HistoryProgress, PointDayRow
from models.records import OperationRecord, WriteRecords
from models.settings import Settings
from starter.cli import app
from tests.dossier.written import EXAMPLES, plain_data

APPLICATION = "acme.shop"
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
TODAY = NOW.date()
NOISE = np.random.default_rng(5).normal(0, 0.2, 400)
GROWING = 40 + 0.1 * np.arange(300) + NOISE[:300]
"""Reaches 70 on the last day; 80 a hundred days later."""


def shop(**resource: Any) -> Dossier:
    """The example shop with one resource: the disk of its database."""
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    data["capacity"]["resources"] = {
        "disk": {"title": "Database disk", "measuring_point": "db-disk", "limit": 80, "plan_ahead": "60d", **resource}
    }
    return Dossier.model_validate(data)


@pytest.fixture
def records(home: Any) -> Iterator[Records]:
    url = Settings().records_url
    upgrade(url)
    records = Records(url)
    yield records
    records.close()


def measured(records: Records, values: np.ndarray, until: date = TODAY, **columns: Any) -> None:
    """Fill the history of the disk: a value for each day, the last one on the day before `until`."""
    counts = dict.fromkeys(
        ("samples", "failed", "expected", "watched_s", "no_data_s", "value_count", "latency_count"), 0
    )
    with records.database.writing() as session:
        progress = session.get(HistoryProgress, 1) or HistoryProgress()
        progress.folded_until = until
        session.merge(progress)
        for number, value in enumerate(values):
            day = until - timedelta(days=len(values) - number)
            point = {"point": f"{APPLICATION}.db-disk", "day": day, "blips": {}, "value_p95": float(value)}
            session.add(PointDayRow(**{**counts, **point, **columns}))


def outlook(records: Records, dossier: Dossier) -> CapacityOutlook:
    history = HistoryStore(records.database, records.dossier, lambda: NOW)
    return outlook_of(records, history, dossier, NOW)


def disk(records: Records, **resource: Any) -> ResourceOutlook:
    [one] = outlook(records, shop(**resource)).resources
    return one


def changed(records: Records, kind: str, day: date, **given: Any) -> None:
    moment = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=2)
    fields: dict[str, Any] = {"rehearsed": False, "closed_at": moment + timedelta(hours=1), "outcome": "done"}
    record = OperationRecord(
        id=f"{kind}.{APPLICATION}.{day:%m%d}",
        kind=kind,
        application=APPLICATION,
        title="Larger disk",
        state="closed",
        dossier="d1",
        opened_at=moment,
        opened_by="anna",
        run=f"{kind}-{day}",
        **{**fields, **given},
    )
    records.write(WriteRecords(operations=[record]))


def test_a_decision_is_due_the_agreed_time_before_the_agreed_risk_comes(records: Records) -> None:
    measured(records, GROWING)

    one = disk(records)

    assert one.at_risk is not None
    assert one.decide_by is not None
    assert abs((one.at_risk - TODAY).days - 100) < 30
    assert one.at_risk - one.decide_by == timedelta(days=60)
    assert one.at_risk == one.forecast.reached.p10
    assert (one.days_with_data, one.unit, one.at_limit) == (300, "%", False)


def test_headroom_and_risk_move_the_day(records: Records) -> None:
    measured(records, GROWING)

    usual, careful, bold = disk(records), disk(records, headroom=10), disk(records, risk=50)

    assert None not in (careful.at_risk, usual.at_risk, bold.at_risk)
    assert (careful.at_risk or TODAY) < (usual.at_risk or TODAY) <= (bold.at_risk or TODAY)
    assert careful.forecast.limit == 72


def test_a_resource_at_its_limit_is_decided_now_and_comes_first(records: Records) -> None:
    measured(records, GROWING)
    dossier = shop(limit=60)
    data = dossier.model_dump(mode="json")
    data["capacity"]["resources"]["aaa"] = {**data["capacity"]["resources"]["disk"], "limit": 1000}

    found = outlook(records, Dossier.model_validate(data)).resources

    assert [(one.key, one.at_limit) for one in found] == [("disk", True), ("aaa", False)]


def test_a_floor_is_reached_from_above(records: Records) -> None:
    measured(records, 100 - 0.1 * np.arange(300) + NOISE[:300])

    one = disk(records, limit=60, falls=True)

    assert one.at_risk is not None
    assert not one.at_limit
    assert disk(records, limit=75, falls=True).at_limit


def test_a_step_on_the_day_of_a_change_or_a_restore_is_no_growth(records: Records) -> None:
    grown = TODAY - timedelta(days=40)
    measured(records, np.where(np.arange(300) < 260, 40.0, 60.0) + NOISE[:300])
    changed(records, "change", grown - timedelta(days=100), rehearsed=True)
    changed(records, "restore", grown - timedelta(days=90), closed_at=None, outcome=None)
    asked = disk(records).forecast.unexplained

    changed(records, "change", grown)

    assert recorded_changes(records, APPLICATION, TODAY - timedelta(days=762)) == [grown]
    assert asked == [grown]
    assert [step.day for step in disk(records).forecast.lifted] == [grown]
    assert disk(records).forecast.unexplained == []


def test_days_without_data_for_more_than_half_of_the_time_do_not_count(records: Records) -> None:
    measured(records, GROWING, no_data_s=50_000)

    one = disk(records)

    assert one.days_with_data == 0
    assert one.forecast.refused == "There is no data."
    assert (one.decide_by, one.at_limit) == (None, False)


def test_another_statistic_of_the_day_can_stand_for_the_use(records: Records) -> None:
    measured(records, GROWING, value_max=79.0)

    assert disk(records, statistic="max").forecast.level == 79


def test_a_point_that_stopped_being_measured_gets_no_forecast(records: Records) -> None:
    measured(records, GROWING, until=TODAY - timedelta(days=20))

    assert "The last data is of 2026-11-09" in (disk(records).forecast.refused or "")


def test_a_person_and_a_program_get_the_resources(records: Records) -> None:
    today = day_of(datetime.now(UTC))
    measured(records, GROWING, until=today)
    records.publish_dossier(shop(headroom=2), "anna")

    person = CliRunner().invoke(app, ["capacity", "show", APPLICATION])
    program = json.loads(CliRunner().invoke(app, ["capacity", "show", APPLICATION, "--json"]).output)

    lines = person.output.splitlines()
    assert person.exit_code == 0
    assert lines[0] == f"Capacity of acme.shop on {today}"
    assert "80 less 2 % %" in lines[2]
    assert program["resources"][0]["decide_by"] in lines[2]
    assert any(line.startswith("Database disk (disk): The history covers 300 days") for line in lines[3:])


def test_an_application_without_resources_says_what_to_add(records: Records) -> None:
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    data["capacity"] = {}
    records.publish_dossier(Dossier.model_validate(data), "anna")

    result = CliRunner().invoke(app, ["capacity", "show", APPLICATION])

    assert result.exit_code == 1
    assert "the dossier of acme.shop plans no resource; add one under capacity.resources" in result.stderr
