"""The forms of a handbook: valid for archives and screen readers, always the same, and safe whatever people write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from activities.documents.markdown import markdown
from activities.documents.page import page
from activities.documents.pdf import pdf
from activities.documents.sanitize import visible
from models.dossier import Dossier
from models.dossier.load import read_dossier
from models.dossier.parties import Language
from tests.documents.hostile import HOSTILE
from tests.documents.test_hostile import Seen
from tests.documents.test_pdf import faults
from tests.dossier.written import DOSSIERS
from tests.handbook.samples import example, made
from tests.post_incident_report.test_harmless import shape


@pytest.mark.parametrize("path", DOSSIERS, ids=lambda path: path.stem)
def test_the_pdf_is_valid_for_archives_and_for_screen_readers(path: Path) -> None:
    assert faults(pdf(made(read_dossier(path), Language.SWEDISH))) == []


def test_the_same_facts_give_the_same_handbook() -> None:
    one, other = made(example()), made(example())
    assert (page(one), markdown(one), pdf(one)) == (page(other), markdown(other), pdf(other))


def hostile(text: str) -> Dossier:
    """The shop's dossier with this text wherever a person may write."""
    title = text[:200].strip() or "x"
    data = example().model_dump(mode="json")
    data |= {"name": title, "description": text}
    _write_over(
        data,
        {"title", "name", "notes", "purpose", "support", "function", "carries", "reason", "question", "text"},
        title,
    )
    for step in _steps(data["instructions"]):
        step["command"] = text
    return Dossier.model_validate(data)


def _write_over(value: Any, fields: set[str], text: str) -> None:
    for key, entry in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key in fields and isinstance(entry, str):
            value[key] = text
        else:
            _write_over(entry, fields, text)


def _steps(value: Any) -> list[dict[str, Any]]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict) and value.get("type") == "run" else []
    return [*own, *(step for one in inner for step in _steps(one))]


DRAWN = {"svg", "title", "desc", "defs", "pattern", "rect", "path", "text"}


def tags_of_the_page(seen: Seen) -> list[tuple[str, ...]]:
    """The tags beside the pictures: a long text takes more lines of its box."""
    return [tag for tag in seen.tags if tag[0] not in DRAWN]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(text: str) -> None:
    calm, document = made(hostile("calm")), made(hostile(text))
    seen = Seen(page(document))
    assert tags_of_the_page(seen) == tags_of_the_page(Seen(page(calm)))
    assert not {tag for tag, *_ in seen.tags} & {"script", "iframe", "form", "object", "base", "link"}
    assert visible(text[:200].strip()) in seen.texts
    assert shape(markdown(document)) == shape(markdown(calm))


@pytest.mark.parametrize("text", [HOSTILE[1], HOSTILE[5]])
def test_hostile_texts_leave_the_pdf_valid(text: str) -> None:
    assert faults(pdf(made(hostile(text)))) == []
