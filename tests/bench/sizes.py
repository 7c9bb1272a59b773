"""The sizes of a run: how many hosts, incidents or rounds a benchmark takes, in full, small, or as the options say.

A benchmark names each of its sizes by `size`, when its module is imported. It runs in a process of its own, and its own
processes inherit the choice.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

_CHOICE: Final = "DRIFTVAKT_BENCH_SIZES"


@dataclass(frozen=True)
class SizeChoice:
    """The sizes that the options ask for."""

    small: bool = False
    own: dict[str, int] = field(default_factory=dict)
    """Numbers by the names of sizes; they come before full and small."""

    def keep(self) -> None:
        """Let every process that this one starts from now on use these sizes."""
        os.environ[_CHOICE] = json.dumps({"small": self.small, "own": self.own})


@dataclass(frozen=True)
class BenchmarkSize:
    """One size of a benchmark."""

    name: str
    full: int
    small: int


SIZES: Final = defaultdict[str, list[BenchmarkSize]](list)
"""The sizes by the module of the benchmark, as far as the modules are imported."""


def size(benchmark: str, name: str, full: int, small: int) -> int:
    """Declare a size of a benchmark (its `__name__`); return the number for this run."""
    SIZES[benchmark].append(BenchmarkSize(name, full, small))
    choice = SizeChoice(**json.loads(os.environ.get(_CHOICE, "{}")))
    return choice.own.get(name, small if choice.small else full)
