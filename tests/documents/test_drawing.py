"""Drawings and logos: what is more than a picture does not get into a document."""

from __future__ import annotations

import struct
import zlib

import pytest

from activities.documents.drawing import plain_colours, safe_drawing, said_by, size_of
from activities.documents.logo import Logo
from models.errors import UserError

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'


def png(width: int = 2, height: int = 2, data: bytes | None = None) -> bytes:
    """A picture in red, green and blue with eight bits each."""
    lines = b"".join(b"\x00" + b"\x10\x20\x30" * width for _ in range(height)) if data is None else data

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<rect onload="alert(1)"/>',
        '<use xlink:href="http://evil.example/#x"/>',
        '<image href="data:image/png;base64,AAAA"/>',
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>',
        '<rect fill="url(http://evil.example)"/>',
        '<rect style="fill:u\\72l(http://evil.example)"/>',
        "<style>body { display: none }</style>",
        '<set attributeName="href" to="x"/>',
        '<a href="#x"><rect/></a>',
    ],
)
def test_what_runs_fetches_or_changes_the_page_is_refused(inside: str) -> None:
    assert safe_drawing(f"{HEAD}<g>{inside}</g></svg>") == ""


def test_entities_other_documents_and_broken_ones_are_refused() -> None:
    assert safe_drawing('<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + HEAD + "<text>&a;</text></svg>") == ""
    assert safe_drawing("<html/>") == ""
    assert safe_drawing(HEAD) == ""
    assert safe_drawing("") == ""


def test_a_drawing_keeps_its_shapes_and_loses_the_notes_of_its_program() -> None:
    notes = '<metadata><x xmlns="urn:notes"/></metadata><y xmlns="urn:program"/><!-- made by hand -->'
    drawing = safe_drawing(f'{HEAD}{notes}<g id="a"><use xlink:href="#a"/><text>&lt;b&gt;</text></g></svg>', "p1-")
    assert "notes" not in drawing
    assert "program" not in drawing
    assert "made by hand" not in drawing
    assert 'id="p1-a"' in drawing
    assert 'href="#p1-a"' in drawing
    assert "<text>&lt;b&gt;</text>" in drawing


def test_a_drawing_says_what_it_shows_and_has_colours_without_variables_for_paper() -> None:
    svg = f'{HEAD}<title>Load</title><desc>A day.</desc><rect fill="var(--chart-one, #1f5fa8)"/></svg>'
    assert said_by(svg) == ("Load", "A day.")
    assert said_by("<svg") == ("", "")
    assert 'fill="#1f5fa8"' in plain_colours(svg)


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('viewBox="0 0 30.5 20"', (30.5, 20)),
        ('viewBox="-5,-5,30,20" width="9" height="9"', (30, 20)),
        ('width="300px" height="20"', (300, 20)),
        ('width="100%"', (100, 100)),
        ("", (100, 100)),
    ],
)
def test_a_drawing_has_a_size(attributes: str, size: tuple[float, float]) -> None:
    assert size_of(f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}/>') == size


def test_a_logo_is_a_png_or_a_drawing() -> None:
    assert Logo.of(png()).format == "png"
    styled = Logo.of(f"{HEAD}<style>rect {{ fill: red }}</style><rect/></svg>".encode())
    assert styled.format == "svg"
    assert styled.data_url.startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"GIF89a\xff", "acme.gif is neither a PNG nor an SVG in UTF-8; save it as one of these"),
        (b"plain text", "acme.gif is no plain SVG drawing"),
        (f"{HEAD}<script/></svg>".encode(), "is no plain SVG drawing"),
        (f"{HEAD}<style>@import 'x'</style></svg>".encode(), "is no plain SVG drawing"),
        (png()[:-20], "is a damaged PNG"),
        (png().replace(b"IDAT", b"IDAX"), "is a damaged PNG"),
        (png(data=b"\x00"), "is a damaged PNG"),
        (png(2, 2, b"\x00" * 1_000_000), "is a damaged PNG"),
        (png(9000, 9000, b""), "has 9000 x 9000 pixels"),
        (png() + b"\x00" * 300_000, "use a file of at most 262144 bytes"),
    ],
)
def test_another_file_is_refused_with_its_fault_and_the_fix(content: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Logo.of(content, "acme.gif")
