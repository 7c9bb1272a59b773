"""A document as PDF: one file for people, for archives (PDF/A-3a) and for screen readers (PDF/UA-1), with facts attached."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from activities.documents.elements import Document
from activities.documents.typesetting import typeset

if TYPE_CHECKING:
    from typst import Fonts

_STANDARDS: Final[Sequence[Literal["a-3a", "ua-1"]]] = ("a-3a", "ua-1")


@dataclass(frozen=True)
class AttachedFile:
    """A text file inside the PDF, such as the facts of a report."""

    name: str
    """Its file name."""
    text: str
    description: str
    media_type: str = "application/json"
    relationship: Literal["source", "data", "alternative", "supplement"] = "source"
    """Its relation to the document; `source`: the document was made from it."""


def pdf(document: Document, attachments: Sequence[AttachedFile] = ()) -> bytes:
    """Return the document as PDF.

    The same document gives the same bytes on one platform, whatever the clock, the time zone and the fonts of the machine.
    It must say when it was made (`made_at`). Raises `ValueError` without that.
    """
    import typst  # 34 MB that only a PDF needs

    if document.made_at is None:
        raise ValueError("a PDF needs the moment of its document; set made_at")
    about = [
        {key: getattr(a, key) for key in ("name", "media_type", "description", "relationship")} for a in attachments
    ]
    inputs = {
        "document": _json(typeset(document)),
        "attachments": _json(about),
        **{f"attachment-{number}": attachment.text for number, attachment in enumerate(attachments)},
    }
    return typst.compile(
        _template(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs=inputs,
        pdf_standards=[*_STANDARDS],
        timestamp=int(document.made_at.timestamp()),
    )


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


@cache
def _template() -> bytes:
    return (Path(__file__).parent / "document.typ").read_bytes()


@cache
def _fonts() -> Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(Path(__file__).parent / "fonts")])
