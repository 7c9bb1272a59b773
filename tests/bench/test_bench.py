"""Every benchmark runs in its small size, and says what it measures, its targets and its sizes."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import BENCHMARKS, main
from tests.bench.sizes import SIZES

_ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_measures_in_its_small_size(name: str, tmp_path: Path) -> None:
    written = tmp_path / "bench.json"
    environment = os.environ | {"DRIFTVAKT_BENCH_JSON": str(written)}

    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", name, "--small"],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    measured = json.loads(written.read_text())
    targets = " ".join(importlib.import_module(f"tests.bench.{name}").TARGETS)
    assert measured["small"] is True
    assert measured["figures"][name] != []
    assert [one["goal"] for one in measured["figures"][name] if one["goal"] and one["goal"] not in targets] == []


def test_the_help_says_what_each_benchmark_measures_its_targets_and_its_sizes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    text = capsys.readouterr().out
    assert ended.value.code == 0
    for name in BENCHMARKS:
        [about] = re.findall(rf"^{name}\n((?:    .+\n)+)", text + "\n", re.MULTILINE)
        assert "    targets: " in about
        assert "    sizes: " in about
        assert all(one.small < one.full for one in SIZES[f"tests.bench.{name}"]), name


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["strom"], "no benchmark is called strom; did you mean storm?"),
        (["xyz"], "no benchmark is called xyz; there are starting, probes, "),
        (["storm", "--size", "host=3"], "storm: there is no size host; there are applications"),
        (["storm", "--size", "applications=0"], "'applications=0' is not NAME=NUMBER, as in rounds=3"),
        (["storm", "--smal", "--sizes", "x"], "unrecognized arguments"),
    ],
)
def test_a_wrong_option_is_refused_with_what_there_is(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_page_about_performance_names_every_benchmark() -> None:
    page = (_ROOT / "docs" / "performance.md").read_text()
    table = page.split("| benchmark | measures |", 1)[1].split("\n\n", 1)[0]

    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(BENCHMARKS)
