"""The demo's own home directory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from models.errors import SettingsError
from starter.demo.home import default_ports, make_home
from starter.installation.supervisor import only_one


@pytest.fixture(autouse=True)
def _environment_comes_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Making a home changes the environment for the processes to come; what is set here is put back by monkeypatch.
    for name in [n for n in os.environ if n.startswith(("DRIFTVAKT_", "TEMPORAL_"))]:
        monkeypatch.setenv(name, os.environ[name])


def test_the_demo_creates_a_new_installation_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_ADDRESS", "production.example:7233")
    first = make_home()
    (first.home / "old").touch()
    monkeypatch.setenv("DRIFTVAKT_HOME", str(home))
    settings = make_home()
    assert settings.home == home / "demo"
    assert settings.temporal_address is None
    assert not (home / "demo" / "old").exists()


def test_a_port_that_is_taken_is_replaced_by_a_free_one(home: Path) -> None:
    with socket.socket() as taken:
        try:
            taken.bind(("127.0.0.1", default_ports()["intake_port"]))
            taken.listen()
        except OSError:
            pass  # somebody else has it: all the better
        settings = make_home()
        assert settings.intake_port != default_ports()["intake_port"]


def test_a_port_that_is_chosen_is_taken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_INTAKE_PORT", "23456")
    assert make_home().intake_port == 23456


def test_a_port_that_is_no_number_is_refused_by_its_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_INTAKE_PORT", "high")
    with pytest.raises(SettingsError, match="intake_port"):
        make_home()


def test_a_demo_that_runs_is_left_alone(home: Path) -> None:
    with only_one(home / "demo"), pytest.raises(SettingsError, match=r"runs in .* already"):
        make_home()


def test_a_directory_with_something_else_is_left_alone(home: Path) -> None:
    (home / "demo").mkdir()
    (home / "demo" / "thesis.txt").write_text("years of work")
    with pytest.raises(SettingsError, match="do not belong to the demo"):
        make_home()
    assert (home / "demo" / "thesis.txt").exists()


def test_processes_of_a_killed_demo_are_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_home()
    monkeypatch.setenv("DRIFTVAKT_HOME", str(home))
    environment = {"DRIFTVAKT_HOME": str(settings.home), "DRIFTVAKT_PART": "temporal", "PATH": os.environ["PATH"]}
    with subprocess.Popen(["sleep", "60"], env=environment) as left:
        try:
            make_home()
            assert left.wait(10) == -signal.SIGTERM
        finally:
            left.kill()
