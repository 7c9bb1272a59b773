"""The columns of a table: which hold numbers, and which take the remaining room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from activities.documents.elements import Cell, Grid, Number


def numeric_columns(grid: Grid) -> set[int]:
    """Return the columns that are aligned like numbers: the named ones, and those with a value in which each is a number."""
    count = len(grid.head)
    named = {column % count for column in grid.numeric} if count else set()
    return named | {column for column in range(count) if _is_numeric(grid.rows, column)}


def wide_columns(grid: Grid) -> set[int]:
    """Return the columns that take the remaining room, counted from the first."""
    return {column % len(grid.head) for column in grid.wide}


def _is_numeric(rows: Sequence[Sequence[Cell]], column: int) -> bool:
    values = [row[column].value for row in rows if column < len(row) and row[column].value is not None]
    return bool(values) and all(isinstance(value, Number | timedelta) for value in values)
