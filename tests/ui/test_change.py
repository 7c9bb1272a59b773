"""Two parties approve a change at the Temporal UI; each finds its own text to paste."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.operation import OperationEnd
from tests.changes.scene import CUSTOMER, SUPPLIER, Scene, changing, until_asked_of
from tests.servers import TemporalServer, real_server
from tests.ui.desk import Desk, desk

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


@pytest.fixture
def server(tmp_path: Path) -> AsyncIterator[TemporalServer]:
    with real_server(tmp_path / "home") as running:
        yield running


@pytest.fixture
async def at_desk(server: TemporalServer) -> AsyncIterator[Desk]:
    async with desk(server.settings.ui_url) as opened:
        yield opened


async def test_both_parties_read_the_plan_and_paste_their_approvals(
    server: TemporalServer, at_desk: Desk, tmp_path: Path
) -> None:
    client = await server.client()
    scene = Scene()
    async with changing(client, scene) as handle:
        await until_asked_of(handle, SUPPLIER)
        await until_asked_of(handle, CUSTOMER)
        await at_desk.open(f"workflows/{handle.id}")
        page = await at_desk.details("Decision g2: For the customer")
        await at_desk.picture(tmp_path / "change.png")
        for who in (SUPPLIER, CUSTOMER):
            answer = await at_desk.to_paste()
            assert answer["by"] == who
            await at_desk.send("update", "decide", answer)
            await at_desk.page.reload()
            if who == SUPPLIER:
                await at_desk.details("Decision g2: For the customer")
        outcome = await handle.result()

    assert "on app run install; at most 5m; undone by remove" in page
    assert "is the same as above" in page
    assert outcome.end is OperationEnd.DONE
