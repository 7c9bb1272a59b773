"""The sample reports of the examples are what the code makes."""

from __future__ import annotations

import pytest

from models.dossier.parties import Language
from models.report import facts_json
from tests.documents.test_pdf import faults, holds
from tests.report.samples import html, place, sample

WRITE = "python -m tests.report.samples"


@pytest.mark.parametrize("language", Language)
def test_the_samples_are_the_report_on_the_made_quarter(language: Language) -> None:
    facts = sample(language)

    assert place(language, "html").read_text() == html(facts), WRITE
    assert holds(place(language, "pdf").read_bytes(), facts_json(facts)), WRITE


@pytest.mark.parametrize("language", Language)
def test_the_pdf_of_a_sample_is_valid_for_archives_and_screen_readers(language: Language) -> None:
    assert faults(place(language, "pdf").read_bytes()) == []
