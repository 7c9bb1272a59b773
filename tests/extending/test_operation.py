"""A package beside Driftvakt adds a kind of operation: the one of docs/extending.md, as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from activities.records import Records, upgrade
from models.settings import Settings
from tests.docs.pages import DOCS, code
from tests.records.dossiers import shop
from tests.servers import real_server

WITHIN = 120
"""Seconds until an operation has come where the test wants it."""


def install(directory: Path) -> None:
    """Put the package of the page where Python finds it, as pip would."""
    text = (DOCS / "extending.md").read_text()
    [source] = [one for one in code(DOCS / "extending.md", "python") if "OperationKind(" in one]
    (directory / "acme_acceptance.py").write_text(source)
    [entry_point] = re.findall(r'(?m)^\[project\.entry-points\."(driftvakt\.operations)"\]\n(.+)$', text)
    metadata = directory / "acme_acceptance-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-acceptance\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{entry_point[0]}]\n{entry_point[1].replace(chr(34), '')}\n")


def environment(settings: Settings, packages: Path) -> dict[str, str]:
    """Of a process that belongs to an installation and sees the package."""
    names = ("temporal_port", "temporal_ui_port", "temporal_metrics_port", "intake_port")
    own = {f"DRIFTVAKT_{name.upper()}": str(getattr(settings, name)) for name in names}
    return {**os.environ, **own, "DRIFTVAKT_HOME": str(settings.home), "PYTHONPATH": str(packages)}


@contextmanager
def worker(home: Path, own: dict[str, str]) -> Iterator[None]:
    """A worker in a process of its own."""
    with (home / "worker.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "starter.cli", "worker"], env=own, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def give(own: dict[str, str], *words: str) -> Any:
    """Give a command in a process of its own; what it answers."""
    line = [sys.executable, "-m", "starter.cli", "operation", *words, "--json"]
    result = subprocess.run(line, env=own, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def until(own: dict[str, str], id: str, field: str) -> dict[str, Any]:
    """Show the operation until it has something in that field."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        if (shown := give(own, "show", id))[field]:
            return dict(shown)
    raise AssertionError(f"no {field} within {WITHIN} s: {shown}")


@pytest.mark.slow
def test_a_kind_of_operation_of_another_package_is_started_listed_shown_answered_aborted_and_recorded(
    tmp_path: Path,
) -> None:
    install(tmp_path)
    accept = ("start", "acceptance", "acme.shop", "--input", "component=db", "--by", "ann@example.com")
    with real_server(tmp_path / "home") as server:
        upgrade(server.settings.records_url)
        records = Records(server.settings.records_url)
        records.publish_dossier(shop(monitoring={}, instructions={}), "ann")
        own = environment(server.settings, tmp_path)
        with worker(tmp_path, own):
            first = give(own, *accept, "--yes", "--no-wait")["operation"]
            second = give(own, *accept, "--yes", "--no-wait")["operation"]
            asked = until(own, first, "gates")
            until(own, second, "gates")
            listed = give(own, "list", "--kind", "acceptance")
            give(own, "decide", first, "approve", "--by", "ann@example.com", "--yes")
            give(own, "abort", second, "--reason", "Wrong component", "--by", "ann@example.com")
            ends = [until(own, id, "outcome") for id in (first, second)]
        kept = [(row.id, row.kind, row.outcome, row.opened_by) for row in records.operations("acme.shop")]
        records.close()

    assert asked["gates"][0]["question"] == "Do you accept db?"
    assert {line["id"] for line in listed} == {first, second}
    assert [(end["outcome"], end["summary"]) for end in ends] == [
        ("done", "db is accepted"),
        ("aborted", "stopped by ann@example.com: Wrong component"),
    ]
    assert sorted(kept) == sorted(
        [
            (first, "acceptance", "done", "ann@example.com"),
            (second, "acceptance", "aborted", "ann@example.com"),
        ]
    )
