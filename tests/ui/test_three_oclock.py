"""The walk of docs/operating.md at three o'clock: from what waits to a recorded decision, in eight presses at most."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from models.dossier.instructions import Approval
from models.incident import IncidentEnd
from tests.servers import TemporalServer, real_server
from tests.ui.desk import PATIENCE, Desk, desk
from tests.ui.saved_views import saved_views
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm, incident, report

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

VIEW = saved_views()["Waits for an operator"]


@pytest.fixture
def server(tmp_path: Path) -> AsyncIterator[TemporalServer]:
    with real_server(tmp_path / "home") as running:
        yield running


@pytest.fixture
async def at_desk(server: TemporalServer) -> AsyncIterator[Desk]:
    async with desk(server.settings.ui_url) as opened:
        yield opened


class Presses:
    """What a person does with the mouse, counted; to copy a text and paste it elsewhere is one."""

    def __init__(self, at_desk: Desk) -> None:
        self.count = 0
        self._desk = at_desk

    async def click(self, what: Locator) -> None:
        """Press something."""
        self.count += 1
        await what.click()

    async def paste(self, text: str, where: Locator) -> None:
        """Paste a copied text into an editor."""
        self.count += 1
        await where.click()
        await self._desk.page.keyboard.insert_text(text)


async def test_a_decision_is_eight_presses_away_from_the_view_of_what_waits(
    server: TemporalServer, at_desk: Desk
) -> None:
    client = await server.client()
    world = World(down={"web"}, approval=Approval(roles=["operator"], within=timedelta(days=7)))
    async with world.worker(client):
        await report(client, alarm("web"))
        await until_asked(incident(client))
        page, presses = at_desk.page, Presses(at_desk)

        await at_desk.open(VIEW)
        await presses.click(page.get_by_role("link", name="inc.acme.shop.1", exact=True).first)
        await presses.click(page.get_by_role("tab", name="User Metadata"))
        offered = await at_desk.text_to_paste()
        await presses.click(page.get_by_role("button", name="More Actions"))
        await presses.click(page.get_by_role("menuitem", name="Send an Update"))
        dialog = page.locator("dialog[open]")
        await presses.click(dialog.locator("#update-select").locator("xpath=.."))
        await presses.click(dialog.get_by_role("option", name="decide").first)
        await presses.paste(offered, dialog.locator(".cm-content").first)
        await presses.click(dialog.locator("button[type=submit]"))

        outcome = await end_of(incident(client))
        await expect(page.get_by_text("Completed").first).to_be_visible(timeout=PATIENCE)

    assert presses.count <= 8
    assert outcome.end is IncidentEnd.RECOVERED
    assert any(f"approve by {json.loads(offered)['by']} (update)" in text for text in world.timeline)
