"""The lines of dossiers' files, for their handbooks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from activities.handbook.source import DossierLines
from models.dossier.load import files
from models.dossier.source import SourceDocument, read_document


def lines_of(file: Path) -> DossierLines:
    """Return the lines of a file that was read as a dossier."""
    return _lines(file, read_document(file))


def lines_by_application(paths: Iterable[Path]) -> dict[str, DossierLines]:
    """Return the lines of files, and of those in directories, that were read as dossiers, by `customer.application`."""
    found = {}
    for path in paths:
        for file in files(path):
            document = read_document(file)
            if isinstance(document.data, dict):
                name = f"{document.data.get('customer')}.{document.data.get('application')}"
                found[name] = _lines(file, document)
    return found


def _lines(file: Path, document: SourceDocument) -> DossierLines:
    return DossierLines(file.name, document.line)
