"""The demo as its user runs it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from activities.records import Records
from models.settings import Settings
from starter.change.service import next_key
from starter.demo.home import default_ports
from tests.demo.processes import mentioning, none_left
from tests.ports import free_ports

pytestmark = pytest.mark.slow


def demo(home: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "starter.cli", "demo", *options],
        env=os.environ | {"DRIFTVAKT_HOME": str(home)} | _ports_of_its_own(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _ports_of_its_own() -> dict[str, str]:
    """Two demos at a time would both find the usual ports free, and one would lose them."""
    names = default_ports()
    return {f"DRIFTVAKT_{name.upper()}": str(port) for name, port in zip(names, free_ports(len(names)), strict=True)}


def test_both_acts_end_well_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with demo(tmp_path, "--script") as process:
        output, _ = process.communicate(timeout=440)
    assert process.returncode == 0, output
    assert output.count("Healthy again, and proven") == 2
    assert "approve by karin.holm@acme.example" in output
    assert "Rolled back: the shop is in its previous state" in output
    assert "Proven: the backup can be restored" in output
    assert none_left(tmp_path) == []
    assert not (tmp_path / "demo").exists()


def test_programs_get_the_same_as_one_json_object_a_line(tmp_path: Path) -> None:
    with demo(tmp_path, "--script", "--json", "--keep-home") as process:
        output, _ = process.communicate(timeout=440)
    assert process.returncode == 0, output
    told = [json.loads(line) for line in output.splitlines()]
    assert all(datetime.fromisoformat(line["at"]).tzinfo for line in told)
    events = [line["event"] for line in told]
    assert events[0] == "title"
    assert events.count("fault") == events.count("incident") == events.count("operation") == 2
    assert events.count("part") == 4
    results = [line for line in told if line["event"] == "result"]
    assert all(r["well"] for r in results)
    assert [r["outcome"]["end"] for r in results] == ["recovered", "recovered", "undone", "done"]
    begun = [line.get("incident") or line["operation"] for line in told if line["event"] in {"incident", "operation"}]
    assert [r["outcome"]["id"] for r in results] == begun
    questions = [line for line in told if line["event"] == "question"]
    assert "incident decide" in questions[0]["here"]
    assert "operation decide" in questions[1]["here"]
    assert all(question["plan"] for question in questions)
    records = Records(Settings(home=tmp_path / "demo").records_url)
    assert asyncio.run(next_key(records, "acme.shop")) == "2"  # what one submits oneself is not taken for the demo's
    records.close()
    kinds = {line["kind"] for line in told if line["event"] == "entry" and line["incident"] == results[0]["incident"]}
    assert kinds >= {"alarm", "probe", "action", "state"}


def test_interrupted_it_ends_everything_that_it_started(tmp_path: Path) -> None:
    shop = tmp_path / "demo" / "hosts" / "web1" / "run" / "web.pid"
    with demo(tmp_path) as process:
        deadline = time.monotonic() + 180
        while not (shop.exists() and (tmp_path / "demo" / "run" / "worker.pid").exists()):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert len(mentioning(tmp_path)) > 6
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert none_left(tmp_path) == []
