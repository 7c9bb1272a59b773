"""Maintenance in the Temporal UI: its schedule shows when it comes, and a run says where it stands and what to press."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from models.jobs import Outcome
from models.operation import OperationEnd
from starter.provisioning.server import make_schedule
from starter.provisioning.wanted import wanted_schedules
from tests.fakes import Answer
from tests.maintenance.scene import OneDossier, dossier, hosts, order, start, workers
from tests.schedules.reference import utc
from tests.servers import TemporalServer, real_server
from tests.ui.desk import PATIENCE, desk
from tests.workflows.waiting import until_asked

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TemporalServer]:
    with real_server(tmp_path / "home") as running:
        yield running


async def test_an_operator_reads_how_far_it_is_and_answers_what_it_asks(server: TemporalServer, tmp_path: Path) -> None:
    client = await server.client()
    fakes = hosts()
    fakes.answer("web3", Answer(outcome=Outcome.FAILED), Answer())
    records = OneDossier(dossier(window={"time_zone": "UTC", "hours": "00:00-24:00"}))
    async with desk(server.settings.ui_url) as at_desk, workers(client, fakes, records):
        run = await start(client, order(reason="the monthly updates"))
        await until_asked(run, "retry")
        await at_desk.open(f"workflows/{run.id}")
        said = await at_desk.details("Security updates failed on web3")
        answer = await at_desk.to_paste()
        await at_desk.picture(tmp_path / "maintenance.png")
        await at_desk.send("update", "decide", answer)
        outcome = await run.result()

    assert "2 of 5 hosts done, 2 to come" in said
    assert answer["option"] == "retry"
    assert outcome.end is OperationEnd.DONE


async def test_the_schedule_in_the_ui_names_the_next_runs(server: TemporalServer, tmp_path: Path) -> None:
    client = await server.client()
    [wanted] = wanted_schedules(dossier(frequency="monthly first sunday 03:00"), utc("2026-11-27"))
    await make_schedule(client, wanted.routine.id, "acme.shop", wanted.shape)
    async with desk(server.settings.ui_url) as at_desk:
        await at_desk.open(f"schedules/{wanted.routine.id}")
        await expect(at_desk.page.locator("body")).to_contain_text("Upcoming Runs", timeout=PATIENCE)
        await at_desk.picture(tmp_path / "schedule.png")
        text = await at_desk.page.locator("body").inner_text()

    assert wanted.routine.id in text
    assert "monthly first sunday 03:00, UTC, window 02:00-05:00" in text
