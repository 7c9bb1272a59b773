"""What `driftvakt up` does about the parts of a run that was killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.errors import SettingsError
from starter.installation import up
from starter.installation.leftovers import Leftover, end_left_behind, left_behind
from tests.servers import server_settings

READY = "print('ready', flush=True); input()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}"


@contextmanager
def part(home: Path, name: str = "worker", code: str = READY) -> Iterator[subprocess.Popen[str]]:
    """A process as a supervisor in this home starts it."""
    environment = os.environ | {"DRIFTVAKT_HOME": str(home), "DRIFTVAKT_PART": name}
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        (home / "run").mkdir(exist_ok=True)
        (home / "run" / f"{name}.pid").write_text(f"{process.pid}\n")
        yield process
    finally:
        process.kill()
        process.communicate()


def test_parts_that_were_left_behind_are_ended(home: Path) -> None:
    with part(home) as worker, part(home, "temporal") as temporal:
        (home / "run" / "worker.pid").unlink()  # as when the disk was full
        ended = end_left_behind(home)

    assert ended == sorted(
        [Leftover("worker", worker.pid), Leftover("temporal", temporal.pid)], key=lambda one: one.pid
    )
    assert worker.returncode == temporal.returncode == -15
    assert list((home / "run").iterdir()) == []


def test_a_part_that_does_not_end_when_asked_is_killed(home: Path) -> None:
    with part(home, code=STUBBORN) as worker:
        end_left_behind(home, patience=0.2)

    assert worker.returncode == -9


def test_the_parts_of_the_original_are_not_those_of_its_copy(home: Path, tmp_path: Path) -> None:
    with part(home) as worker:
        shutil.copytree(home, tmp_path / "copy")
        ended = end_left_behind(tmp_path / "copy")
        runs = worker.poll() is None
        theirs = left_behind(home)

    assert (ended, runs, theirs) == ([], True, [Leftover("worker", worker.pid)])
    assert list((tmp_path / "copy" / "run").iterdir()) == []


@pytest.mark.parametrize("name", ["worker", "intake"])
def test_a_number_that_belongs_to_somebody_else_by_now_is_no_part(home: Path, name: str) -> None:
    (home / "run").mkdir()
    (home / "run" / f"{name}.pid").write_text(f"{os.getpid()}\n")
    with subprocess.Popen([sys.executable, "-c", "input()", "starter.cli", name], stdin=subprocess.PIPE) as by_hand:
        assert left_behind(home) == []
        by_hand.communicate(b"\n")


class StoppedError(Exception):
    """The start has come as far as the records."""


@pytest.mark.parametrize("ended", [True, False], ids=["some were ended", "none was ended"])
async def test_ports_are_waited_for_only_where_parts_of_an_earlier_run_may_still_hold_them(
    home: Path, monkeypatch: pytest.MonkeyPatch, *, ended: bool
) -> None:
    settings = server_settings(home)

    def reached(_url: str) -> None:
        raise StoppedError

    def found(_home: Path) -> list[Leftover]:
        return [Leftover("intake", 1)] if ended else []

    monkeypatch.setattr(up, "end_left_behind", found)
    monkeypatch.setattr(up, "upgrade", reached)
    with socket.create_server((settings.intake_host, settings.intake_port)) as closing:
        asyncio.get_running_loop().call_later(0.5, closing.close)
        with pytest.raises(StoppedError if ended else SettingsError):
            await up.Installation(settings).start()
