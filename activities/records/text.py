"""Text as every database takes it: PostgreSQL keeps no NUL and no half of a surrogate pair."""

from __future__ import annotations

from typing import Any


def storable(text: str) -> str:
    """The text with a replacement character for what cannot be kept."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def storable_data(value: Any) -> Any:
    """The same for all texts inside plain data."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_data(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable_data(inner) for inner in value]
    return value
