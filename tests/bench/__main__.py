"""`python -m tests.bench [NAME ...]`: measure, print a table, write JSON (`DRIFTVAKT_BENCH_JSON`, else var/bench.json).

Every benchmark runs in a fresh process, so that none has another's threads and memory. Exit 0 unless one crashed: a goal that
is not reached stands in the table, and decides nothing, because the machine may have been busy.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from starter.installation.private import keep_private
from tests.bench.figures import Figure, measure

BENCHMARKS: Final = (
    "starting",
    "probes",
    "intake",
    "incident",
    "remote_jobs",
    "rolling",
    "restore",
    "monitor",
    "history",
    "memory",
    "calendars",
    "storm",
    "growth",
    "outage",
    "forecasts",
    "documents",
)


def _in_fresh_process(name: str) -> list[Figure]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(measure, name).result()


def _machine() -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return ""
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}".rstrip()


def _table(figures: dict[str, list[Figure]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("what", "ours", "ceiling of this run", "ratio", "goal", "reached"):
        table.add_column(title, justify="right" if title in {"ours", "ratio"} else "left")
    for name, found in figures.items():
        table.add_row(f"[bold]{name}[/bold]")
        for f in found:
            ceiling = f"{_number(f.ceiling, f.unit)}  {f.ceiling_is}" if f.ceiling is not None else f.ceiling_is
            goal = f.goal.text(f.unit) if f.goal else ""
            reached = {None: "", True: "[green]yes[/green]", False: "[red]NO[/red]"}[f.reached]
            table.add_row(f"  {f.what}", _number(f.ours, f.unit), ceiling, _number(f.ratio), goal, reached)
    return table


def main(names: list[str]) -> int:
    """Measure these, or all."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    keep_private()
    console = Console(width=None if sys.stdout.isatty() else 220)
    machine, figures, failed = _machine(), dict[str, list[Figure]](), dict[str, str]()
    for name in names or BENCHMARKS:
        began = time.monotonic()
        try:
            figures[name] = _in_fresh_process(name)
        except Exception as crash:
            failed[name] = str(crash)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    console.print(_table(figures))
    for name, error in failed.items():
        console.print(f"{name} crashed: {error}", style="red", markup=False)
    path = Path(os.environ.get("DRIFTVAKT_BENCH_JSON") or "var/bench.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    measured = {name: [f.as_json() for f in found] for name, found in figures.items()}
    path.write_text(json.dumps({"run": machine, "figures": measured, "failed": failed}, indent=2) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
