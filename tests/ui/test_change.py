"""Two parties approve a change at the Temporal UI; each finds its own text to paste."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.operation import OperationEnd
from tests.changes.scene import CUSTOMER, SUPPLIER, Handle, Scene, changing, until_asked_of
from tests.servers import TemporalServer, real_server
from tests.ui.desk import Desk, desk
from tests.workflows.world import gates

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


@pytest.fixture
def server(tmp_path: Path) -> AsyncIterator[TemporalServer]:
    with real_server(tmp_path / "home") as running:
        yield running


@pytest.fixture
async def at_desk(server: TemporalServer) -> AsyncIterator[Desk]:
    async with desk(server.settings.ui_url) as opened:
        yield opened


async def until_answered(handle: Handle, gate: str) -> None:
    """Wait until a question is no longer open."""
    async with asyncio.timeout(90):
        while gate in [one.id for one in await gates(handle)]:
            await asyncio.sleep(0.05)


async def test_both_parties_read_the_plan_and_paste_their_approvals(
    server: TemporalServer, at_desk: Desk, tmp_path: Path
) -> None:
    client = await server.client()
    scene = Scene()
    async with changing(client, scene) as handle:
        await until_asked_of(handle, SUPPLIER)
        await until_asked_of(handle, CUSTOMER)
        await at_desk.open(f"workflows/{handle.id}")
        page = await at_desk.details("2 questions are open")
        await at_desk.picture(tmp_path / "change.png")
        first = await at_desk.to_paste()
        await at_desk.send("update", "decide", first)
        await until_answered(handle, first["gate"])
        await at_desk.page.reload()
        await at_desk.details("do you approve this change")
        second = await at_desk.to_paste()
        await at_desk.send("update", "decide", second)
        outcome = await handle.result()

    assert "on app run install; at most 5m; undone by remove" in page
    assert "is the same as above" in page
    assert {first["by"], second["by"]} == {SUPPLIER, CUSTOMER}
    assert outcome.end is OperationEnd.DONE
