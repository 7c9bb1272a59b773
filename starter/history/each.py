"""The subject of a line of the history."""

from __future__ import annotations

from enum import StrEnum


class Each(StrEnum):
    """The subject of a line of the history, as `--each` names it."""

    POINT = "point"
    DAY = "day"
    HOUR = "hour"
    SPAN = "span"
