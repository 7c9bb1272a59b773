"""A screenshot with few colours: a page of text takes a quarter of the room, and looks the same."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = 64


def shrink(shot: Path, into: Path) -> None:
    """Write a picture that Chromium took (eight bits a channel, not interlaced) with 64 colours."""
    width, height, rows = _read(shot.read_bytes())
    counts = Counter(pixel for row in rows for pixel in row)
    palette = [colour for colour, _ in counts.most_common(_COLOURS)]
    nearest = {one: min(range(len(palette)), key=lambda n: _distance(one, palette[n])) for one in counts}
    body = b"".join(b"\0" + bytes(nearest[pixel] for pixel in row) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(body, 9)), (b"IEND", b"")]
    into.write_bytes(_SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks))


def _read(data: bytes) -> tuple[int, int, list[list[bytes]]]:
    at, packed = len(_SIGNATURE), b""
    width = height = channels = 0
    while at < len(data):
        [size] = struct.unpack_from(">I", data, at)
        kind, chunk = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunk)
            channels = {2: 3, 6: 4}[colour]
            assert depth == 8
        elif kind == b"IDAT":
            packed += chunk
        at += size + 12
    lines, rows, before = zlib.decompress(packed), [], bytes(width * channels)
    for y in range(height):
        start = y * (width * channels + 1)
        before = _unfiltered(lines[start], lines[start + 1 : start + 1 + width * channels], before, channels)
        rows.append([before[x : x + 3] for x in range(0, len(before), channels)])
    return width, height, rows


def _unfiltered(how: int, line: bytes, above: bytes, channels: int) -> bytes:
    """A line as it was before PNG's filter."""
    row = bytearray(line)
    for x in range(len(row)):
        left = row[x - channels] if x >= channels else 0
        corner = above[x - channels] if x >= channels else 0
        up = above[x]
        if how == 4:  # the one of the three that is nearest to left + up - corner
            guess = left + up - corner
            row[x] = (row[x] + min((left, up, corner), key=lambda one: abs(guess - one))) & 255
        elif how:
            row[x] = (row[x] + {1: left, 2: up, 3: (left + up) // 2}[how]) & 255
    return bytes(row)


def _distance(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
