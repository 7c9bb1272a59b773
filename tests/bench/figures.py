"""What a benchmark measures: figures, each with its ceiling and its goal."""

from __future__ import annotations

import importlib
import traceback
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Goal:
    """The goal of a figure: a limit of its own, or of its ratio to the ceiling."""

    limit: float
    at_most: bool = True
    of_ceiling: bool = False

    def text(self, unit: str) -> str:
        """As people read it."""
        of = " x ceiling" if self.of_ceiling else f" {unit}"
        return f"{'<=' if self.at_most else '>='} {self.limit:g}{of}".rstrip()


@dataclass(frozen=True)
class Figure:
    """One line of the table; `ours` is the median where something was measured more than once."""

    what: str
    ours: float
    unit: str
    ceiling: float | None = None
    """The same unit, measured in the same run."""
    ceiling_is: str = ""
    """What was measured as the ceiling."""
    goal: Goal | None = None
    """None: shown to explain another figure."""

    @property
    def ratio(self) -> float | None:
        """Ours to the ceiling."""
        return self.ours / self.ceiling if self.ceiling else None

    @property
    def reached(self) -> bool | None:
        """Whether the goal is; None where there is none."""
        if self.goal is None:
            return None
        value = self.ratio if self.goal.of_ceiling else self.ours
        if value is None:
            raise ValueError(f"{self.what}: a goal in ceilings needs a ceiling")
        return value <= self.goal.limit if self.goal.at_most else value >= self.goal.limit

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        return {
            "what": self.what,
            "ours": round(self.ours, 5),
            "unit": self.unit,
            "ceiling": None if self.ceiling is None else round(self.ceiling, 5),
            "ceiling_is": self.ceiling_is,
            "ratio": None if self.ratio is None else round(self.ratio, 4),
            "goal": self.goal.text(self.unit) if self.goal else None,
            "reached": self.reached,
        }


def measure(name: str) -> list[Figure]:
    """Run the benchmark of this name; here, because a fresh process cannot import `__main__`."""
    try:
        found: list[Figure] = importlib.import_module(f"tests.bench.{name}").run()
    except Exception as crash:
        # Not every exception can be carried to another process: one that cannot would be lost with its reason.
        traceback.print_exc()
        raise RuntimeError(f"{type(crash).__name__}: {crash}") from None
    return found
