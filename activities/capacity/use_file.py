"""Files with the daily use of a resource, and with the days of changes."""

from __future__ import annotations

import csv
import io
import math
from datetime import date
from typing import Final

from models.capacity import DailyUse
from models.errors import UserError
from models.input_files import file_title, read_file

_COLUMNS: Final = ("day", "value")
_MOST_LINES: Final = 20_000
"""More than fifty years of days."""
_LONGEST: Final = 200
"""Characters of a line; a day and a number need less."""


def read_use(name: str) -> list[DailyUse]:
    """Read a CSV file with the columns `day` and `value`; - reads standard input. Raise `UserError` at the first fault.

    An empty value is a day without data. The days may come in any order.
    """
    title, lines = _lines(name)
    rows = csv.reader(lines)
    header = [column.strip().lower() for column in next(rows, [])]
    if header != list(_COLUMNS):
        raise UserError(f"{title}, line 1: the columns must be day,value; write them there")
    found: dict[date, DailyUse] = {}
    for row in rows:
        if not any(field.strip() for field in row):
            continue
        where = f"{title}, line {rows.line_num}"
        if len(row) != len(_COLUMNS):
            raise UserError(f"{where}: {len(row)} fields instead of 2; write day,value as in 2026-11-29,41.5")
        day = _day(row[0], where)
        if day in found:
            raise UserError(f"{where}: {day} is there twice; keep one value for each day")
        found[day] = DailyUse(day=day, value=_value(row[1], where))
    if not found:
        raise UserError(f"{title} has no days; write a line for each, as in 2026-11-29,41.5")
    return list(found.values())


def read_changes(name: str) -> list[date]:
    """Read a file with the day of one change on each line. Raise `UserError` at the first fault."""
    title, lines = _lines(name)
    return [_day(line, f"{title}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]


def _lines(name: str) -> tuple[str, list[str]]:
    title, lines = file_title(name), list(io.StringIO(read_file(name, "a CSV file")))
    if len(lines) > _MOST_LINES:
        raise UserError(f"{title} has more than {_MOST_LINES:,} lines; give one line for each day")
    for number, line in enumerate(lines, 1):
        if len(line) > _LONGEST or "\0" in line:
            raise UserError(f"{title}, line {number}: this is no line of a CSV file with a day and a value")
    return title, lines


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UserError(f"{where}: {text.strip()[:40]!r} is no day; write it as in 2026-11-29") from None


def _value(text: str, where: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e300:
        raise UserError(
            f"{where}: {text.strip()[:40]!r} is no number; write it with a decimal point, as in 41.5, or leave it empty"
        )
    return value
