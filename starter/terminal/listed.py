"""A list that may be cut: what is shown of it, and how long it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Listed(Generic[T]):
    """The first lines of a list, and how many there are."""

    lines: list[T]
    total: int

    @property
    def cut(self) -> str:
        """What to say to people where lines are missing; empty where none is."""
        if self.total <= len(self.lines):
            return ""
        return f"{len(self.lines):,} of {self.total:,} shown; --limit {self.total} shows all"
