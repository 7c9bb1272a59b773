"""Text for databases: PostgreSQL stores neither NUL characters nor single surrogates."""

from __future__ import annotations

from typing import Any


def storable(text: str) -> str:
    """Return the text with replacement characters for those that cannot be stored."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def storable_data(value: Any) -> Any:
    """Return plain data with all texts made storable."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_data(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable_data(inner) for inner in value]
    return value
