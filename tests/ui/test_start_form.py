"""What people start by the form of the Temporal UI: an order of a routine, and a halt."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributeKey

from activities.records import Records, upgrade
from models.halts import Halt
from models.names import TITLE
from starter.dossier.publishing import publish, read_all
from tests.servers import TemporalServer, real_server
from tests.ui.desk import Desk, desk
from worker import running

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

KARIN, OPERATOR = "karin.holm@acme.example", "jonas.berg@driftbolaget.example"


@pytest.fixture
def server(tmp_path: Path) -> AsyncIterator[TemporalServer]:
    with real_server(tmp_path / "home") as serving:
        yield serving


@pytest.fixture
async def client(server: TemporalServer) -> AsyncIterator[Client]:
    """Of an installation that knows the example's shop."""
    upgrade(server.settings.records_url)
    client, records = await server.client(), Records(server.settings.records_url)
    async with running(server.settings, client):
        await publish(client, records, read_all([Path("examples/acme/shop.yaml")]), "test")
        yield client
    records.close()


@pytest.fixture
async def at_desk(server: TemporalServer) -> AsyncIterator[Desk]:
    async with desk(server.settings.ui_url) as opened:
        yield opened


async def test_a_customer_orders_a_routine_and_an_operator_agrees(
    client: Client, at_desk: Desk, tmp_path: Path
) -> None:
    order = {"application": "acme.shop", "routine": "campaign", "by": KARIN}
    inputs = {"inputs": {"campaign": "ABC12", "prices": "spring"}}
    await at_desk.start("routine", "routine.acme.shop.campaign.1", order | inputs)
    run: WorkflowHandle[object, object] = client.get_workflow_handle("routine.acme.shop.campaign.1")
    asked = await at_desk.details("Decision g1")
    await at_desk.picture(tmp_path / "routine-order.png")
    await at_desk.send("update", "decide", await at_desk.to_paste())
    await at_desk.page.reload()
    waits = await at_desk.details("Waiting until")
    await run.cancel()

    assert "ABC12" in asked
    assert "Switch a campaign on" in asked
    assert "Decision g1" not in waits


async def test_an_operator_starts_a_shut_down_by_the_link_of_the_watch_under_an_id_that_can_be_read(
    client: Client, at_desk: Desk, tmp_path: Path
) -> None:
    await at_desk.open("workflows/watch.acme.shop")
    page = await at_desk.details("Start something")
    [pasted] = [line.partition(" ")[2] for line in page.splitlines() if line.startswith("shut-down ")]
    await at_desk.follow_in_details("shut-down")
    id = await at_desk.page.locator("#workflowId").input_value()
    empty = await at_desk.page.locator(".cm-content").first.inner_text()
    await at_desk.start_from_form(json.loads(pasted))
    run: WorkflowHandle[object, object] = client.get_workflow_handle(id)
    shown = await at_desk.details("Shut down acme.shop")
    title = (await run.describe()).typed_search_attributes.get(SearchAttributeKey.for_keyword(TITLE))
    await run.result()

    assert re.fullmatch(r"shut-down\.acme\.shop\.\d{4}-\d\d-\d\d-\d{4}", id)
    assert empty.strip() == ""
    assert "rehearsal: nothing is changed" in shown
    assert title == "Shut down acme.shop"


async def test_an_operator_halts_a_customer_and_lifts_that(client: Client, at_desk: Desk, tmp_path: Path) -> None:
    order = {"customer": "acme", "by": OPERATOR, "reason": "They see orders vanish"}
    await at_desk.start("halt", "halt.acme", order)
    halted: WorkflowHandle[object, Halt] = client.get_workflow_handle("halt.acme", result_type=Halt)
    page = await at_desk.details("They see orders vanish")
    await at_desk.picture(tmp_path / "halt.png")
    await at_desk.send("update", "lift", {"by": OPERATOR, "reason": "It was their own script"})
    over = await halted.result()

    assert "customer acme" in page
    assert over.lifted_because == "It was their own script"
