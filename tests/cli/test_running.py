"""`up`, `worker` and `intake` as programs run them: JSON on stdout and on stderr, and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from models.names import site_queue
from models.settings import Settings
from starter.connection.pollers import somebody_polls
from starter.connection.temporal import connected
from starter.installation.leftovers import left_behind
from starter.installation.private import open_to_others
from tests.dossier.written import dump, plain_data


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own, ended as Ctrl-C would, also where whoever started it has told it to ignore that."""
    process = subprocess.Popen(
        [sys.executable, "-m", "starter.cli", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    overdue = threading.Timer(300, process.kill)  # no line that never comes holds the tests up
    overdue.start()
    try:
        yield process
        ended(process)
    finally:
        overdue.cancel()
        process.kill()


async def served(settings: Settings, site: str) -> bool:
    """Whether a worker takes work for a site."""
    async with connected(settings) as client:
        return await somebody_polls(client, site_queue(site), workflows=False)


def next_line(process: subprocess.Popen[str], stream: str = "stdout") -> dict[str, Any]:
    """The next line, which has to be an object."""
    text = getattr(process, stream).readline()
    assert text, f"it ended without another line; it wrote: {process.communicate()}"
    line = json.loads(text)
    assert isinstance(line, dict)
    return line


def ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a command says from now on until it has ended after Ctrl-C."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    return process.communicate()


@pytest.mark.slow
def test_up_prints_one_object_once_all_runs(home: Path, tmp_path: Path) -> None:
    dossier = tmp_path / "shop.yaml"
    dossier.write_text(Path("examples/acme/shop.yaml").read_text())
    with started("up", str(dossier), "--json") as process:
        told = next_line(process)
        settings = Settings()
        assert told["temporal"] == settings.temporal_target
        assert told["temporal_ui"].startswith(settings.ui_url)
        assert told["alarm_intake"] == f"http://127.0.0.1:{settings.intake_port}/alarms"
        assert told["home"] == str(home)
        assert [(p["application"], p["changed"], len(p["digest"])) for p in told["published"]] == [
            ("acme.shop", True, 64)
        ]
        assert asyncio.run(served(settings, "stockholm")), "the site is served once it says that all runs"
        assert (told["gaps"], [one["application"] for one in told["consequences"]]) == (0, ["acme.shop"])
        stdout, stderr = ended(process)
        assert (process.returncode, stdout) == (0, "")
    assert all(set(json.loads(line)) >= {"at", "level", "logger", "message"} for line in stderr.splitlines())


@pytest.mark.slow
def test_up_says_of_a_dossier_what_publishing_it_says(tmp_path: Path) -> None:
    data = plain_data(Path("examples/acme/shop.yaml"))
    for contact in data["contacts"].values():
        contact.pop("deputy", None)
    path = tmp_path / "shop.yaml"
    path.write_text(dump(data))
    with started("up", str(path)) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "Running; Ctrl-C stops it.\n")
        told = list(lines)
        _, warned = ended(process)

    assert process.returncode == 0
    assert told[-1].startswith("Dossier       acme.shop published (")
    assert f"gaps against the agreement: `driftvakt dossier check {path}` lists them" in warned


@pytest.mark.slow
def test_up_starts_again_by_itself_after_it_was_killed_and_keeps_its_files_to_itself(
    home: Path, tmp_path: Path
) -> None:
    before = os.umask(0)
    try:
        with started("up", "--json") as killed:
            next_line(killed)
            open_files = list(open_to_others(home))
            parts = {one.part for one in left_behind(home)}
            shutil.copytree(home, tmp_path / "copy", ignore=shutil.ignore_patterns("*.db*"))
            killed.kill()
            killed.wait()
        orphans = left_behind(home)
        with started("up", "--json") as again:
            next_line(again)
            newer = left_behind(home)
            _, said = ended(again)
    finally:
        os.umask(before)

    assert open_files == []
    assert parts == {one.part for one in orphans} == {one.part for one in newer} == {"temporal", "worker", "intake"}
    assert not {one.pid for one in orphans} & {one.pid for one in newer}
    assert left_behind(home) == left_behind(tmp_path / "copy") == []
    warned = next(json.loads(line)["message"] for line in said.splitlines() if "was killed" in line)
    assert all(f"{one.part} (process {one.pid})" in warned for one in orphans)


def test_a_worker_waits_for_temporal_and_logs_it_as_json() -> None:
    with started("worker", "--json") as process:
        waiting = next_line(process, "stderr")
        assert (waiting["level"], waiting["logger"]) == ("warning", "driftvakt.temporal")
        assert "Temporal does not answer" in waiting["message"]
        assert next_line(process, "stderr")["message"] == waiting["message"]
        stdout, stderr = ended(process)
    assert (process.returncode, stdout) == (0, "")
    assert "Traceback" not in stderr


def test_a_worker_without_json_logs_lines_for_people() -> None:
    with started("worker") as process:
        assert process.stderr is not None
        assert "WARNING driftvakt.temporal: Temporal does not answer" in process.stderr.readline()
        ended(process)
    assert process.returncode == 0


def test_the_intake_logs_json() -> None:
    with started("intake", "--json") as process:
        serving = next_line(process, "stderr")
        assert (serving["level"], serving["logger"]) == ("info", "uvicorn.error")
        stdout, stderr = ended(process)
        assert (process.returncode, stdout) == (0, "")
    assert {json.loads(line)["level"] for line in stderr.splitlines()} <= {"info"}


@pytest.mark.parametrize("part", ["worker", "intake", "up"])
def test_the_reason_why_a_process_stopped_is_a_json_line_too(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_SSH_THREADS", "0")
    with started(part, "--json") as process:
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (1, "")
    error = json.loads(stderr)
    assert error["level"] == "error"
    assert "ssh_threads" in error["message"]


@pytest.mark.parametrize("how", [(), ("--json",)], ids=["people", "json"])
def test_up_starts_nothing_for_a_dossier_that_is_not_there(home: Path, how: tuple[str, ...]) -> None:
    with started("up", str(home / "nowhere.yaml"), *how) as process:
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout, len(stderr.splitlines())) == (1, "", 1)
    assert "nowhere.yaml does not exist" in stderr
    assert list(home.iterdir()) == []


@pytest.mark.slow
def test_a_command_that_finds_no_temporal_ends_with_its_own_exit_status() -> None:
    # The SDK's threads can bring an interpreter down at its end, which no test in one process would see.
    commands = [[sys.executable, "-m", "starter.cli", "watch", "list"] for _ in range(6)]
    running = [subprocess.Popen(c, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for c in commands]
    ends = [(process.communicate(timeout=90)[1], process.returncode) for process in running]
    assert {status for _, status in ends} == {1}, ends
    assert all(len(said.splitlines()) == 1 for said, _ in ends), ends
