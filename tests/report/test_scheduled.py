"""`driftvakt apply` makes a schedule for each report, and the schedule starts the report of the last period."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from activities.report.ids import place
from models.report_order import PlacedReport, PlaceReport
from starter.provisioning.server import make_schedule, remove_schedule
from starter.provisioning.wanted import wanted_schedules
from tests.report.november import APPLICATION
from tests.report.scene import ON_CALL, Office, last_month, shop, working
from tests.servers import Namespaces
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide

FIRST_WORKING_DAY = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
"""08:00 in Stockholm."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The shop with its report, approved by the supplier."""
    made = Office(tmp_path)
    yield made
    made.close()


def placed(office: Office, at: datetime) -> PlacedReport:
    """What the schedule starts at a moment."""
    request = PlaceReport(application=APPLICATION, report="monthly", by="schedule", at=at, scheduled=True)
    return place(office.records, office.archive, request)


def test_a_report_has_a_schedule_at_its_times() -> None:
    [found] = [one for one in wanted_schedules(shop(), FIRST_WORKING_DAY) if one.shape.workflow == "start-report"]

    assert found.routine.id == f"start-report.{APPLICATION}.monthly"
    assert found.shape.order["report"] == "monthly"
    assert [f"{at:%Y-%m-%d %H:%M}" for at in found.next_runs] == [
        "2027-01-04 08:00",
        "2027-02-01 08:00",
        "2027-03-01 08:00",
    ]


def test_a_schedule_starts_only_what_is_due(office: Office) -> None:
    due = placed(office, FIRST_WORKING_DAY)
    later = placed(office, datetime(2026, 12, 2, 7, 0, tzinfo=UTC))

    assert due.order is not None
    assert (due.id, due.order.period) == (f"report.{APPLICATION}.monthly.2026-11", "2026-11")
    assert (later.due, later.order) == (False, None)


async def test_the_schedule_makes_the_report_without_a_person(namespaces: Namespaces, office: Office) -> None:
    client = await (await namespaces.next()).client()  # the id of a report is that of its period
    [found] = [one for one in wanted_schedules(office.dossier, datetime.now(UTC)) if "report" in one.shape.workflow]
    id, report = f"start-report.{uuid4().hex}", f"report.{APPLICATION}.monthly.{last_month()}"
    await make_schedule(client, id, APPLICATION, found.shape)
    try:
        async with working(client, office):
            if datetime.now(UTC).second < 2:  # a trigger at the full minute counts as the schedule's own
                await asyncio.sleep(3)
            await client.get_schedule_handle(id).trigger()
            run = client.get_workflow_handle(report)
            await until_asked(run, seconds=120)
            await decide(run, "refuse", by=ON_CALL, note="A test")
            await run.result()
    finally:
        await remove_schedule(client, id)

    assert office.records.operation(report).opened_by == "schedule"
