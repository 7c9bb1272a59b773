"""A document as one HTML page without scripts, fonts or pictures from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from activities.documents.drawing import safe_drawing
from activities.documents.elements import Document
from activities.documents.frame import frame, particulars
from activities.documents.outline import contents, outlined
from activities.documents.sanitize import visible
from activities.documents.tables import numeric_columns, wide_columns

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:")


def page(document: Document) -> str:
    """Return the whole page; it ends with a newline."""
    document = outlined(document)
    text = _template().render(
        document=document,
        entries=contents(document) if document.contents else [],
        particulars=particulars(document),
        say=frame(document),
        drawing=_drawings(),
        style=_style(),
        style_digest=_style_digest(),
    )
    return text.rstrip("\n") + "\n"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("activities.documents", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Every text passes here before it is escaped, so no template can forget a filter.
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters["numeric"] = numeric_columns
    environment.filters["wide"] = wide_columns
    environment.tests["moment"] = lambda text: _MOMENT.match(text) is not None
    return environment.get_template("document.html.jinja")


@cache
def _style() -> Markup:
    return Markup((files("activities.documents") / "document.css").read_text(encoding="utf-8"))  # noqa: S704  # our own


@cache
def _style_digest() -> str:
    """The digest by which the page's policy allows its one style sheet, and no other."""
    return base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()


def _drawings() -> Callable[[str], Markup]:
    """Return the filter for the pictures of one page: harmless, and with ids that differ between pictures."""
    numbers = count(1)

    def drawing(svg: str) -> Markup:
        return Markup(safe_drawing(svg, f"p{next(numbers)}-"))  # noqa: S704  # only a drawing passes

    return drawing
