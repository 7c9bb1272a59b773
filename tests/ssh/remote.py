"""The remote scripts, run directly under each shell that there is."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from activities.ssh import scripts
from activities.ssh.frames import AnswerReader, RemoteAnswer
from tests.hosts import all_with, runs

SHELLS = [
    pytest.param(["dash"], id="dash", marks=[] if shutil.which("dash") else pytest.mark.needs("openssh")),
    pytest.param(["bash"], id="bash"),
    pytest.param(["busybox", "sh"], id="busybox", marks=pytest.mark.needs("busybox")),
]

one_shell = pytest.mark.parametrize("far", [SHELLS[1]], indirect=True)
"""For tests that wait for seconds on what is tested briefly under every shell: bash, which is everywhere."""


@dataclass
class Far:
    """A place where the scripts run, under one shell."""

    shell: list[str]
    root: Path
    bin: Path
    """Programs found before those of this machine."""
    grace: int = 2
    """Fifths of a second between TERM and KILL."""

    @classmethod
    def at(cls, shell: list[str], directory: Path) -> Self:
        """Make a place where every `sh` is this shell."""
        directory.joinpath("bin").mkdir()
        found = shutil.which(shell[0])
        assert found is not None
        directory.joinpath("bin", "sh").symlink_to(found)
        return cls(shell, directory / "state", directory / "bin")

    @property
    def home(self) -> Path:
        """The user's home, the second place for jobs."""
        return self.bin.parent / "home"

    def folder(self, job: str) -> Path:
        return self.root / "jobs" / job

    def begin(
        self,
        operation: str,
        job: str,
        *words: str,
        limit: int = 60,
        check: str = "",
        sudo: str = "",
        why: str = "",
        in_folder: bool = False,
        request: str = "",
    ) -> subprocess.Popen[bytes]:
        frame = [
            "mark",
            "+mark",
            operation,
            str(self.root),
            job,
            sudo,
            str(limit),
            str(self.grace),
            "yes",
            why,
            check,
            "yes" if in_folder else "",
            request,
        ]
        command = [*self.shell, "-c", scripts.source("process", "places", "job"), "driftvakt", *frame, *words]
        environment = os.environ | {"PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.home)}
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def ask(self, operation: str, job: str, *words: str, **facts: object) -> RemoteAnswer:
        process = self.begin(operation, job, *words, **facts)  # type: ignore[arg-type]  # passed on as they are
        return self.hear(process)

    @staticmethod
    def hear(process: subprocess.Popen[bytes]) -> RemoteAnswer:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stderr is not None
        reader = AnswerReader("mark+mark")
        with process:
            while reader.answer is None:
                data = os.read(process.stdout.fileno(), 65536)
                if not data:
                    raise AssertionError(f"no answer: {process.stderr.read().decode()}")
                reader.feed(data)
        return reader.answer

    def run(self, job: str, command: str, **facts: object) -> RemoteAnswer:
        return self.ask("run", job, "sh", "-c", command, **facts)

    def left_running(self) -> list[int]:
        """Processes that the scripts have left."""
        return [pid for pid in all_with(f"PATH={self.bin}:") if runs(pid)]

    def ensure(self, job: str, verb: str, token: int, *control: str, limit: int = 5) -> RemoteAnswer:
        """Bring a component to a state by the commands that start, stop and show it, or by `systemd` and a unit."""
        script = scripts.source("process", "places", "lock", "systemd", "ensure")
        kind = control if control[0] == "systemd" else ("commands", *control)
        words = ["sh", "-c", script, "driftvakt", "", f"a.b.web:{token}", verb, str(limit), *kind]
        return self.ask("run", job, *words, in_folder=True)

    def begin_fenced(
        self, job: str, fences: str, command: str, *, check: str = "", wait: int = 30, limit: int = 60
    ) -> subprocess.Popen[bytes]:
        """Run a command under fences, `COMPONENT:TOKEN` each; `wait` is for how many seconds it may wait for locks."""
        script = scripts.source("process", "places", "lock", "fence")
        words = ["sh", "-c", script, "driftvakt", "", fences, str(wait), check, "sh", "-c", command]
        return self.begin("run", job, *words, limit=limit, in_folder=True)

    def fenced(
        self, job: str, fences: str, command: str, *, check: str = "", wait: int = 30, limit: int = 60
    ) -> RemoteAnswer:
        """Run a command under fences and wait for what comes of it."""
        return self.hear(self.begin_fenced(job, fences, command, check=check, wait=wait, limit=limit))
