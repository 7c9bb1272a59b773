"""Drills that nobody held in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.deadman.activities import DeadMansSwitchActivities
from activities.records import Records, upgrade
from activities.restore.drills import drill_states
from models.alarms import Alarm
from models.dossier import Dossier
from models.dossier.load import read_dossier
from models.records import OperationRecord, WriteRecords
from starter.restore.service import drills
from tests.dossier.written import EXAMPLES

SHOP = "acme.shop"
NOW = datetime.now(UTC)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    url = f"sqlite:///{tmp_path / 'records.db'}"
    upgrade(url)
    records = Records(url)
    written = read_dossier(EXAMPLES / "acme" / "shop.yaml").model_dump(mode="json")
    for restore in written["instructions"]["restore"].values():
        restore["drill"]["frequency"] = "daily 04:00"
    records.publish_dossier(Dossier.model_validate(written), "ann")
    yield records
    records.close()


def hold(records: Records, at: datetime, outcome: str | None = "done", **fields: Any) -> None:
    record = OperationRecord(
        id=f"drill.{SHOP}.{at.timestamp()}", kind="drill", application=SHOP, name="database", title="Drill",
        state="closed", dossier="d", opened_at=at, opened_by="schedule", closed_at=at, outcome=outcome, run="r",
        **{"data": {}, "timeline": []} | fields,
    )  # fmt: skip
    records.write(WriteRecords(operations=[record]))


def overdue(records: Records, now: datetime) -> list[str]:
    return [d.restore for d in drill_states(records, SHOP, now) if d.overdue_since is not None]


def test_a_new_drill_is_not_overdue_at_once_but_three_days_later(records: Records) -> None:
    assert overdue(records, NOW) == []
    assert overdue(records, NOW + timedelta(days=3)) == ["database", "cluster", "pictures"]


@pytest.mark.parametrize(("outcome", "counts"), [("done", True), ("failed", True), (None, True), ("refused", False)])
def test_a_drill_that_was_held_is_not_overdue_however_it_ended(
    records: Records, outcome: str | None, counts: bool
) -> None:
    later = NOW + timedelta(days=3)
    hold(records, later - timedelta(days=1), outcome)
    assert ("database" not in overdue(records, later)) is counts


def test_a_rehearsal_is_no_drill(records: Records) -> None:
    later = NOW + timedelta(days=3)
    hold(records, later - timedelta(days=1), rehearsed=True)
    assert "database" in overdue(records, later)


def test_the_list_shows_overdue_drills_and_the_next_one(records: Records) -> None:
    later = NOW + timedelta(days=3)
    hold(records, later - timedelta(hours=20))
    [database, *others] = drills(records, [SHOP], later)
    assert (database.overdue, database.proven_at) == (False, later - timedelta(hours=20))
    assert [line.overdue for line in others] == [True, True]
    assert database.due_at is not None
    assert timedelta(0) < database.due_at - later <= timedelta(hours=25)


class IncidentReply:
    """A watch that takes every alarm."""

    def __init__(self) -> None:
        self.alarms: list[str] = []

    async def report(self, alarms: list[Alarm]) -> None:
        self.alarms += [f"{a.fingerprint} {a.state.value}" for a in alarms]


async def test_an_overdue_drill_is_an_alarm_once_and_it_ends_when_it_is_held(records: Records) -> None:
    told = IncidentReply()

    def look(now: datetime) -> Any:
        return [d for d in drill_states(records, SHOP, now) if d.restore == "database"]

    switch = DeadMansSwitchActivities(None, dict, told, look)  # type: ignore[arg-type]
    for days in (0, 3, 3.1):
        await switch._check_drills(NOW + timedelta(days=days))
    hold(records, NOW + timedelta(days=3.1))
    await switch._check_drills(NOW + timedelta(days=3.2))

    assert told.alarms == ["drill/database cleared", "drill/database firing", "drill/database cleared"]
