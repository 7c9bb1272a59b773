"""The page in a real browser: nothing is fetched, nothing runs, nothing runs out of the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from activities.post_incident_report import PostIncidentReports
from tests.post_incident_report.midsummer import ID, order
from tests.ui.desk import _QUIET, chromium

WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
INK = "getComputedStyle(document.body).color + getComputedStyle(document.body).backgroundColor"


@pytest.mark.needs("chromium")
async def test_the_page_is_readable_on_a_screen_a_phone_paper_and_in_dark_mode(
    reports: PostIncidentReports, tmp_path: Path
) -> None:
    reports.write(order())
    file = tmp_path / "report.html"
    file.write_text(reports.read(ID).html, encoding="utf-8")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=_QUIET)
        page = await browser.new_page(viewport={"width": 1200, "height": 900})
        asked, said = list[str](), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))

        await page.goto(file.as_uri())

        assert asked == [file.as_uri()]
        assert said == []
        assert await page.get_by_role("heading", level=1).inner_text() == "Post-incident report acme.shop.17"
        assert await page.get_by_role("table", name="Service levels").is_visible()
        colours = set()
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            colours.add(await page.evaluate(INK))
        assert len(colours) == 2
        for width, media in ((1200, "screen"), (390, "screen"), (688, "print")):  # 688: A4 without its margins
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(media=media)  # type: ignore[arg-type]  # one of the words it takes
            assert not await page.evaluate(WIDER), (width, media)
        await browser.close()
