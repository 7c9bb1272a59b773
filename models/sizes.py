"""Limits for values in Temporal's messages, and functions that cut values to fit.

Temporal refuses a payload of more than 2 MB, and a gRPC message of more than 4 MB. Sizes are bytes of the JSON that the
converter writes, in UTF-8: a Japanese character takes 3 bytes, and a control character takes 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

from pydantic_core import to_json

CARRIED: Final = 1_000_000
"""Bytes that a workflow passes to its next run."""

MESSAGE: Final = 250_000
"""Bytes of one signal, or of the alarms in one order; one gRPC message contains several of them."""

ANSWER: Final = 1_000_000
"""Bytes of the answer to a query."""

_T = TypeVar("_T")


def encoded_size(value: Any) -> int:
    """Return the number of bytes that a value takes as JSON."""
    return len(to_json(value))


def cut(text: str, limit: int) -> str:
    """Return the text, or as much of its beginning as fits into `limit` bytes of JSON with a mark that says how long it was."""
    size = encoded_size(text) - 2
    if size <= limit:
        return text
    mark = f"… (cut, {size} bytes in all)"
    room = limit - encoded_size(mark) + 2
    if room <= 0:
        return "" if limit < 3 else "…"
    few, many = 0, min(len(text), room)
    while few < many:
        half = (few + many + 1) // 2
        few, many = (half, many) if encoded_size(text[:half]) - 2 <= room else (few, half - 1)
    return text[:few] + mark


def first_that_fit(values: Iterable[Any], limit: int) -> int:
    """Return how many of the first values together fit into `limit` bytes of JSON; at least one, if there are any."""
    total = count = 0
    for value in values:
        total += encoded_size(value) + 1
        if total > limit and count:
            break
        count += 1
    return count


def last_that_fit(values: Sequence[_T], limit: int) -> list[_T]:
    """Return as many of the last values as together fit into `limit` bytes of JSON, in their order."""
    total, kept = 0, 0
    for value in reversed(values):
        total += encoded_size(value) + 1
        if total > limit:
            break
        kept += 1
    return list(values[len(values) - kept :])


def parts(values: Sequence[_T], limit: int) -> Iterable[list[_T]]:
    """Split values into lists that each fit into `limit` bytes of JSON."""
    rest = list(values)
    while rest:
        count = first_that_fit(rest, limit)
        yield rest[:count]
        rest = rest[count:]
