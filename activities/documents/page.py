"""An account as one HTML page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

import re
from functools import cache
from typing import Final
from xml.etree import ElementTree

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from activities.documents.blocks import Document
from activities.documents.foreign import visible

_SVG: Final = "http://www.w3.org/2000/svg"

_DRAWING: Final = {
    *("svg", "g", "defs", "rect", "line", "path", "circle", "ellipse", "polygon", "polyline", "text", "tspan"),
    *("title", "desc", "style", "pattern", "marker", "clipPath", "use", "mask", "symbol", "linearGradient", "stop"),
}
"""Elements that a picture may have: nothing that runs, and nothing that fetches."""

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:")

_FETCHES: Final = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression\(", re.IGNORECASE)


def page(document: Document) -> str:
    """The whole page; ends with a newline."""
    return _template().render(document=document).rstrip("\n") + "\n"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("activities.documents", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Every text goes through here before it is escaped: no filter can be forgotten.
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters["drawing"] = drawing
    environment.tests["moment"] = lambda text: _MOMENT.match(text) is not None
    return environment.get_template("account.html.jinja")


def drawing(svg: str) -> Markup:
    """A picture to put into the page as it is; nothing where it is more than a drawing."""
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314  # our own picture; whatever else it may be is refused below
    except ElementTree.ParseError:
        return Markup()
    return Markup(_inline(svg)) if all(map(_harmless, root.iter())) else Markup()  # noqa: S704


def _harmless(element: ElementTree.Element) -> bool:
    name = element.tag.removeprefix(f"{{{_SVG}}}") if isinstance(element.tag, str) else ""
    values = [*element.attrib.values(), element.text or ""] if name == "style" else list(element.attrib.values())
    links = [v for k, v in element.attrib.items() if k.rpartition("}")[2] == "href"]
    return (
        name in _DRAWING
        and not any(key.lower().startswith("on") for key in element.attrib)
        and all(link.startswith("#") for link in links)
        and not any(_FETCHES.search(value) for value in values)
    )


def _inline(svg: str) -> str:
    return svg[svg.index("<svg") :].strip()
