"""The saved views that the documentation offers, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"


def saved_views(page: Path = OPERATING) -> dict[str, str]:
    """Title to path and query below the namespace, for every link to the UI's list."""
    links = re.findall(
        r"\[([^]]+)\]\(http://127\.0\.0\.1:8233/namespaces/default/(workflows\?[^)]+)\)", page.read_text()
    )
    return dict(links)


def query_of(view: str) -> str:
    """The visibility query of a view."""
    return parse_qs(urlsplit(view).query)["query"][0]
