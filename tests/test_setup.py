"""`make setup` says how long it takes and how far it has come."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]

PYTHON = """#!/bin/sh
case "$*" in *"-m venv"*) mkdir -p "{venv}/bin" && cp "$0" "{venv}/bin/python" ;; esac
echo "python $*" >&2
"""
"""Stands for Python, which would download for minutes; it says what it is asked for."""


def test_make_setup_says_before_each_part_how_far_it_has_come(tmp_path: Path) -> None:
    venv, python = tmp_path / "venv", tmp_path / "python"
    python.write_text(PYTHON.format(venv=venv))
    python.chmod(0o755)
    words = ["make", "setup", f"PYTHON={python}", f"VENV={venv}"]
    # CI is told nothing; and this may itself be run by make.
    environment = {name: value for name, value in os.environ.items() if name != "CI" and "MAKE" not in name}
    ran = subprocess.run(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )

    said = [line for line in ran.stdout.splitlines() if "import sys" not in line]
    packages = sum(
        1 for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line and line[0] != " "
    )
    assert "five on a slow or busy one" in said[0]
    assert said[1].endswith("1 of 3: make the virtual environment")
    assert "-m venv" in said[2]
    assert f"2 of 3: download and install {packages} packages" in said[3]
    assert "--require-hashes" in said[4]
    assert said[5].endswith("3 of 3: install the command driftvakt")
    assert "--editable" in said[6]
    assert said[7].endswith(f"Ready: {venv}/bin/driftvakt")
