"""Logos: a drawing or a picture that a party supplies, checked before a document shows it."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass
from typing import Final

from activities.documents.drawing import safe_drawing
from models.errors import UserError

_MOST_BYTES: Final = 256 * 1024
_MOST_PIXELS: Final = 4_000_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Values of a pixel, by the colour type of a PNG."""


@dataclass(frozen=True)
class Logo:
    """A logo that was checked: SVG or PNG."""

    content: bytes
    media_type: str
    """`image/svg+xml` or `image/png`."""

    @classmethod
    def of(cls, content: bytes, name: str = "the logo") -> Logo:
        """Return the logo from the bytes of its file. `name` is for the message.

        Raises `UserError` if it is neither PNG nor SVG, is damaged or too large, or is an SVG that is more than a drawing.
        """
        if len(content) > _MOST_BYTES:
            raise UserError(f"{name} has {len(content)} bytes; use a file of at most {_MOST_BYTES} bytes")
        if content.startswith(_PNG):
            _check_png(content, name)
            return cls(content, "image/png")
        return cls(_svg(content, name).encode(), "image/svg+xml")

    @property
    def format(self) -> str:
        """The name of the format: `svg` or `png`."""
        return "png" if self.media_type == "image/png" else "svg"

    @property
    def data_url(self) -> str:
        """The logo for the `src` of an image. A browser runs no script and fetches nothing for such an image."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.content).decode()}"


def _svg(content: bytes, name: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{name} is neither a PNG nor an SVG in UTF-8; save it as one of these") from None
    drawing = safe_drawing(text, styles=True)
    if not drawing:
        raise UserError(
            f"{name} is no plain SVG drawing; remove its scripts, links, pictures and entities, or use a PNG"
        )
    return drawing


def _check_png(content: bytes, name: str) -> None:
    """Read the whole picture as a viewer does, because a damaged one would make every later document fail."""
    try:
        width, height, depth, colours, packed = _chunks(content)
        if width * height > _MOST_PIXELS:
            raise UserError(f"{name} has {width} x {height} pixels; use at most {_MOST_PIXELS} pixels")
        line = 1 + (width * _CHANNELS[colours] * depth + 7) // 8
        # An interlaced picture has a few more lines. The limit is what matters: a small file must not unpack without end.
        unpacked = zlib.decompressobj().decompress(packed, max_length=2 * line * height + 1)
        whole = line * height <= len(unpacked) <= 2 * line * height
    except (ValueError, KeyError, struct.error, zlib.error):
        whole = False
    if not whole:
        raise UserError(f"{name} is a damaged PNG; save it again")


def _chunks(content: bytes) -> tuple[int, int, int, int, bytes]:
    """Return width, height, bits, colour type and packed data. Raises `ValueError` if a part is missing or was changed."""
    at, head, packed = len(_PNG), None, bytearray()
    while at < len(content):
        (size,) = struct.unpack_from(">I", content, at)
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        (check,) = struct.unpack_from(">I", content, at + 8 + size)
        if check != zlib.crc32(kind + body):
            raise ValueError("a checksum is wrong")
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
        elif kind == b"IEND" and head is not None:
            return head[0], head[1], head[2], head[3], bytes(packed)
        at += 12 + size
    raise ValueError("its end is missing")
