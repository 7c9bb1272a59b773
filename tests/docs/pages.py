"""The pages of the documentation, and what stands in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")])

_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_FORM = re.compile(
    r"start-workflow\?taskQueue=driftvakt&workflowType=(?P<type>[\w.-]+)(?:&workflowId=[\w.-]+)?\)[^{]{0,200}?(?P<text>\{.+?\})[`\n]",
    re.DOTALL,
)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def name(page: Path) -> str:
    """A page as one would name it."""
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """The text without its code blocks."""
    return _FENCE.sub("", page.read_text())


def code(page: Path, language: str | None = None) -> list[str]:
    """The code blocks, of one language or of any, without their indentation."""
    blocks = re.findall(r"^( *)```(\w*)\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [
        re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, kind, text in blocks if language in (None, kind)
    ]


def links(page: Path) -> list[str]:
    """Where the links and pictures of a page lead."""
    return _LINK.findall(prose(page))


def start_forms() -> list[tuple[str, str, str]]:
    """Page, workflow type and sample of every start form that is linked with an input to paste."""
    return [(name(page), one["type"], one["text"]) for page in PAGES for one in _FORM.finditer(page.read_text())]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", re.sub(r"[`*_]", "", heading).strip().lower()).replace(" ", "-")
        number = sum(1 for other in found if re.fullmatch(rf"{re.escape(slug)}(-\d+)?", other))
        found.add(f"{slug}-{number}" if number else slug)
    return found
