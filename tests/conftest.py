"""What all tests share: which real parts there are, and the Temporal servers."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.postgres import find_postgres, postgres
from tests.servers import Namespaces, TemporalServer, real_server, skipping_environment

__all__ = ["postgres"]

# A busy machine is no failure: how long things take is measured by benchmarks, not by tests.
settings.register_profile("driftvakt", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("driftvakt")

PACKAGES = {
    "openssh": "openssh-server",
    "postgresql": "postgresql",
    "alertmanager": "prometheus-alertmanager",
    "chromium": "chromium",
    "busybox": "busybox",
    "restic": "restic",
    "fish": "fish",
    "tcsh": "tcsh",
}
"""The Debian package that brings each real part."""

MOUNTS = "mounts"
"""The part that no package brings: root, on a machine that lets it mount in a namespace of its own."""


def _found(*names: str) -> bool:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    return any(shutil.which(name, path=path) for name in names)


@cache
def _may_mount() -> bool:
    unshare = shutil.which("unshare")
    trial = "mount -t tmpfs tmpfs /mnt"
    return (
        unshare is not None and subprocess.run([unshare, "-m", "sh", "-c", trial], capture_output=True).returncode == 0
    )


def present(part: str) -> bool:
    """Whether a real part is installed here."""
    match part:
        case "openssh":
            return _found("sshd")
        case "postgresql":
            return find_postgres() is not None
        case "alertmanager":
            return _found("prometheus-alertmanager", "alertmanager")
        case "chromium":
            return _found("chromium", "chromium-browser", "google-chrome")
        case "busybox":
            return _found("busybox")
        case "restic" | "fish" | "tcsh":
            return _found(part)
        case "mounts":
            return _may_mount()
    raise pytest.UsageError(f"a test needs {part!r}, which is none of {', '.join(PACKAGES)}")


_LEFT_OUT = "driftvakt_left_out"
_left_out: Counter[str] = Counter()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run here, and put the slow tests first: the others fill the time beside them."""
    kept, missing = [], []
    for item in items:
        lacking = [part for mark in item.iter_markers("needs") for part in mark.args if not present(part)]
        if lacking:
            missing.append(item)
            _left_out.update(lacking)
        else:
            kept.append(item)
    if missing:
        config.hook.pytest_deselected(items=missing)
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """What is imported by now stays: a collection of garbage need not look at it again, so that a test may ask for one."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every part that was missing, with the package that brings it."""
    for part, count in sorted(_left_out.items()):
        way = "root brings them" if part == MOUNTS else f"apt-get install {PACKAGES[part]} brings it"
        terminalreporter.write_line(f"Not run: {count} tests that need {part}; {way}", yellow=True)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Where several processes run the tests, each has left out the same; this one hears it when they end."""
    for part, count in getattr(node, "workeroutput", {}).get(_LEFT_OUT, {}).items():
        _left_out[part] = count


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI nothing may be left out."""
    if (told := getattr(session.config, "workeroutput", None)) is not None:
        told[_LEFT_OUT] = dict(_left_out)
    elif _left_out and os.environ.get("CI") == "true" and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def umask_of_its_own() -> Iterator[None]:
    """A command that a test runs in this process makes the files of the process private; the next test starts as it was."""
    before = os.umask(0)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def temporal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    """The real Temporal server, one for each process that runs tests; they tell their workflows apart by id and task queue."""
    with real_server(tmp_path_factory.mktemp("temporal")) as server:
        yield server


@pytest.fixture(scope="session")
def namespaces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespaces]:
    """For tests that want a real server to themselves: `await namespaces.next()`."""
    every = Namespaces(tmp_path_factory.mktemp("namespaces"))
    yield every
    every.close()


@pytest.fixture
async def client(temporal_server: TemporalServer) -> Client:
    """A client of the real server."""
    return await temporal_server.client()


@pytest.fixture
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """The time-skipping server; one a test, because its clock is everybody's."""
    async with skipping_environment() as environment:
        yield environment


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory of its own for what reads settings."""
    directory = tmp_path / "home"
    directory.mkdir(mode=0o700)
    monkeypatch.setenv("DRIFTVAKT_HOME", str(directory))
    return directory
