"""Texts of hosts and people change no structure: in Markdown and HTML here, in PDF, CSV and XLSX beside their other tests."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from activities.documents.markdown import markdown
from activities.documents.page import page
from activities.documents.sanitize import visible
from models.dossier.parties import Language
from tests.documents.hostile import HOSTILE
from tests.documents.sample import sample
from tests.post_incident_report.test_harmless import shape

CALM = sample(Language.ENGLISH, "calm")


class Seen(HTMLParser):
    """The tags with the names of their attributes, and the texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, ...]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_page_shows_hostile_texts_as_texts(text: str) -> None:
    made = Seen(page(sample(Language.ENGLISH, text)))
    assert made.tags == Seen(page(CALM)).tags
    assert made.texts.count(visible(text)) > 8
    assert not {tag for tag, *_ in made.tags} & {"script", "iframe", "form", "object", "base", "link"}


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_hostile_texts_as_texts(text: str) -> None:
    assert shape(markdown(sample(Language.ENGLISH, text))) == shape(markdown(CALM))
