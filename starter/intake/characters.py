"""Decodes the bytes of a body to text: by the character set that the body declares, else by UTF-8."""

from __future__ import annotations

import codecs
import json
from typing import Final, Protocol

from activities.probes.charsets import declared_charset


class Decoder(Protocol):
    """Decodes a text that arrives in chunks."""

    def decode(self, data: bytes, final: bool = False) -> str:
        """Return the text of the next bytes. Never raises."""


def decoder_for(first: bytes, content_type: str) -> Decoder:
    """Return the decoder for a body that begins with these bytes."""
    found: str = json.detect_encoding(first[:4])
    if found == "utf-8":
        declared = declared_charset(content_type)
        if declared is None or declared in ("utf-8", "ascii"):
            return _Utf8OrWindows()
        found = declared
    # The body has a byte-order mark, or is UTF-16 or UTF-32 without one, or its header names the character set.
    return codecs.getincrementaldecoder(found)(errors="replace")


class _Utf8OrWindows:
    """Decodes UTF-8; bytes that are not UTF-8 are decoded as Windows-1252, which includes ISO 8859-1."""

    def __init__(self) -> None:
        self._rest = b""

    def decode(self, data: bytes, final: bool = False) -> str:
        """Return the text of the next bytes."""
        data = self._rest + data
        try:
            text, used = codecs.utf_8_decode(data, "strict", final)
        except UnicodeDecodeError:
            if data.decode("utf-8", "replace").count("\ufffd") * 20 > len(data):  # not UTF-8; this is faster
                text, used = codecs.charmap_decode(data, "strict", _WINDOWS)
            else:
                text, used = codecs.utf_8_decode(data, "driftvakt-windows", final)
        self._rest = data[used:]
        return text


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(_WINDOWS[byte] for byte in error.object[error.start : error.end]), error.end


_UNUSED: Final = b"\x81\x8d\x8f\x90\x9d"
_WINDOWS: Final = "".join(chr(b) if b in _UNUSED else bytes([b]).decode("cp1252") for b in range(256))

codecs.register_error("driftvakt-windows", _as_windows)
