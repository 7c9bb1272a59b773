"""Hides the secrets of a channel's address in texts about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

_SHORTEST: Final = 4
"""Characters. Shorter parts of an address occur in every text."""

_HIDDEN: Final = "***"


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return the text on one line, without these values and without any part of those that are URLs."""
    parts: set[str] = set()
    for secret in secrets:
        pieces = re.split(r"[/:?&=@\s]+", secret.partition("://")[2] or secret)
        parts.update({secret, unquote(secret), *pieces, *map(unquote, pieces)})
    text = " ".join(text.split())
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SHORTEST and part not in _NAMES:
            text = text.replace(part, _HIDDEN)
    return text


_NAMES: Final = frozenset({"mailto", "mode", "from", "insecure", "starttls", "name", "format", "text", "http", "https"})
"""Words of such URLs that are not secrets."""
