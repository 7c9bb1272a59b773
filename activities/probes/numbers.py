"""Reads a number from the output of a command or a database."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from decimal import Decimal
from typing import Final

# Not the 1 of sda1, the 5 of web-5 or the 04 of 22.04; `93%`, `12ms` and `load=0.5` do count.
_NUMBER: Final = re.compile(r"(?<![\w.,-])[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?P<comma>,[0-9])?")

READ_LIMIT: Final = 64 * 1024
"""Characters that are searched for a number."""


def first_number(text: str) -> float | None:
    """Return the first number in a text; None if there is none.

    Raises ValueError for `3,5`, which may be one number or two, and for a number that is too large for a float.
    """
    match = _NUMBER.search(text[:READ_LIMIT])
    if match is None:
        return None
    if match["comma"]:
        raise ValueError("the number has a comma in it; print it with a decimal point (LC_ALL=C)")
    number = float(match[0])
    if not math.isfinite(number):
        raise ValueError("the number is too large")
    return number


def as_number(value: object) -> float | None:
    """Return a database's value as a number, else None: booleans are 0 and 1, intervals are seconds, and text is parsed."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if not isinstance(value, bool | int | float | Decimal | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
