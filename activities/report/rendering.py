"""The files of a report: made from its facts, kept in the records, and written as a preview below the home."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from activities.documents.csv import csv_archive
from activities.documents.elements import Document
from activities.documents.markdown import markdown
from activities.documents.page import page
from activities.documents.pdf import AttachedFile, pdf
from activities.documents.xlsx import xlsx
from activities.report.archive import Archive, stem
from activities.report.document import report_document
from models.dossier.reports import Attachment
from models.report import ReportFacts, facts_json
from models.report_order import RenderedReport, RenderReport

FOLDER: Final = "reports"
"""The folder with the files of reports, below the home."""

_FORMS: Final[Mapping[Attachment, tuple[str, str, Callable[[Document], bytes]]]] = {
    Attachment.HTML: ("html", "text/html", lambda document: page(document).encode()),
    Attachment.CSV: ("csv.zip", "application/zip", csv_archive),
    Attachment.XLSX: ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx),
}
"""The ending, the media type and the maker of each form that needs only the document."""

Files = dict[str, tuple[str, bytes]]
"""Name to media type and content."""


def render(archive: Archive, home: Path, request: RenderReport, now: datetime) -> RenderedReport:
    """Make the files of a report, keep them in the records, and write them into a folder below the home.

    The files that were made first count: another release may make other bytes from the same facts.
    """
    facts = ReportFacts.model_validate_json(archive.documents.read(request.facts))
    forms = [Attachment(form) for form in request.attachments]
    made = report_files(facts, forms, request.version)
    files = archive.keep_files(request.facts, made, now)
    contents = {file.name: archive.documents.read(file.digest) for file in files}
    folder = folder_of(request.application, request.report, request.period, request.version)
    write_files(home / folder, contents)
    return RenderedReport(files=files, attached=len(forms), folder=folder)


def report_files(facts: ReportFacts, forms: Sequence[Attachment], version: int) -> Files:
    """Return the files of a report: its attachments in order, then the page and the Markdown text for readers at home."""
    document = report_document(facts)
    name = stem(facts.application, facts.report, facts.period.name) + (f"-v{version}" if version > 1 else "")
    files: Files = {}
    for form in dict.fromkeys([*forms, Attachment.HTML]):
        if form is Attachment.PDF:
            files[f"{name}.pdf"] = "application/pdf", pdf(document, [_attached(facts, name)])
        else:
            ending, media_type, make = _FORMS[form]
            files[f"{name}.{ending}"] = media_type, make(document)
    files[f"{name}.md"] = "text/markdown", markdown(document).encode()
    return files


def _attached(facts: ReportFacts, name: str) -> AttachedFile:
    return AttachedFile(f"{name}.json", facts_json(facts), "The facts from which the report was made")


def folder_of(application: str, report: str, period: str, version: int) -> str:
    """Return the folder of a report's files below the home: `reports/acme.shop/monthly/2026-11`."""
    return f"{FOLDER}/{application}/{report}/{period}" + (f"-v{version}" if version > 1 else "")


def write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files into a folder. A reader sees each file whole, and nobody but this user may read them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in contents.items():
        made, path = tempfile.mkstemp(dir=folder, prefix=".")
        try:
            with os.fdopen(made, "wb") as file:
                file.write(content)
            Path(path).replace(folder / name)
        except BaseException:
            Path(path).unlink(missing_ok=True)
            raise
