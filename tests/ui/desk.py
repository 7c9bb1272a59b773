"""An operator at the Temporal UI: what they look at and what they press."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.async_api import FloatRect, FrameLocator, Locator, Page, async_playwright, expect

from models.names import WORKFLOW_QUEUE

_QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
"""Nothing is fetched from anywhere; the sandbox needs rights that a test machine may not give."""

PATIENCE = 90_000
"""Milliseconds; on a busy machine the UI may take long, and a test that passes never waits for all of it."""

A_WHILE = 10_000
"""Milliseconds in which a page that was opened shows what there is."""


_MENU = 256
"""Pixels of the UI's menu at the left."""


def chromium() -> str:
    """Where the browser lies."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise FileNotFoundError("no Chromium on PATH")


class Desk:
    """The Temporal UI in one tab."""

    def __init__(self, page: Page, ui: str) -> None:
        self.page = page
        self.ui = ui

    async def open(self, path: str) -> None:
        """Open a page of the namespace: `workflows?query=...`."""
        await self.page.goto(f"{self.ui}/namespaces/default/{path}")

    async def follow(self, text: str) -> None:
        """Click a link of the page."""
        await self.page.get_by_role("link", name=text, exact=True).first.click()

    async def details(self, expected: str) -> str:
        """The current details, once they say what is expected; the UI shows Markdown in a frame of its own.

        The UI reads them when it opens the page and not again, so an operator reloads the page.
        """
        body = self._details_frame.locator("body")
        for _ in range(PATIENCE // A_WHILE):
            await self.page.get_by_role("tab", name="User Metadata").click()
            with suppress(AssertionError):
                await expect(body).to_contain_text(expected, timeout=A_WHILE)
                return await body.inner_text()
            await self.page.reload()
        await self.page.get_by_role("tab", name="User Metadata").click()
        await expect(body).to_contain_text(expected, timeout=A_WHILE)
        return await body.inner_text()

    async def follow_in_details(self, text: str) -> None:
        """Click a link of the details page, and go on in the tab that it opens."""
        async with self.page.expect_popup() as opened:
            await self._details_frame.get_by_role("link", name=text, exact=True).first.click()
        self.page = await opened.value
        self.page.set_default_timeout(PATIENCE)

    async def to_paste(self) -> dict[str, Any]:
        """The answer that the details page offers for pasting."""
        answer: dict[str, Any] = json.loads(await self.text_to_paste())
        return answer

    async def text_to_paste(self) -> str:
        """That answer, as it stands there."""
        return await self._details_frame.locator("code", has_text='"gate"').first.inner_text()

    @property
    def _details_frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe").last

    async def start(self, workflow: str, name: str, message: dict[str, Any]) -> None:
        """Start a workflow by the form, as the links of our pages open it."""
        await self.fill_in(workflow, name, message)
        await self._press_start()

    async def fill_in(self, workflow: str, name: str, message: dict[str, Any]) -> None:
        """Fill in the form that starts a workflow."""
        await self.open(f"workflows/start-workflow?taskQueue={WORKFLOW_QUEUE}&workflowType={workflow}")
        await self.page.locator("#workflowId").fill(name)
        await self._write(self.page.locator(".cm-content").first, message)

    async def start_from_form(self, message: dict[str, Any]) -> None:
        """Write the input into the form that is open, and start what it is for."""
        await self._write(self.page.locator(".cm-content").first, message)
        await self._press_start()

    async def _press_start(self) -> None:
        await self.page.get_by_role("button", name="Start Workflow").click()
        await self.follow("Workflow started successfully")

    async def send(self, kind: str, name: str, message: dict[str, Any]) -> Locator:
        """Send a signal or an update by the menu, and give the dialog."""
        await self.page.get_by_role("button", name="More Actions").click()
        await self.page.get_by_role("menuitem", name=f"Send a{'n Update' if kind == 'update' else ' Signal'}").click()
        dialog = self.page.locator("dialog[open]")
        await dialog.locator(f"#{kind}-select").locator("xpath=..").click()
        await dialog.get_by_role("option", name=name).first.click()
        return await self.submit(dialog, message)

    async def submit(self, dialog: Locator, message: dict[str, Any]) -> Locator:
        """Write a message into the dialog, press its button, and wait for the server's answer: a reload would stop it."""
        await self._write(dialog.locator(".cm-content").first, message)
        async with self.page.expect_response(re.compile(r"/(signal|update)/"), timeout=PATIENCE):
            await dialog.locator("button[type=submit]").click()
        return dialog

    async def _write(self, editor: Locator, message: dict[str, Any]) -> None:
        await editor.click()
        await self.page.keyboard.press("ControlOrMeta+A")
        await self.page.keyboard.insert_text(json.dumps(message))
        # On leaving the editor the UI lays the text out anew, which moves the button.
        await editor.blur()
        await expect(editor).to_contain_text("\n  ", use_inner_text=True)

    async def settle(self) -> None:
        """Wait until the page asks the server for nothing more."""
        await self.page.wait_for_load_state("networkidle")

    async def show_columns(self, names: Sequence[str]) -> None:
        """Show these columns in the list of workflows, and no ids and times of runs; the browser remembers them."""
        await self.open("workflows")
        await self.page.get_by_role("button", name="Configure Columns").click()
        for name in ("Run ID", "Start", "End"):
            await self.page.get_by_role("button", name=f"Remove {name} column").click()
        for name in names:
            await self.page.get_by_role("button", name=f"Add {name} column").click()
        await self.page.get_by_role("button", name="Close Workflows Table configuration").click()

    async def picture(self, path: Path, height: int = 1500) -> None:
        """Keep a picture of the page down to a height, to be looked at; the details scroll in a frame of their own."""
        size = self.page.viewport_size
        await self.page.set_viewport_size({"width": 1400, "height": max(height, 900)})
        # Without the menu of the UI, which is the same on every page.
        clip: FloatRect = {"x": _MENU, "y": 0, "width": 1400 - _MENU, "height": height}
        await self.page.screenshot(path=path, clip=clip)
        if size is not None:
            await self.page.set_viewport_size(size)


@asynccontextmanager
async def desk(ui: str) -> AsyncIterator[Desk]:
    """A browser with the UI, for a while."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=_QUIET)
        page = await browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE)
        try:
            yield Desk(page, ui)
        finally:
            await browser.close()
