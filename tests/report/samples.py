"""The sample reports of `examples/reports`: the quarter of `quarter.py` in both languages.

`python -m tests.report.samples` writes them.

Versions and digests of the dossier are fixed, so that the samples change only when a report says something else.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from activities.documents.page import page
from activities.documents.pdf import AttachedFile, pdf
from activities.records import Records, upgrade
from activities.report.document import report_document
from models.dossier.parties import Language
from models.report import EvidenceRecord, ReportFacts, facts_json
from tests.dossier.written import EXAMPLES
from tests.report import quarter

SAMPLES: Final = EXAMPLES / "reports"

_VERSIONS: Final = {"driftvakt": "0.1.0", "tzdata": "2026.6", "holidays": "0.109"}
_DIGEST: Final = "5a" * 32


def sample(language: Language) -> ReportFacts:
    """The facts of one sample."""
    with TemporaryDirectory() as directory:
        upgrade(url := f"sqlite:///{Path(directory) / 'quarter.db'}")
        records = Records(url)
        quarter.fill(records, quarter.dossier(language))
        found = quarter.facts(records, language)
        records.close()
    used = [one.model_copy(update={"digest": _DIGEST}) for one in found.dossiers]
    evidence = {id: _without_digest(one) for id, one in found.evidence.items()}
    fixed = {"versions": _VERSIONS, "dossier": _DIGEST, "dossiers": used, "evidence": evidence}
    return found.model_copy(update=fixed)


def _without_digest(one: EvidenceRecord) -> EvidenceRecord:
    """An instruction has the digest of its text in the dossier, which changes with every release of the format."""
    return one.model_copy(update={"digest": _DIGEST}) if one.kind == "instruction" else one


def place(language: Language, form: str) -> Path:
    """The file of a sample."""
    return SAMPLES / f"operations-2026Q3.{language.value}.{form}"


def html(facts: ReportFacts) -> str:
    """A sample as a page."""
    return page(report_document(facts))


def as_pdf(facts: ReportFacts) -> bytes:
    """A sample as PDF, with its facts."""
    return pdf(report_document(facts), [AttachedFile("facts.json", facts_json(facts), "The facts of the report")])


if __name__ == "__main__":
    SAMPLES.mkdir(exist_ok=True)
    for each in Language:
        made = sample(each)
        place(each, "html").write_text(html(made))
        place(each, "pdf").write_bytes(as_pdf(made))
