"""The HTML page: links, table of contents, logos and pictures, and a policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from playwright.async_api import async_playwright

from activities.documents.elements import Document, Picture, Section
from activities.documents.page import page
from models.dossier.parties import Language
from tests.documents.sample import sample
from tests.ui.desk import _QUIET, chromium

INKS = """() => [...document.querySelectorAll('svg text')].map(t => getComputedStyle(t).fill)
    .concat([...document.querySelectorAll('svg > rect')].map(r => getComputedStyle(r).fill)).join()"""


@pytest.fixture(scope="module", params=list(Language))
def html(request: pytest.FixtureRequest) -> str:
    return page(sample(request.param))


def test_every_link_leads_to_a_place_on_the_page_and_no_two_places_have_one_id(html: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', html)
    links = re.findall(r'href="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert len(links) > 15
    assert {link for link in links if link.removeprefix("#") not in ids} == set()


def test_what_a_drawing_refers_to_is_in_the_same_drawing(html: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(drawings) == 5
    for drawing in drawings:
        ids = set(re.findall(r'\sid="([^"]+)"', drawing))
        assert set(re.findall(r"url\(#([^)]+)\)", drawing)) <= ids
        assert set(re.findall(r'aria-labelledby="([^"]+)"', drawing)[0].split()) <= ids


def test_the_policy_allows_the_one_style_and_pictures_inside_the_page(html: str) -> None:
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', html)
    [style] = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "script" not in policy
    assert "style=" not in html
    assert {src[:5] for src in re.findall(r'src="([^"]+)"', html)} == {"data:"}


def test_the_table_of_contents_is_there_on_request(html: str) -> None:
    assert html.count("<nav") == 1
    assert page(Document("Incident", "en", "", [Section("One", [])], [])).count("<nav") == 0


def test_two_pictures_of_one_page_keep_their_own_patterns() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><pattern id="a"/><rect fill="url(#a)"/></svg>'
    html = page(
        Document("Incident", "en", "", [Section("One", [Picture(lambda: svg, "x"), Picture(lambda: svg, "y")])], [])
    )
    assert re.findall(r'fill="url\(#([^)]+)\)"', html) == ["p1-a", "p2-a"]


@pytest.mark.needs("chromium")
async def test_a_browser_applies_the_style_and_draws_light_and_dark() -> None:
    html = page(sample(Language.SWEDISH))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=_QUIET)
        opened = await browser.new_page()
        said, colours = list[str](), list[str]()
        opened.on("console", lambda message: said.append(message.text))
        for scheme in ("light", "dark"):
            await opened.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the words it takes
            await opened.set_content(html)
            colours.append(await opened.evaluate(INKS))
        wide = await opened.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        loaded = await opened.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        await browser.close()
    assert said == []
    assert colours[0] != colours[1]
    assert "rgb(28, 36, 48)" in colours[0]
    assert not wide
    assert loaded
