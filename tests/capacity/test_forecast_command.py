"""`driftvakt capacity forecast`: anybody forecasts without a server, and reads in a sentence what is wrong with a file."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from starter.cli import app
from tests.capacity.made import FIRST

GROWING = 100 + 0.5 * np.arange(200) + np.random.default_rng(1).normal(0, 0.3, 200)


def table(values: np.ndarray = GROWING) -> str:
    days = [f"{FIRST + timedelta(days=n)},{value:.3f}" for n, value in enumerate(values)]
    return "\n".join(["day,value", *days, ""])


def forecasted(*options: str, given: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["capacity", "forecast", "-", *options], input=table() if given is None else given)
    return result.exit_code, result.output


def test_a_program_gets_a_figure_for_each_day_and_the_dates() -> None:
    code, out = forecasted("--limit", "220", "--horizon", "90d", "--class", "disk", "--json")

    answer = json.loads(out)
    assert code == 0
    assert len(answer["days"]) == 90
    assert {"day", "median", "low80", "high80", "low95", "high95", "p_limit"} <= set(answer["days"][0])
    assert answer["reached"]["p10"] <= answer["reached"]["p50"] <= answer["reached"]["p90"]
    assert answer["refused"] is None


def test_a_person_reads_the_dates_and_what_the_forecast_does_not_know() -> None:
    code, out = forecasted("--limit", "220")

    assert code == 0
    assert "The use reaches 220 by " in out
    assert "with a probability of 50 %" in out
    assert "less than two years: the seasons of the year are not in the forecast" in out


def test_headroom_makes_the_limit_lower_and_a_limit_that_is_a_floor_higher() -> None:
    assert json.loads(forecasted("--limit", "250", "--headroom", "10", "--json")[1])["limit"] == 225
    assert json.loads(forecasted("--limit", "50", "--headroom", "10", "--falls", "--json")[1])["limit"] == 55


def test_recorded_changes_are_read_from_a_file(tmp_path: Path) -> None:
    stepped = GROWING.copy()
    stepped[170:] -= 40
    day = FIRST + timedelta(days=170)
    (tmp_path / "changes.txt").write_text(f"{day}\n\n")

    code, out = forecasted("--changes", str(tmp_path / "changes.txt"), given=table(stepped))
    untold = forecasted(given=table(stepped))[1]

    assert code == 0
    assert f"The change of {day} moved the level by -" in out
    assert f"Something moved the level on {day}, and no change is given for that day. What happened?" in untold


def test_what_nobody_can_know_is_refused_in_a_sentence_and_is_no_error() -> None:
    code, out = forecasted("--limit", "220", given=table(GROWING[:12]))

    assert (code, "No forecast. The history has 12 days with data; a forecast needs 28." in out) == (0, True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "standard input, line 1: the columns must be day,value; write them there"),
        ("day;value\n", "standard input, line 1: the columns must be day,value"),
        ("day,value\n", "standard input has no days; write a line for each, as in 2026-11-29,41.5"),
        ("day,value\n2026-02-30,1\n", "standard input, line 2: '2026-02-30' is no day; write it as in 2026-11-29"),
        ("day,value\n2026-02-03,1,2\n", "standard input, line 2: 3 fields instead of 2"),
        ("day,value\n2026-02-03,4,5\n", "standard input, line 2: 3 fields instead of 2"),
        ("day,value\n2026-02-03,nan\n", "standard input, line 2: 'nan' is no number"),
        ("day,value\n2026-02-03,1e999\n", "standard input, line 2: '1e999' is no number"),
        ("day,value\n2026-02-03,1\n2026-02-03,2\n", "standard input, line 3: 2026-02-03 is there twice"),
        ("day,value\n2026-02-03," + "1" * 500, "standard input, line 2: this is no line of a CSV file"),
        ("day,value\n" * 20_001, "standard input has more than 20,000 lines; give one line for each day"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(given: str, said: str) -> None:
    code, out = forecasted(given=given)

    assert code == 2
    assert said in out
    assert len(out.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--horizon", "90"], "--horizon: a duration is written with its unit"),
        (["--horizon", "36h"], "--horizon: '36h' must be 1 to 400 whole days, as in 90d"),
        (["--horizon", "2000d"], "--horizon: '2000d' must be 1 to 400 whole days, as in 90d"),
        (["--class", "floppy"], "--class: 'floppy' is no class of resources; give one of disk, memory, cpu,"),
        (["--headroom", "95", "--limit", "5"], "Invalid value for '--headroom': '95' is no number from 0 to 90"),
        (["--headroom", "10"], "--headroom and --falls need a limit; add --limit"),
        (["--limit", "nan"], "Invalid value for '--limit': 'nan' is no number from -1e+15 to 1e+15"),
        (["--changes", "no-such-file"], "no-such-file cannot be read: no such file or directory"),
    ],
)
def test_a_wrong_option_is_refused_in_one_sentence(options: list[str], said: str) -> None:
    code, out = forecasted(*options)

    assert code == 2
    assert said in out
    assert len(out.partition("Error: ")[2].splitlines() or out.splitlines()) == 1


def test_the_same_file_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "use.csv").write_text(table())
    command = [sys.executable, "-m", "starter.cli", "capacity", "forecast", str(tmp_path / "use.csv"), "--limit", "220"]
    said = [
        subprocess.run(
            [*command, "--json"], env={"PATH": "", "PYTHONHASHSEED": seed, "TZ": zone}, capture_output=True, check=True
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Pacific/Auckland"))
    ]
    assert said[0] == said[1] != b""
