"""A report as a document: complete in both languages, valid for archives, and the same in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from activities.documents.elements import Section
from activities.documents.page import page
from activities.documents.pdf import AttachedFile, pdf
from activities.records import Records, upgrade
from activities.report.document import report_document
from models.dossier.parties import Language
from models.report import ReportFacts, facts_json
from models.report_block_kinds import REPORT_BLOCKS
from tests.docs.pages import ROOT
from tests.documents.test_hostile import Seen
from tests.documents.test_pdf import faults, holds
from tests.report import november, quarter
from tests.report.november import keep_dossier, records, shop

__all__ = ["records"]

HEADINGS = {
    Language.ENGLISH: [
        *(
            "Summary",
            "Commentary",
            "Availability",
            "Service levels",
            "Open actions",
            "Incidents",
            "Waiting time",
            "Changes",
            "Maintenance",
        ),
        *(
            "Restore drills",
            "Measured values",
            "Capacity",
            "Routines on order",
            "Instructions",
            "Definitions",
            "Evidence",
        ),
    ],
    Language.SWEDISH: [
        *(
            "Sammanfattning",
            "Kommentar",
            "Tillgänglighet",
            "Servicenivåer",
            "Öppna åtgärder",
            "Incidenter",
            "Väntetid",
            "Ändringar",
            "Underhåll",
        ),
        *(
            "Återläsningsprov",
            "Mätvärden",
            "Kapacitet",
            "Beställda rutiner",
            "Instruktioner",
            "Definitioner",
            "Underlag",
        ),
    ],
}


def in_quarter(directory: Path, language: Language) -> ReportFacts:
    """The facts of the ordinary quarter."""
    upgrade(url := f"sqlite:///{directory / 'quarter.db'}")
    records = Records(url)
    quarter.fill(records, quarter.dossier(language))
    found = quarter.facts(records, language)
    records.close()
    return found


@pytest.fixture(scope="module", params=Language)
def facts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ReportFacts:
    """The facts of the ordinary quarter, in each language."""
    return in_quarter(tmp_path_factory.mktemp(request.param.value), request.param)


def test_every_block_has_its_section_in_the_language_of_the_report(facts: ReportFacts) -> None:
    document = report_document(facts)

    assert [section.title for section in document.sections] == HEADINGS[facts.language]
    assert facts.missing == []
    text = " ".join(Seen(page(document)).texts)
    swedish = facts.language is Language.SWEDISH
    for said in ("80,0\u00a0%", "2 arbetsdagar", "missat") if swedish else ("80.0%", "2 working days", "missed"):
        assert said in text
    assert facts.period.time_zone in dict(document.facts).values()


def test_the_pdf_of_a_report_is_valid_for_archives_and_screen_readers_and_carries_the_facts(facts: ReportFacts) -> None:
    content = facts_json(facts)

    made = pdf(report_document(facts), [AttachedFile("facts.json", content, "The facts of the report")])

    assert faults(made) == []
    assert holds(made, content)


def test_a_document_is_a_function_of_the_facts_as_they_are_stored(facts: ReportFacts) -> None:
    stored = ReportFacts.model_validate_json(facts_json(facts))

    assert facts_json(stored) == facts_json(facts)
    assert page(report_document(stored)) == page(report_document(facts))


def test_every_link_of_a_figure_leads_to_a_place_in_the_document(facts: ReportFacts) -> None:
    document = report_document(facts)
    cells = [cell for section in document.sections for e in section.elements for cell in _cells(e)]
    anchors = {cell.anchor for cell in cells} | {section.anchor for section in document.sections}

    wanted = {to for cell in cells for to in (cell.link, *(link.to for link in cell.links)) if to}

    assert len(wanted) > 100
    assert wanted - anchors == set()


def _cells(element: object) -> list:  # type: ignore[type-arg]  # of any element
    table = getattr(element, "table", None)
    rows = [*getattr(element, "rows", []), *(table.rows if table is not None else [])]
    figures = [figure.value for figure in getattr(element, "figures", [])]
    return [cell for row in rows for cell in row if not isinstance(cell, str)] + figures


# --- nothing to report


@pytest.mark.parametrize("language", Language)
def test_a_block_without_anything_to_report_says_so(records: Records, language: Language) -> None:
    blocks = [{"metrics": {"points": ["db-disk"]}}, *(kind for kind in REPORT_BLOCKS.names() if kind != "metrics")]
    dossier = shop(blocks, language=language.value)
    nothing = {"service_levels": {}, "availability": {}}
    empty = dossier.model_copy(
        update={
            "agreement": dossier.agreement.model_copy(update=nothing),
            "instructions": dossier.instructions.model_copy(update={"restore": {}}),
            "routines": dossier.routines.model_copy(update={"maintenance": {}, "extended": {}}),
            "capacity": dossier.capacity.model_copy(update={"resources": {}}),
        }
    )
    keep_dossier(records, empty)

    document = report_document(november.facts(records))

    said = {section.title: _said(section) for section in document.sections}
    assert len(said) == len(REPORT_BLOCKS.names())
    assert [title for title, texts in said.items() if not texts] == []


def _said(section: Section) -> list[str]:
    """The sentences of a section, and its tables that have rows."""
    return [
        getattr(e, "text", "") or getattr(e, "caption", "table")
        for e in section.elements
        if e.kind not in {"grid", "picture"} or _cells(e)
    ]


# --- the same in every process

PROGRAM = """
import hashlib, json, sys
from activities.documents.csv import csv_archive
from activities.documents.markdown import markdown
from activities.documents.page import page
from activities.documents.pdf import AttachedFile, pdf
from activities.documents.xlsx import xlsx
from activities.records import Records
from activities.report.document import report_document
from models.dossier.parties import Language
from models.report import facts_json
from tests.report.quarter import facts

records = Records(sys.argv[1])
found = facts(records, Language.SWEDISH)
records.close()
content, document = facts_json(found), report_document(found)
made = {"json": content.encode(), "md": markdown(document).encode(), "html": page(document).encode()}
made |= {"csv": csv_archive(document), "xlsx": xlsx(document)}
made["pdf"] = pdf(document, [AttachedFile("facts.json", content, "The facts")])
print(json.dumps({name: hashlib.sha256(content).hexdigest() for name, content in made.items()}))
"""


@pytest.mark.slow
def test_two_processes_that_differ_in_everything_gather_the_same_facts_and_write_the_same_bytes(tmp_path: Path) -> None:
    in_quarter(tmp_path, Language.SWEDISH)

    def digests(**settings: str) -> dict[str, str]:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
        command = [sys.executable, "-c", PROGRAM, f"sqlite:///{tmp_path / 'quarter.db'}"]
        ran = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
        found: dict[str, str] = json.loads(ran.stdout)
        return found

    one = digests(TZ="Pacific/Auckland", LANG="C", PYTHONHASHSEED="1", HOME=str(tmp_path / "nowhere"))
    other = digests(TZ="America/St_Johns", LANG="sv_SE.UTF-8", LC_ALL="sv_SE.UTF-8", PYTHONHASHSEED="77")

    assert sorted(one) == ["csv", "html", "json", "md", "pdf", "xlsx"]
    assert one == other


@pytest.mark.needs("postgresql")
def test_both_databases_give_the_same_facts(records: Records, request: pytest.FixtureRequest) -> None:
    upgrade(url := request.getfixturevalue("postgres").make_database())
    other = Records(url)
    made = quarter.dossier()
    quarter.fill(records, made)
    quarter.fill(other, made)

    found = [facts_json(quarter.facts(one)) for one in (records, other)]
    other.close()

    assert found[0] == found[1]
