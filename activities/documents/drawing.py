"""SVG that documents show: only drawings pass, and several of them share a page."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree

SVG: Final = "http://www.w3.org/2000/svg"

_SHAPES: Final = {
    *("svg", "g", "defs", "rect", "line", "path", "circle", "ellipse", "polygon", "polyline", "text", "tspan"),
    *("title", "desc", "pattern", "marker", "clipPath", "use", "mask", "symbol"),
    *("linearGradient", "radialGradient", "stop"),
}
"""Elements that a drawing may have: nothing that runs, and nothing that fetches."""

_FETCHES: Final = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression\(|\\", re.IGNORECASE)
"""The parts of a style that fetch or run; a backslash can spell any of them in another way."""
_REFERENCE: Final = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")
_COLOUR: Final = re.compile(r"var\(--[a-z-]+, ?(#[0-9a-f]{3,8})\)")
_NAMES: Final = {"aria-labelledby", "aria-describedby"}

ElementTree.register_namespace("", SVG)


def safe_drawing(svg: str, prefix: str = "", *, styles: bool = False) -> str:
    """Return a drawing that can do no harm; empty if the SVG is more than a drawing.

    `prefix` goes before every id, so that several drawings can stand on one page. A style sheet (`styles`) would change the
    page round a drawing, so only a picture in a file of its own may have one.
    """
    root = _parsed(svg)
    if root is None:
        return ""
    _prune(root)
    if not all(_harmless(element, styles) for element in root.iter()):
        return ""
    if prefix:
        for element in root.iter():
            _rename(element, prefix)
    return ElementTree.tostring(root, encoding="unicode").strip()


def plain_colours(svg: str) -> str:
    """Return a drawing with the colours for paper, for programs that know no CSS variables."""
    return _COLOUR.sub(r"\1", svg)


def said_by(svg: str) -> tuple[str, str]:
    """Return title and description of a drawing; empty where it has none."""
    root = _parsed(svg)
    if root is None:
        return "", ""
    title, desc = root.find(f"{{{SVG}}}title"), root.find(f"{{{SVG}}}desc")
    return (title.text or "" if title is not None else ""), (desc.text or "" if desc is not None else "")


def size_of(svg: str) -> tuple[float, float]:
    """Return width and height of a drawing in pixels, from its `viewBox` or its attributes; a square if it has neither."""
    root = _parsed(svg)
    attributes = {} if root is None else root.attrib
    numbers = re.findall(r"[\d.]+", attributes.get("viewBox", ""))[-2:] or [
        (re.match(r"[\d.]+", attributes.get(name, "")) or ["0"])[0] for name in ("width", "height")
    ]
    width, height = (float(number) for number in numbers)
    return (width, height) if width > 0 and height > 0 else (100.0, 100.0)


def _parsed(svg: str) -> ElementTree.Element | None:
    if "<!ENTITY" in svg:  # text that grows without end when it is read
        return None
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314  # no entities, and only drawings are kept
    except (ElementTree.ParseError, ValueError):
        return None
    return root if root.tag == f"{{{SVG}}}svg" else None


def _prune(root: ElementTree.Element) -> None:
    """Remove what drawing programs note for themselves, which shows nothing."""
    for element in list(root.iter()):
        for child in [c for c in element if _is_note(c)]:
            element.remove(child)


def _is_note(element: ElementTree.Element) -> bool:
    tag = element.tag
    return isinstance(tag, str) and (not tag.startswith(f"{{{SVG}}}") or tag == f"{{{SVG}}}metadata")


def _harmless(element: ElementTree.Element, styles: bool) -> bool:
    name = element.tag.removeprefix(f"{{{SVG}}}") if isinstance(element.tag, str) else ""
    values = [*element.attrib.values(), element.text or ""] if name == "style" else list(element.attrib.values())
    links = [v for k, v in element.attrib.items() if k.rpartition("}")[2] == "href"]
    return (
        (name in _SHAPES or (styles and name == "style"))
        and not any(key.lower().startswith("on") for key in element.attrib)
        and all(link.startswith("#") for link in links)
        and not any(_FETCHES.search(value) for value in values)
    )


def _rename(element: ElementTree.Element, prefix: str) -> None:
    for key, value in element.attrib.items():
        if key == "id":
            element.set(key, prefix + value)
        elif key.rpartition("}")[2] == "href":
            element.set(key, f"#{prefix}{value.removeprefix('#')}")
        elif key in _NAMES:
            element.set(key, " ".join(prefix + name for name in value.split()))
        elif "url(" in value:
            element.set(key, _REFERENCE.sub(lambda m: f"url(#{prefix}{m[1]})", value))
