"""A list that may be cut: its first lines, and its whole length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Listed(Generic[T]):
    """The first lines of a list, and the number of all lines."""

    lines: list[T]
    total: int

    @property
    def cut(self) -> str:
        """Return a sentence about the missing lines; empty if none is missing."""
        if self.total <= len(self.lines):
            return ""
        return f"{len(self.lines):,} of {self.total:,} shown; --limit {self.total} shows all"
