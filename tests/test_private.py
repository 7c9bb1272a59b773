"""Files of an installation belong to its user alone."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.records import upgrade
from activities.records.database import Database
from models.settings import Settings
from starter.doctor import machine
from starter.doctor.finding import Verdict
from starter.installation.private import open_to_others, tighten
from starter.installation.supervisor import make_home


@pytest.fixture(params=[0o022, 0o000])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.usefixtures("_umask")
def test_the_home_and_the_records_are_private_from_the_start_whatever_the_umask(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    make_home(home)
    upgrade(f"sqlite:///{home / 'driftvakt.db'}")

    assert mode(home) == 0o700
    assert mode(home / "driftvakt.db") == 0o600
    assert list(open_to_others(home)) == []


def test_what_was_open_is_closed_and_links_and_dossiers_are_left_alone(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    (home / "logs").mkdir(parents=True)
    (home / "dossiers").mkdir()
    for file in (elsewhere, home / "logs" / "worker.log", home / "tool", home / "dossiers" / "shop.yaml"):
        file.touch()
        file.chmod(0o755)
    (home / "link").symlink_to(elsewhere)
    home.chmod(0o755)

    tighten(home)

    assert mode(home) == 0o700
    assert mode(home / "logs" / "worker.log") == mode(home / "tool") == 0o700
    assert mode(elsewhere) == mode(home / "dossiers" / "shop.yaml") == 0o755


def test_doctor_says_what_is_open_and_the_command_that_closes_it(home: Path) -> None:
    home.chmod(0o755)
    (home / "it's.db").touch()
    (home / "it's.db").chmod(0o644)

    wrong = machine.private(Settings())
    assert wrong is not None
    assert wrong.verdict is Verdict.WRONG
    assert wrong.fix.endswith(f"chmod -R go= {home}")

    home.chmod(0o700)
    warned = machine.private(Settings())
    assert warned is not None
    assert warned.verdict is Verdict.WARNING
    assert os.system(warned.fix) == 0  # as a person would run it
    closed = machine.private(Settings())
    assert closed is not None
    assert closed.verdict is Verdict.OK


def test_a_new_connection_leaves_the_locks_of_the_others_alone(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    url = f"sqlite:///{file}"
    upgrade(url)
    write = f"import sqlite3; sqlite3.connect({str(file)!r}, timeout=0).execute('BEGIN IMMEDIATE')"
    with Database(url).writing() as session:
        session.connection().exec_driver_sql("DELETE FROM halt")  # takes the write lock
        with Database(url).reading() as other:
            other.connection()
        blocked = subprocess.run([sys.executable, "-c", write], capture_output=True, text=True, check=False)

    assert "database is locked" in blocked.stderr
