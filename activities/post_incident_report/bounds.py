"""Limits the size of a post-incident report: a part that is too long keeps its beginning and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from models.post_incident_report import Excerpt

MOST: Final = {"entries": 2000, "commands": 500, "notices": 500, "alarms": 500, "decisions": 200}
"""Lines of each part. A longer part shows its first and last lines, and the number of lines between."""

_ROOM: Final = {"entries": 400_000, "outputs": 300_000, "commands": 100_000, "notices": 150_000, "decisions": 100_000}
"""Characters of all texts of a part together. The more texts there are, the shorter each may be."""

_LONGEST: Final = 2000
"""Characters of one text at most."""

_SHORTEST: Final = 120

DETAIL: Final = 500
"""Characters of a text that should be one sentence."""

T = TypeVar("T")


def fitting(part: str, lines: Sequence[T], left_out: dict[str, int]) -> list[T]:
    """Return the lines that fit; the number of the others goes into `left_out`."""
    most = MOST[part]
    if len(lines) <= most:
        return list(lines)
    left_out[part] = len(lines) - most
    return [*lines[: most // 2], *lines[len(lines) - most // 2 :]]


def share(part: str, count: int) -> int:
    """Return the characters that each of so many texts may have."""
    return max(_SHORTEST, min(_LONGEST, _ROOM[part] // max(count, 1)))


def cut(text: str, room: int, *, keep_end: bool = False) -> Excerpt:
    """Return a text of at most so many characters, with the number of missing ones. Of output, the end is more useful."""
    over = len(text) - room
    if over <= 0:
        return Excerpt(text=text)
    return Excerpt(text=text[-room:] if keep_end else text[:room], left_out=over)
