"""`driftvakt availability` with files: no server, no records, one sentence for a mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from activities.availability import AskedTime, DossierInUse, read
from activities.availability.events_file import events_text
from models.availability import AvailabilityReading
from starter.cli import app
from tests.availability.example import dossier, events
from tests.dossier.written import dump


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The dossier and the events of the worked example, as options."""
    (tmp_path / "shop.yaml").write_text(dump(dossier().model_dump(mode="json")))
    (tmp_path / "events.json").write_text(events_text(events()))
    return ["--dossier", str(tmp_path / "shop.yaml"), "--events", str(tmp_path / "events.json")]


def run(*arguments: str, **options: Any) -> tuple[int, str, str]:
    """The exit code, stdout and stderr."""
    done = CliRunner().invoke(app, ["availability", *arguments], **options)
    return done.exit_code, done.stdout, done.stderr


def test_an_auditor_gets_the_reading_of_the_pure_function(files: list[str]) -> None:
    code, out, err = run(*files, "--from", "2026-05", "--json")

    assert (code, err) == (0, "")
    expected = read([DossierInUse(None, dossier())], events(), AskedTime("2026-05", None))
    assert AvailabilityReading.model_validate_json(out) == expected


def test_the_page_says_the_verdict_in_words_and_classes_that_add_up(files: list[str]) -> None:
    code, out, _ = run(*files, "--from", "2026-05-01T00:00:00Z", "--to", "2026-05-11T00:00:00Z")

    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "Kept: up for at least 99.80 % of the counted time; 99.8 % was agreed." in lines
    assert "front, 2026-05: What a visitor sees (point web-page)" in lines
    assert any(line.endswith("a part of the month, so that the verdict is preliminary") for line in lines)
    table = {line.rsplit(" ", 3)[0]: line for line in lines if line.endswith((" yes", " no"))}
    assert "up 235h 32m 847920 yes" in lines
    assert "announced maintenance 4h 00m 14400 no" in lines
    assert "the whole period 240h 00m 864000" in lines
    assert sum(int(line.split()[-2]) for line in table.values()) == 864_000
    assert "1 outage, 23m in all; the longest counts 23m" in lines
    assert "2026-05-04 02:00 2026-05-04 02:23 23m 23m web-page" in lines
    assert "2026-05-06 02:00 2026-05-06 06:00 4h 00m - web-page" in lines
    assert "2026-05-04 02:23 2026-05-04 02:28 5m 5m web-page" in lines


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("99.82 %", "Cannot be proven: up for 99.80 % to 99.83 % of the counted time, because 5m have no data"),
        ("99.9 %", "Broken: up for at most 99.83 % of the counted time; 99.9 % was agreed."),
    ],
)
def test_every_verdict_has_its_sentence(tmp_path: Path, files: list[str], target: str, sentence: str) -> None:
    (tmp_path / "shop.yaml").write_text(dump(dossier(target).model_dump(mode="json")))

    _, out, _ = run(*files, "--from", "2026-05-01T00:00:00Z", "--to", "2026-05-11T00:00:00Z")

    assert sentence in out


def test_events_come_from_standard_input_as_well(files: list[str]) -> None:
    code, out, _ = run(*files[:2], "--events", "-", "--from", "2026-05", "--json", input=events_text(events()))

    assert code == 0
    assert json.loads(out)["application"] == "acme.shop"


def test_a_mistake_is_one_sentence_and_exit_code_2(tmp_path: Path, files: list[str]) -> None:
    (tmp_path / "events.json").write_text("{")

    for arguments, said in (
        ((*files, "--from", "2026-05"), "events.json, line 1: this is not JSON"),
        ((*files, "--from", "May"), "--from 'May' names no time; write a year, a quarter, a month"),
        (("--dossier", "none.yaml", *files[2:], "--from", "2026-05"), "none.yaml:1: the file cannot be read"),
    ):
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert said in err
        assert err.count("\n") == 1


def test_a_version_that_is_missing_is_named(tmp_path: Path, files: list[str]) -> None:
    data = json.loads((tmp_path / "events.json").read_text())
    data["versions"] = [{"digest": "f" * 64, "since": "2026-05-01T00:00:00Z"}]
    (tmp_path / "events.json").write_text(json.dumps(data))

    code, _, err = run(*files, "--from", "2026-05")

    assert code == 2
    assert "the version ffffffffffff of the dossier was in force from 2026-05-01 00:00 UTC on, and is missing" in err


def test_each_version_is_used_for_its_time(tmp_path: Path, files: list[str]) -> None:
    later = dossier("50 %", hours="office")
    (tmp_path / "later.yaml").write_text(dump(later.model_dump(mode="json")))
    data = json.loads((tmp_path / "events.json").read_text())
    data["versions"] = [
        {"digest": dossier().digest, "since": "2026-01-01T00:00:00Z"},
        {"digest": later.digest, "since": "2026-05-05T00:00:00Z"},
    ]
    (tmp_path / "events.json").write_text(json.dumps(data))

    code, out, err = run(*files, "--dossier", str(tmp_path / "later.yaml"), "--from", "2026-05", "--json")

    assert (code, err) == (0, "")
    reading = AvailabilityReading.model_validate_json(out)
    assert reading.dossiers == [dossier().digest, later.digest]
    assert reading.targets[0].periods[0].target == "99.8 %"
    assert reading.targets[0].periods[0].measured.classes.outside_hours > 0
