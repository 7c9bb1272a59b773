"""How much service time is promised, as it is written in an agreement: `15m`, `18h`, `2 working days`."""

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
    """How many working days are written; None where it is a time such as `18h`."""
    found = _WORKING_DAYS.fullmatch(text)
    return int(found[1]) if found else None


def comparable(text: str) -> tuple[bool, float]:
    """Something by which two of a kind, times or working days, can be compared."""
    days = working_days(text)
    return days is not None, parse_duration(text).total_seconds() if days is None else days


def in_calendar_units(text: str) -> bool:
    """Whether it is written in days or weeks of the calendar, which differ from the days of service hours."""
    return working_days(text) is None and _CALENDAR_UNIT.search(text) is not None


def in_hours(span: timedelta) -> str:
    """A span in hours, never in days, because a day of service is not one of the calendar: `48h`, `1h30m`, `500ms`."""
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
        raise ValueError("this service time must be longer than nothing")
    return str(value)


ServiceTime = Annotated[
    str, BeforeValidator(_written, json_schema_input_type=Annotated[str, Field(pattern=SERVICE_TIME)])
]
"""How much service time, as it is written: `15m`, `18h`, `2 working days`."""
