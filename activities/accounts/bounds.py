"""How long an account may get: of what is too long, the beginning and the end are told, and how much stood between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from models.account import Excerpt

MOST: Final = {"entries": 2000, "commands": 500, "notices": 500, "alarms": 500, "decisions": 200}
"""Lines of each part; of more, the first and the last halves are told, and how many stood between."""

_ROOM: Final = {"entries": 400_000, "outputs": 300_000, "commands": 100_000, "notices": 150_000, "decisions": 100_000}
"""Characters of all texts of a part together; the more there are, the shorter each may be."""

_LONGEST: Final = 2000
"""Characters of one text, however few there are."""

_SHORTEST: Final = 120

DETAIL: Final = 500
"""Characters of what is to be one sentence."""

T = TypeVar("T")


def fitting(part: str, lines: Sequence[T], left_out: dict[str, int]) -> list[T]:
    """The lines that are told; how many are not is put into `left_out`."""
    most = MOST[part]
    if len(lines) <= most:
        return list(lines)
    left_out[part] = len(lines) - most
    return [*lines[: most // 2], *lines[len(lines) - most // 2 :]]


def share(part: str, count: int) -> int:
    """Characters that each of so many texts may have."""
    return max(_SHORTEST, min(_LONGEST, _ROOM[part] // max(count, 1)))


def cut(text: str, room: int, *, keep_end: bool = False) -> Excerpt:
    """A text of at most so many characters, with how many were left out; of output, the end says more."""
    over = len(text) - room
    if over <= 0:
        return Excerpt(text=text)
    return Excerpt(text=text[-room:] if keep_end else text[:room], left_out=over)
