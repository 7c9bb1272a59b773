"""Service times as an agreement writes them: `15m`, `18h`, `2 working days`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from models.base import parse_duration

SERVICE_TIME: Final = r"^((\d+(ms|[smhdw]))+|[1-9]\d{0,3} working days?)$"
_WORKING_DAYS: Final = re.compile(r"([1-9]\d{0,3}) working days?")
_CALENDAR_UNIT: Final = re.compile(r"\d[dw]")


def working_days(text: str) -> int | None:
    """Return the number of working days; None for a time such as `18h`."""
    found = _WORKING_DAYS.fullmatch(text)
    return int(found[1]) if found else None


def comparable(text: str) -> tuple[bool, float]:
    """Return a key by which two times, or two numbers of working days, can be compared."""
    days = working_days(text)
    return days is not None, parse_duration(text).total_seconds() if days is None else days


def in_calendar_units(text: str) -> bool:
    """Return whether the time is written in calendar days or weeks, which differ from service days."""
    return working_days(text) is None and _CALENDAR_UNIT.search(text) is not None


def in_hours(span: timedelta) -> str:
    """Return a span in hours, such as `48h`, `1h30m`, `500ms`: never in days, which would be read as calendar days."""
    left, out = round(span.total_seconds() * 1000), ""
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, left = divmod(left, size)
        if count:
            out += f"{count}{unit}"
    return out or "0s"


def _written(value: object) -> str:
    if isinstance(value, timedelta):
        value = in_hours(value)
    if isinstance(value, str) and working_days(value) is not None:
        return value
    if not isinstance(value, str) or not re.fullmatch(SERVICE_TIME, value):
        raise ValueError(
            f"a service time is written in hours or working days, as in 15m, 4h or `2 working days`, not {value!r}"
        )
    span = parse_duration(value)
    if span <= timedelta(0):
        raise ValueError("this service time must be more than zero")
    return str(value)


ServiceTime = Annotated[
    str, BeforeValidator(_written, json_schema_input_type=Annotated[str, Field(pattern=SERVICE_TIME)])
]
"""A service time: `15m`, `18h`, `2 working days`."""
