"""`python -m tests.bench [NAME ...] [--small]`: measure, print a table, write JSON (`DRIFTVAKT_BENCH_JSON`, else var/bench.json).

Every benchmark runs in a fresh process, so that none has another's threads and memory. Exit 0 unless one crashed: a goal that
is not reached stands in the table, and decides nothing, because the machine may have been busy.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import os
import platform
import sys
import textwrap
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from starter.installation.private import keep_private
from tests.bench.figures import Figure, measure
from tests.bench.sizes import SIZES, SizeChoice

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


def _about(name: str) -> str:
    """What a benchmark measures, its targets and its sizes, for `--help`."""
    module = importlib.import_module(f"tests.bench.{name}")
    measures = " ".join((module.__doc__ or "").partition("\n\n")[0].removeprefix("Benchmark: ").split())
    sizes = ", ".join(f"{one.name}={one.full} (small: {one.small})" for one in SIZES[module.__name__])
    texts = (measures, f"targets: {'; '.join(module.TARGETS)}", f"sizes: {sizes}")
    return name + "".join(
        "\n" + textwrap.fill(text, 110, initial_indent="    ", subsequent_indent="      ") for text in texts
    )


def _sized(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not (name and number.isdecimal() and int(number)):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=NUMBER, as in rounds=3")
    return name, int(number)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench",
        allow_abbrev=False,
        usage='make bench ARGS="[NAME ...] [--small] [--size NAME=NUMBER]"',
        description="Measure, print a table, and write var/bench.json, or the file that DRIFTVAKT_BENCH_JSON names.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run (default: all)")
    parser.add_argument(
        "--small", action="store_true", help="small sizes, which run in seconds and say nothing about speed"
    )
    parser.add_argument(
        "--size", type=_sized, action="append", default=[], metavar="NAME=NUMBER", help="another size, as in hosts=50"
    )
    if {"-h", "--help"} & set(arguments):
        parser.epilog = "benchmarks:\n\n" + "\n\n".join(map(_about, BENCHMARKS))
    chosen = parser.parse_args(arguments)
    for name in chosen.names:
        if name not in BENCHMARKS:
            near = get_close_matches(name, BENCHMARKS, n=1)
            meant = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(BENCHMARKS)}"
            parser.error(f"no benchmark is called {name}{meant}")
    if chosen.size:
        _require_sizes(parser, chosen.names or BENCHMARKS, [name for name, _ in chosen.size])
    return chosen


def _require_sizes(parser: argparse.ArgumentParser, names: Sequence[str], sizes: Sequence[str]) -> None:
    modules = [importlib.import_module(f"tests.bench.{name}").__name__ for name in names]
    known = sorted({one.name for module in modules for one in SIZES[module]})
    if unknown := [one for one in sizes if one not in known]:
        parser.error(f"{', '.join(names)}: there is no size {unknown[0]}; there are {', '.join(known)}")


def main(arguments: list[str]) -> int:
    """Measure the benchmarks that are named, or all."""
    chosen = _options(arguments)
    SizeChoice(small=chosen.small, own=dict(chosen.size)).keep()
    keep_private()
    console = Console(width=None if sys.stdout.isatty() else 220)
    machine, figures, failed = _machine(), dict[str, list[Figure]](), dict[str, str]()
    for name in chosen.names or BENCHMARKS:
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
    path.write_text(
        json.dumps({"run": machine, "small": chosen.small, "figures": measured, "failed": failed}, indent=2) + "\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
