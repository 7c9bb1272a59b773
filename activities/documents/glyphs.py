"""The characters that the fonts of PDFs can show; any other is written out, because PDF/A forbids a glyph that says nothing."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

from activities.documents.sanitize import visible

COVERAGE: Final = "fonts/coverage.txt"
"""Two parts that begin with `#`: the characters of Inter, and the further ones of DejaVu Sans Mono, as hexadecimal ranges."""


def printable(text: str) -> str:
    """Return a text for a PDF, with every other character as `⟨U+1F600⟩`."""
    return _others(2).sub(lambda m: f"⟨U+{ord(m[0]):04X}⟩", visible(text))


def printable_in_drawing(svg: str) -> str:
    """Return a drawing for a PDF, with every other character as `[U+1F600]`.

    A text with one foreign character changes its whole font there, so only characters of the first font remain.
    """
    return _others(1).sub(lambda m: {"⟨": "[", "⟩": "]"}.get(m[0], f"[U+{ord(m[0]):04X}]"), svg)


def characters(parts: int = 2) -> list[tuple[int, int]]:
    """Return the ranges of characters of the first fonts, with both ends."""
    text = (files("activities.documents") / COVERAGE).read_text(encoding="ascii")
    listed = " ".join(part.partition("\n")[2] for part in text.split("# ")[1 : parts + 1]).split()
    ends = [entry.partition("-") for entry in listed]
    return [(int(first, 16), int(last or first, 16)) for first, _, last in ends]


@cache
def _others(parts: int) -> re.Pattern[str]:
    ranges = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in characters(parts))
    return re.compile(f"[^\\n\\t\\r{ranges}]")
