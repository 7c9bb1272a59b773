"""Benchmark: what a command costs before it does anything, and `driftvakt dossier check` on a dossier of 200 hosts.

Each figure is the median of fresh processes, taken in turns, so that a busy moment falls on all of them.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.dossier.written import dump, large

_HOSTS: Final = size(__name__, "hosts", 200, 5)
_ROUNDS: Final = size(__name__, "rounds", 9, 1)
TARGETS: Final = (
    "driftvakt --help <= 0.3 s",
    "dossier check <= 0.3 s",
)


def _programs(dossier: Path) -> dict[str, list[str]]:
    read = f"import yaml; yaml.load(open({str(dossier)!r}), getattr(yaml, 'CSafeLoader', yaml.SafeLoader))"
    command = str(Path(sysconfig.get_path("scripts")) / "driftvakt")
    return {
        "interpreter": [sys.executable, "-c", "pass"],
        "help": [command, "--help"],
        "yaml": [sys.executable, "-c", read],
        "models": [sys.executable, "-c", "import models.dossier"],
        "check": [command, "dossier", "check", str(dossier)],
    }


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return time.perf_counter() - began


def run() -> list[Figure]:
    """Measure."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "large.yaml"
        path.write_text(dump(large(_HOSTS)))
        programs = _programs(path)
        times: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(_ROUNDS):
            for name, command in programs.items():
                times[name].append(_seconds(command))
    seconds = {name: statistics.median(measured) for name, measured in times.items()}
    start = seconds["interpreter"]
    needed = seconds["yaml"] + seconds["models"] - 2 * start
    return [
        Figure("driftvakt --help", seconds["help"], "s", start, "python -c pass", Goal(0.3)),
        Figure(
            f"dossier check, {_HOSTS} hosts, without the start of the interpreter",
            seconds["check"] - start,
            "s",
            needed,
            "yaml's C loader and the import of the models",
            Goal(0.3),
        ),
    ]
