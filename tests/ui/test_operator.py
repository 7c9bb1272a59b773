"""An operator finds what waits for them, reads it, answers, and sees it end; by update and by signal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from models.dossier.instructions import Approval
from models.incident import IncidentEnd
from models.jobs import Outcome
from models.operation import OperationEnd
from tests.fakes import Answer
from tests.operations.test_starting import shop, started
from tests.servers import TemporalServer, real_server
from tests.ui.desk import PATIENCE, Desk, desk
from tests.ui.saved_views import query_of, saved_views
from tests.workflows.shop import OPERATOR
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm, incident, report

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

BOSS = "boss@supplier.example"
OPEN = saved_views()["Open incidents"]
AWAITS = saved_views()["Waits for anybody"]


@pytest.fixture
def server(tmp_path: Path) -> AsyncIterator[TemporalServer]:
    with real_server(tmp_path / "home") as running:
        yield running


@pytest.fixture
async def at_desk(server: TemporalServer) -> AsyncIterator[Desk]:
    async with desk(server.settings.ui_url) as opened:
        yield opened


@pytest.fixture
def world() -> World:
    return World(down={"web"}, approval=Approval(roles=["approver"], within=timedelta(days=7)))


async def test_an_operator_finds_reads_and_answers_a_decision(
    server: TemporalServer, at_desk: Desk, world: World, tmp_path: Path
) -> None:
    client = await server.client()
    async with world.worker(client):
        await report(client, alarm("web"))
        await until_asked(incident(client))

        await at_desk.open(OPEN)
        await at_desk.follow("inc.acme.shop.1")
        page = await at_desk.details("Decision g1: Carry out: Restart web?")
        await at_desk.picture(tmp_path / "details.png")
        assert "restart web: stop, then start, host by host" in page
        answer = await at_desk.to_paste()

        dialog = await at_desk.send("update", "decide", answer | {"plan": "00000000"})
        refusal = dialog.get_by_text("plan 00000000 is not the one that gate g1 asks about")
        await expect(refusal.first).to_be_visible(timeout=PATIENCE)
        await at_desk.picture(tmp_path / "refused.png")
        assert ".py" not in await dialog.inner_text()
        await at_desk.submit(dialog, answer)

        outcome = await end_of(incident(client))
        await expect(at_desk.page.get_by_text("Completed").first).to_be_visible(timeout=PATIENCE)
    assert answer["option"] == "approve"
    assert outcome.end is IncidentEnd.RECOVERED
    assert any(f"approve by {BOSS} (update)" in text for text in world.timeline)


async def test_an_operator_answers_by_signal_and_sees_a_wrong_one_in_the_details(
    server: TemporalServer, at_desk: Desk, world: World, tmp_path: Path
) -> None:
    client = await server.client()
    async with world.worker(client):
        await report(client, alarm("web"))
        await until_asked(incident(client))
        await at_desk.open(AWAITS)
        await at_desk.follow("inc.acme.shop.1")
        await at_desk.details("Decision g1")
        answer = await at_desk.to_paste()

        await at_desk.send("signal", "decide_by_signal", answer | {"by": OPERATOR})
        await at_desk.page.reload()
        page = await at_desk.details("A signal was refused")
        assert f"{OPERATOR} may not decide g1" in page
        await at_desk.picture(tmp_path / "signal.png")
        await at_desk.send("signal", "decide_by_signal", answer)

        outcome = await end_of(incident(client))
    assert outcome.end is IncidentEnd.RECOVERED
    assert any(f"approve by {BOSS} (signal)" in text for text in world.timeline)


async def test_an_operator_opens_an_incident_at_the_watch(server: TemporalServer, at_desk: Desk, world: World) -> None:
    client = await server.client()
    async with world.worker(client):
        await report(client, alarm("mail"))
        await at_desk.open("workflows/watch.acme.shop")
        await at_desk.details("Watch of Shop")
        order = {"title": "Customers cannot pay", "component": "web", "by": "anna@supplier.example"}
        await at_desk.send("update", "open_incident", order)
        gate = await until_asked(incident(client, 2), "approve")
    assert gate.question.text == "Carry out: Restart web?"


async def test_an_operator_goes_by_the_links_of_the_pages_from_the_watch_to_its_incident_and_back(
    server: TemporalServer, at_desk: Desk, world: World
) -> None:
    client = await server.client()
    async with world.worker(client):
        await report(client, alarm("web"))
        await until_asked(incident(client))
        await at_desk.open("workflows/watch.acme.shop")
        await at_desk.details("Watch of Shop")
        await at_desk.follow_in_details("inc.acme.shop.1")
        asked = await at_desk.details("Decision g1")
        led_to = at_desk.page.url
        await at_desk.follow_in_details("watch.acme.shop")
        back = await at_desk.details("Watch of Shop")
    assert "/workflows/inc.acme.shop.1/" in led_to
    assert "Carry out: Restart web?" in asked
    assert "inc.acme.shop.1" in back
    assert "/workflows/watch.acme.shop/" in at_desk.page.url


@pytest.mark.parametrize("title", sorted(saved_views()))
async def test_a_saved_view_is_a_query_that_the_server_takes(server: TemporalServer, title: str) -> None:
    client = await server.client()
    found = [w.id async for w in client.list_workflows(query_of(saved_views()[title]), limit=5)]
    assert found == []


async def test_a_half_done_operation_is_found_by_its_view_and_retried(server: TemporalServer, at_desk: Desk) -> None:
    hosts = shop()
    hosts.answer("app-1: start app", Answer(outcome=Outcome.FAILED), Answer())
    client = await server.client()
    async with started(client, hosts) as handle:
        await until_asked(handle, "retry")
        await at_desk.open(saved_views()["Operations"])
        await at_desk.follow(handle.id)
        page = await at_desk.details("Decision g1: Start app on app-1")
        answer = await at_desk.to_paste()
        await at_desk.send("update", "decide", answer)
        outcome = await handle.result()
    assert "Say why in note" in page
    assert answer["option"] == "retry"
    assert outcome.end is OperationEnd.DONE
