"""Looking makes nothing: a command that lists or shows leaves a home that is not there alone, and says that it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from starter.cli import app
from tests.cli.test_reference import commands

LOOKS = {"list", "show", "silences", "calendar", "trend", "freshness", "clock", "history", "points", "runs"}
HARMLESS = {"runbook list", "runbook show", "dossier show", "alarm quarantine list", "clock"}
"""Need no records, or have sentences of their own."""


def _option(parameter: Any) -> list[str]:
    return parameter.opts[:1] if parameter.param_type_name == "option" else []


def _looks() -> list[tuple[str, list[str]]]:
    found = []
    for name, command in commands(typer.main.get_command(app)):
        if name.split()[-1] in LOOKS:
            wanted = [p for p in command.params if p.required]
            given = [["acme.shop.1"] if p.name == "id" else [*_option(p), "acme.shop"] for p in wanted]
            found.append((name, [word for words in given for word in words]))
    return found


@pytest.mark.parametrize(("name", "given"), _looks(), ids=lambda one: one if isinstance(one, str) else "")
def test_a_read_only_command_creates_no_home_and_no_database(
    name: str, given: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "nowhere"
    monkeypatch.setenv("DRIFTVAKT_HOME", str(home))
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_ADDRESS", "127.0.0.1:1")

    result = CliRunner().invoke(app, [*name.split(), *given])

    assert not home.exists()
    if name not in HARMLESS:
        assert result.exit_code == 1
        assert str(home) in result.stderr, result.stderr
        assert "DRIFTVAKT_HOME" in result.stderr
