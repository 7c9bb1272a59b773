"""Writes a handbook in all its forms: Markdown, one HTML page, and PDF."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from activities.documents.elements import Document
from activities.documents.markdown import markdown
from activities.documents.page import page
from activities.documents.pdf import pdf
from models.errors import UserError

_FORMS: Final[dict[str, Callable[[Document], bytes]]] = {
    ".html": lambda document: page(document).encode(),
    ".pdf": pdf,
    ".md": lambda document: markdown(document).encode(),
}


def handbook_name(application: str, *, customer: bool) -> str:
    """Return the name of a handbook's files, without the ending."""
    return f"{application}-handbook{'-customer' if customer else ''}"


def write_handbook(document: Document, folder: Path, name: str) -> list[Path]:
    """Write a handbook into a directory in each form, and return its files.

    A reader sees the previous file or the new one, and never a part. Raise `UserError` if a file cannot be written.
    """
    return [_write(folder / f"{name}{ending}", made(document)) for ending, made in _FORMS.items()]


def _write(file: Path, content: bytes) -> Path:
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(exist_ok=True)
        try:
            beside.write_bytes(content)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{file}: cannot be written: {reason}; name a directory in which you may write") from None
    return file
