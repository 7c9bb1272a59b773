"""What the intake did not understand can be read at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from activities.records import Records, upgrade
from models.settings import Settings
from starter.cli import app

EVIL = b'{"title": "\x1b[2J\xe2\x80\xae down", \xff}'


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two bodies in the quarantine of an installation, one sent twice."""
    monkeypatch.setenv("DRIFTVAKT_HOME", str(tmp_path))
    url = Settings().records_url
    upgrade(url)
    records = Records(url)
    first = records.quarantine.add("nagios", EVIL, "not JSON: line 1")
    records.quarantine.add("nagios", EVIL, "not JSON: line 1")
    second = records.quarantine.add("zabbix", b"[]", "no alarm in it")
    records.close()
    return [first, second]


def said(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["alarm", "quarantine", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_the_list_says_when_from_whom_how_often_and_why(ids: list[str]) -> None:
    lines = said("list").splitlines()
    assert [line.split()[0] for line in lines[1:]] != []
    [nagios] = [line for line in lines if "nagios" in line]
    assert nagios.startswith(ids[0][:12])
    assert nagios.endswith("not JSON: line 1")
    assert "  2  " in nagios


def test_a_list_of_one_source_that_is_cut_says_so(ids: list[str]) -> None:
    assert "zabbix" not in said("list", "--source", "nagios")
    assert "1 of 2 shown; --limit 2 shows all" in said("list", "--limit", "1")


def test_a_body_is_shown_as_it_was_sent_and_cannot_steer_the_terminal(ids: list[str]) -> None:
    shown = said("show", ids[0][:8].upper())
    assert "from nagios" in shown
    assert '{"title": "?[2J? down", \\xff}' in shown
    assert json.loads(said("show", ids[1], "--json"))["body"] == "[]"


@pytest.mark.parametrize(
    ("id", "what"),
    [
        ("1234", "1234 is too short for an id; give eight or more of its digits"),
        ("00000000", "the quarantine has no message with the id 00000000"),
    ],
)
def test_an_id_that_names_nothing_is_refused_in_a_sentence(ids: list[str], id: str, what: str) -> None:
    assert what in said("show", id, code=1)
