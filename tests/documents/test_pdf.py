"""The PDF: valid for archives and for screen readers, with its facts inside, and every text as it was written."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import page
import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st

from activities.documents.elements import Cell, Document, Grid, Item, Picture, Section
from activities.documents.glyphs import characters, printable, printable_in_drawing
from activities.documents.logo import Logo
from activities.documents.pdf import AttachedFile, pdf
from activities.documents.sanitize import visible
from activities.documents.table_widths import widths
from activities.documents.typesetting import runs, typeset
from models.dossier.parties import Language
from tests.documents.hostile import HOSTILE
from tests.documents.sample import MADE, sample
from tests.documents.test_drawing import png

FACTS = AttachedFile("facts.json", '{"down":1080}', "The facts of the report")


def faults(made: bytes) -> list[str]:
    """The rules of PDF/A-3a and of PDF/UA-1 that a file breaks."""
    found = []
    for profile in ("3a", "ua1"):
        failures = page.validate_pdf_bytes(made, profile=profile).failures
        found += [f"{f.rule_id}: {f.message}" for f in failures if not misread(made, f)]
    return found


def misread(made: bytes, failure: page.ValidationFailure) -> bool:
    """Whether the validator takes the last byte of a stream for a line end, which 1 in 34 streams of typst ends in.

    The lengths of all streams are right then, and qpdf agrees.
    """
    if "STREAM-LENGTH" not in failure.rule_id:
        return False
    streams = list(re.finditer(rb"\n\d+ 0 obj\n((?:(?!endobj).)*?)\bstream\n", made, re.DOTALL))
    ends = [found.end() + int(re.search(rb"/Length (\d+)", found[1])[1]) for found in streams]  # type: ignore[index]
    return all(made[end:].startswith(b"\nendstream") for end in ends) and any(made[end - 1] == 0x0D for end in ends)


def holds(made: bytes, text: str) -> bool:
    """Whether one of the files inside a PDF has this text, packed or not."""
    for found in re.finditer(rb"/Type/EmbeddedFile.*?>>\nstream\n(.*?)\nendstream", made, re.DOTALL):
        content = found[1] if b"/FlateDecode" not in found[0] else zlib.decompress(found[1])
        if content == text.encode():
            return True
    return False


@pytest.mark.parametrize("language", Language)
def test_a_pdf_is_valid_for_archives_and_for_screen_readers_in_one_file(language: Language) -> None:
    made = pdf(sample(language), [FACTS])
    assert faults(made) == []
    assert f"<dc:language><rdf:Bag><rdf:li>{language.value}</rdf:li>".encode() in made
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in made
    assert b"2026-07-03T06:00:00+00:00" in made


def test_the_facts_are_inside_the_pdf() -> None:
    long = AttachedFile("long.json", json.dumps({"values": list(range(5000))}), "Many values")
    made = pdf(sample(Language.ENGLISH), [FACTS, long])
    assert holds(made, FACTS.text)
    assert holds(made, long.text)
    assert faults(made) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_change_nothing_and_keep_the_pdf_valid(text: str) -> None:
    document = sample(Language.SWEDISH, text)
    assert faults(pdf(document)) == []
    shown = printable(" ".join(visible(text).split()))
    found = headings(document)
    assert found.count(shown) == 2
    assert len(found) == len(headings(sample(Language.SWEDISH)))


def headings(document: Document) -> list[str]:
    """The texts of the headings, as typst understands them."""
    inputs = {"document": json.dumps(typeset(document)), "attachments": "[]"}
    folder = Path(typeset.__code__.co_filename).parent
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(folder / "fonts")])
    found = typst.query((folder / "document.typ").read_bytes(), "heading", font_paths=fonts, sys_inputs=inputs)
    return ["".join(texts(heading["body"])) for heading in json.loads(found)]


def texts(content: Any) -> list[str]:
    """Every text of a piece of content."""
    match content:
        case {"func": "space"}:
            return [" "]
        case {"text": str() as text}:
            return [text]
        case dict():
            return [text for value in content.values() for text in texts(value)]
        case list():
            return [text for value in content for text in texts(value)]
        case _:
            return []


def test_every_listed_character_has_a_glyph_and_others_are_written_out() -> None:
    every = [chr(code) for first, last in characters() for code in range(first, last + 1)]
    lines = ["".join(every[n : n + 60]) for n in range(0, len(every), 60)]
    item = Item("Fixed", verbatim=[("Label", "\n".join(lines), "")])
    made = pdf(Document("All", "en", "\n".join(lines), [Section("One", [item])], ["".join(every)], made_at=MADE))
    assert len(every) > 3700
    assert faults(made) == []
    assert printable("中 \u202e\x07 → ├ å") == "⟨U+4E2D⟩ ⟨U+202E⟩⟨U+0007⟩ → ├ å"
    assert printable_in_drawing("<text>中 ⟨U+202E⟩ → ├ å</text>") == "<text>[U+4E2D] [U+202E] → [U+251C] å</text>"


@given(st.text(max_size=200))
def test_the_parts_of_a_text_are_the_whole_text(text: str) -> None:
    made = runs(text)
    whole = (
        made if isinstance(made, str) else "".join(part if isinstance(part, str) else "".join(part) for part in made)
    )
    assert whole == printable(text)


def test_names_and_digests_break_without_a_hyphen_and_words_keep_theirs() -> None:
    assert runs("servicenivåöverenskommelsens 2026-06-03") == "servicenivåöverenskommelsens 2026-06-03"
    assert runs("see inc.acme.shop.17 now") == ["see ", ["inc.", "acme.", "shop.", "17"], " now"]
    [digest] = runs("9f86d081" * 8)
    assert isinstance(digest, list)
    assert max(map(len, digest)) <= 8


def test_a_document_without_its_moment_has_no_pdf() -> None:
    with pytest.raises(ValueError, match="set made_at"):
        pdf(replace(sample(Language.ENGLISH), made_at=None))


def test_a_document_without_anything_optional_is_valid() -> None:
    assert faults(pdf(Document("Incident", "sv", "", [Section("One", [])], [], made_at=MADE))) == []


def test_a_logo_may_be_a_png() -> None:
    document = sample(Language.ENGLISH)
    assert document.supplier is not None
    assert faults(pdf(replace(document, supplier=replace(document.supplier, logo=Logo.of(png(40, 10)))))) == []


def test_a_table_that_is_too_wide_gets_the_long_side_of_the_page() -> None:
    few = Grid("x", ["a", "b"], [[Cell("short"), Cell("long words " * 30)]])
    many = Grid("x", [f"Column {n}" for n in range(12)], [[Cell("2026-06-03 12:00:00 CEST")] * 12])
    columns, size, landscape = widths(few)
    assert (columns[0], size, landscape) == ("auto", 8.5, False)
    assert columns[1] != "auto"
    assert widths(many)[2]
    assert widths(many)[1] >= 5.5


@pytest.mark.parametrize(
    ("size", "share", "landscape"),
    [((720, 200), 1.0, False), ((360, 100), 0.5, False), ((720, 1860), 0.5, False), ((2000, 900), 1.0, True)],
)
def test_a_picture_fits_on_its_page(size: tuple[int, int], share: float, landscape: bool) -> None:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}"><rect width="{size[0]}" height="9"/></svg>'
    document = Document("A", "en", "", [Section("One", [Picture(lambda: svg, "Picture")])], [], made_at=MADE)
    [section] = typeset(document)["sections"]
    [picture] = section["elements"]
    assert (picture["width"], picture["landscape"]) == (share, landscape)
    assert faults(pdf(document)) == []
