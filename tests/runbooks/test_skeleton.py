from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import UserError
from starter.runbook.skeleton import write_skeleton

ROOT = Path(__file__).parents[2]
NAMES = ["rotate-logs", "a", "a-name-that-is-as-long-as-can-be"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a new runbook touches; everything else is imported from the real one."""
    for part in ("activities", "models", "runbooks", "starter", "workflows", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "test_*.py")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(directory: Path, *arguments: str) -> str:
    """Run a module of Python in a directory that holds our packages."""
    environment = {**os.environ, "PYTHONPATH": str(directory)}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=directory, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_skeleton_passes_its_test_the_linter_and_the_type_checker(checkout: Path) -> None:
    written = [write_skeleton(name, checkout) for name in NAMES]
    files, tests = [str(file) for file, _ in written], [str(test) for _, test in written]

    run(checkout, "ruff", "check", *files, *tests)
    run(checkout, "ruff", "format", "--check", *files, *tests)
    passed = run(checkout, "pytest", "-q", "-p", "no:cacheprovider", *tests)
    # Apart from the copy, so that the type checker knows the rest of our code already.
    apart = checkout / "apart"
    apart.mkdir()
    run(ROOT, "mypy", *[shutil.copy(file, apart) for file in files])

    assert "9 passed" in passed


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Rotate-Logs",
        "rotate_logs",
        "1-more",
        "-logs",
        "logs-",
        "a--b",
        "../etc",
        "a/b",
        "ö",
        "a" * 33,
        "a b",
        "a\n",
    ],
)
def test_a_name_that_cannot_be_is_refused_with_how_one_looks(name: str, checkout_stub: Path) -> None:
    with pytest.raises(UserError, match="as in rotate-logs"):
        write_skeleton(name, checkout_stub)


@pytest.mark.parametrize("name", ["import", "runbook", "run-step", "outcome"])
def test_a_name_that_would_not_work_in_python_is_refused(name: str, checkout_stub: Path) -> None:
    with pytest.raises(UserError, match="choose another one"):
        write_skeleton(name, checkout_stub)


@pytest.fixture
def checkout_stub(tmp_path: Path) -> Path:
    for file in ("runbooks/__init__.py", "tests/fakes.py"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    return tmp_path


def test_an_existing_file_is_never_overwritten(checkout_stub: Path) -> None:
    test = checkout_stub / "tests" / "runbooks" / "test_rotate_logs.py"
    test.parent.mkdir()
    test.write_text("mine")

    with pytest.raises(UserError, match="already exists"):
        write_skeleton("rotate-logs", checkout_stub)

    assert test.read_text() == "mine"
    assert not (checkout_stub / "runbooks" / "rotate_logs.py").exists()


def test_a_directory_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a checkout of Driftvakt"):
        write_skeleton("rotate-logs", tmp_path)


def test_if_the_second_file_cannot_be_written_the_first_is_removed(checkout_stub: Path) -> None:
    (checkout_stub / "tests" / "runbooks").write_text("a file where a directory should be")

    with pytest.raises(UserError, match="cannot be written"):
        write_skeleton("rotate-logs", checkout_stub)

    assert not (checkout_stub / "runbooks" / "rotate_logs.py").exists()
