"""The names of character sets in a Content-Type or a document."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final

_IN_HEADER: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


@lru_cache(256)
def declared_charset(content_type: str) -> str | None:
    """Return the Python name of the character set that a Content-Type declares; None if it declares no known one."""
    match = _IN_HEADER.search(content_type)
    return known_charset(match[1]) if match else None


def known_charset(name: str) -> str | None:
    """Return the Python name of a character set; None if it is not one for text."""
    try:
        info = codecs.lookup(name)
    except (LookupError, UnicodeError, ValueError):
        return None
    # Python's registry also contains codecs from bytes to bytes (zip, hex), which a sender must not choose.
    return info.name if info._is_text_encoding else None
