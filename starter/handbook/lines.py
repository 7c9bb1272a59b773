"""The lines of a dossier's file, for its handbook."""

from __future__ import annotations

from pathlib import Path

from activities.handbook.source import DossierLines
from models.dossier.source import read_document


def lines_of(file: Path) -> DossierLines:
    """Return the lines of a file that was read as a dossier."""
    return DossierLines(file.name, read_document(file).line)
