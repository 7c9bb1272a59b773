"""Reports how much of a text or of a list a document leaves out."""

from __future__ import annotations

from collections.abc import Mapping

from activities.documents.elements import Element, Said
from activities.documents.translation import Translation
from models.post_incident_report import Excerpt


def excerpt(text: Excerpt, say: Translation) -> str:
    """Return a text with the number of characters that were cut off."""
    return f"{text.text} … [{say('cut', text.left_out)}]" if text.left_out else text.text


def lines_left_out(left_out: Mapping[str, int], part: str, say: Translation) -> list[Element]:
    """Return a sentence with the number of lines that a part leaves out; nothing if it leaves out none."""
    count = left_out.get(part, 0)
    return [Said(say("lines_left_out", count))] if count else []
