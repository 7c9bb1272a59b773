"""`driftvakt problem rank`: anybody ranks components without a server, and reads in a sentence what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from starter.cli import app
from tests.causes.measured import measured, series
from tests.causes.test_ranking import SLOW_DB


def ranked(given: object, *more: str) -> tuple[int, str]:
    text = given if isinstance(given, str) else json.dumps(given)
    result = CliRunner().invoke(app, ["problem", "rank", "-", *more], input=text)
    return result.exit_code, result.output


def test_a_program_gets_the_ranking_with_reasons() -> None:
    code, out = ranked(measured(*SLOW_DB), "--json")

    answer = json.loads(out)
    assert code == 0
    assert {"component", "score", "reasons"} <= set(answer["ranking"][0])
    assert answer["ranking"][0]["component"] == "db"
    assert answer["verdict"].startswith("Suspected: db.")


def test_a_person_reads_the_evidence_for_and_against() -> None:
    code, out = ranked(measured(*SLOW_DB))

    assert code == 0
    assert "for      Its latency went from" in out
    assert "against  It needs db, which stands out as well" in out


def test_a_hostile_name_is_shown_as_text() -> None:
    code, out = ranked(measured(series("[red]db\x1b[2J", "latency", 0.01, 0.7)))

    assert code == 0
    assert "\x1b[2J" not in out
    assert "[red]db" in out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{", "line 1: this is no JSON"),
        ("[]", "it must be one JSON object in braces"),
        ({"series": []}, "interval_seconds is missing"),
        (measured() | {"interval_seconds": 0}, "interval_seconds must be more than 0;"),
        (measured() | {"serie": []}, "there is no field 'serie', did you mean series"),
        (measured(series("db", "cpu", float("nan"))), "finite number"),
        ("[" * 100_000, "standard input"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(given: object, said: str) -> None:
    code, out = ranked(given)

    assert code == 2
    assert said in out
    assert "Traceback" not in out


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["problem", "rank", str(tmp_path / "none.json")])

    assert result.exit_code == 2
    assert "none.json cannot be read: no such file or directory; check its name and its permissions" in result.output
