"""What `driftvakt up` does about the parts of a run that was killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import SettingsError
from models.settings import Settings
from starter.supervisor import left_behind
from starter.up import Installation


def note(home: Path, name: str, pid: int) -> None:
    (home / "run").mkdir(exist_ok=True)
    (home / "run" / f"{name}.pid").write_text(f"{pid}\n")


async def test_parts_that_were_left_behind_are_named_before_anything_is_started(home: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()", "starter.cli", "worker"], stdin=subprocess.PIPE) as part:
        note(home, "worker", part.pid)
        async with asyncio.timeout(10):
            while not left_behind(home):  # until it has become what its command line says
                await asyncio.sleep(0.01)
        with pytest.raises(SettingsError) as refused:
            await Installation(Settings(home=home)).start()
        part.kill()
    assert f"(worker {part.pid})" in str(refused.value)
    assert f"kill {part.pid}" in str(refused.value)


def test_a_number_that_belongs_to_somebody_else_by_now_is_no_part(home: Path) -> None:
    note(home, "worker", os.getpid())
    note(home, "intake", 999_999_999)
    (home / "run" / "temporal.pid").write_text("")
    assert left_behind(home) == {}
