"""A running part goes by the settings it was started with; `driftvakt doctor` says which have changed since."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from models.errors import SettingsError
from models.settings import Settings, load_settings
from starter.doctor import machine
from starter.doctor.finding import Verdict
from starter.installation.settings_in_use import changed_since_start, in_use


def test_doctor_names_the_settings_that_changed_since_the_worker_started(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "driftvakt.toml").write_text('database_url = "postgresql://ann:hunter2@db/old"\n')
    with in_use(Settings(), "worker"):
        same = machine.settings_in_use(Settings())
        (home / "driftvakt.toml").write_text('database_url = "postgresql://ann:hunter3@db/old"\nsites = ["north"]\n')
        finding = machine.settings_in_use(Settings())
        kept = "".join(file.read_text() for file in (home / "run").iterdir())

    assert same is not None
    assert same.verdict is Verdict.OK
    assert finding is not None
    assert (finding.check, finding.verdict) == ("restart", Verdict.WRONG)
    assert finding.said == (
        "worker: started before these settings changed, and still using the old values: database_url, sites"
    )
    assert "hunter" not in kept


def test_who_asks_and_how_the_parts_were_told_the_address_makes_no_difference(home: Path) -> None:
    told = Settings(temporal_address="127.0.0.1:7233")
    with in_use(told, "worker"):
        assert changed_since_start(Settings(user="ann@acme.example", temporal_port=7233)) == {"worker": []}


def test_what_has_ended_and_what_was_copied_says_nothing(home: Path, tmp_path: Path) -> None:
    with in_use(Settings(), "worker"):
        shutil.copytree(home, tmp_path / "copy")
        assert changed_since_start(Settings(home=tmp_path / "copy", samples_kept_days=1)) == {}
    assert machine.settings_in_use(Settings(samples_kept_days=1)) is None

    (home / "run" / "worker.1.settings").write_text("left behind by a process that was killed")
    with in_use(Settings(), "intake"):
        assert list(changed_since_start(Settings())) == ["intake"]
    assert list((home / "run").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("temporal_address", text) for text in ("10.0.0.1", "temporal:99999", "http://temporal:7233", "::1:7233")),
        *(("temporal_ui_url", text) for text in ("temporal.example.com", "https://")),
    ],
)
def test_an_address_that_cannot_be_one_is_refused_with_a_sentence(home: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}: {re.escape(value)} is (no|not) .*; write for example"):
        load_settings(**{name: value})


def test_addresses_of_every_form_are_taken(home: Path) -> None:
    for address in ("127.0.0.1:7233", "temporal.example.com:7233", "[2001:db8::1]:7233"):
        assert load_settings(temporal_address=address).temporal_target == address


def test_a_part_runs_where_no_note_can_be_kept(home: Path) -> None:
    (home / "run").write_text("no directory")
    with in_use(Settings(), "worker"):
        assert changed_since_start(Settings()) == {}
