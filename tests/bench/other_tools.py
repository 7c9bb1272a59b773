"""What operators would use instead, where it is installed: ansible and pyinfra, the same command on the same hosts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.hosts import HostTarget
from tests.bench.figures import Figure, Goal

_FORKS: Final = 32
_LIMIT: Final = 240
_CONTROL: Final = "-o ControlPersist=60s"


def _found(program: str) -> str | None:
    return shutil.which(program, path=f"{sysconfig.get_path('scripts')}:{os.environ.get('PATH', '')}")


def _ansible_inventory(hosts: Sequence[HostTarget], place: Path) -> str:
    lines = [
        f"{h.name} ansible_host={h.address} ansible_port={h.port} ansible_user={h.user} "
        f"ansible_ssh_private_key_file={h.credential.removeprefix('file:')}"
        for h in hosts
    ]
    (place / "hosts.ini").write_text("\n".join(lines) + "\n")
    return str(place / "hosts.ini")


def _ansible(program: str, hosts: Sequence[HostTarget], place: Path) -> list[str]:
    return [program, "-i", _ansible_inventory(hosts, place), "all", "-m", "raw", "-a", "true", "-f", str(_FORKS)]


def _pyinfra_inventory(hosts: Sequence[HostTarget], place: Path) -> str:
    inventory = [
        (
            h.name,
            {
                "ssh_hostname": h.address,
                "ssh_port": h.port,
                "ssh_user": h.user,
                "ssh_key": h.credential.removeprefix("file:"),
                "ssh_known_hosts_file": str(place / "known_hosts"),
            },
        )
        for h in hosts
    ]
    (place / "inventory.py").write_text(f"hosts = {inventory!r}\n")
    known = "".join(f"[{h.address}]:{h.port} {h.host_keys[0]}\n" for h in hosts)
    (place / "known_hosts").write_text(known)
    return str(place / "inventory.py")


def _pyinfra(program: str, hosts: Sequence[HostTarget], place: Path) -> list[str]:
    return [program, "--parallel", str(_FORKS), "-y", _pyinfra_inventory(hosts, place), "exec", "--", "true"]


_TOOLS: Final[dict[str, tuple[str, float, Callable[[str, Sequence[HostTarget], Path], list[str]]]]] = {
    "ansible": ("ansible-core", 1 / 5, _ansible),
    "pyinfra": ("pyinfra", 1 / 1.5, _pyinfra),
}
"""The package, what part of its time we may take, and its command line."""


def beside(hosts: Sequence[HostTarget], ours: float) -> list[Figure]:
    """Ours, with connecting, beside theirs."""
    figures = []
    for name, (package, part, build) in _TOOLS.items():
        what = f"  the same, {len(hosts)} hosts cold, beside {name}"
        program = _found(name)
        if program is None:
            figures.append(Figure(what, ours, "s", ceiling_is=f"not installed (pip install {package})"))
            continue
        with tempfile.TemporaryDirectory() as directory:
            seconds = _time([build(program, hosts, Path(directory))], directory)
        figures.append(Figure(what, ours, "s", seconds, name, Goal(round(part, 3), of_ceiling=True)))
    return figures


@dataclass(frozen=True)
class Rolling:
    """Commands that every host is to run in order, batch after batch."""

    hosts: Sequence[HostTarget]
    batches: Sequence[Sequence[HostTarget]]
    commands: Sequence[str]


def _ansible_playbook(program: str, work: Rolling, place: Path) -> list[list[str]]:
    tasks = [{"name": command, "ansible.builtin.raw": command} for command in work.commands]
    play = {
        "hosts": "all",
        "gather_facts": False,
        "serial": [len(batch) for batch in work.batches],
        "max_fail_percentage": 0,
        "tasks": tasks,
    }
    (place / "play.json").write_text(json.dumps([play]))
    forks = str(max(len(batch) for batch in work.batches))
    return [[program, "-i", _ansible_inventory(work.hosts, place), "-f", forks, str(place / "play.json")]]


def _pyinfra_deploys(program: str, work: Rolling, place: Path) -> list[list[str]]:
    """It has no batches, so it is called once a batch."""
    lines = ["from pyinfra.operations import server"]
    lines += [f"server.shell(commands=[{command!r}])" for command in work.commands]
    (place / "deploy.py").write_text("\n".join(lines) + "\n")
    inventory = _pyinfra_inventory(work.hosts, place)
    return [
        [program, "--parallel", str(len(batch)), "-y", *(f"--limit={h.name}" for h in batch), inventory, "deploy.py"]
        for batch in work.batches
    ]


@dataclass(frozen=True)
class _Tool:
    """Another tool."""

    program: str
    package: str
    build: Callable[[str, Rolling, Path], list[list[str]]]
    """Its command lines."""


ROLLING: Final = {
    "ansible": _Tool("ansible-playbook", "ansible-core", _ansible_playbook),
    "pyinfra": _Tool("pyinfra", "pyinfra", _pyinfra_deploys),
}


def installed(tool: str) -> bool:
    """Whether it can be measured here."""
    return _found(ROLLING[tool].program) is not None


def rolling(tool: str, work: Rolling) -> float:
    """Seconds that a tool takes for it."""
    program = _found(ROLLING[tool].program)
    if program is None:
        raise RuntimeError(f"{tool} is not installed")
    with tempfile.TemporaryDirectory() as directory:
        # ansible keeps its connections, as it does by default; they end with the benchmark's servers.
        return _time(
            ROLLING[tool].build(program, work, Path(directory)), directory, f"-o ControlMaster=auto {_CONTROL}"
        )


def _time(commands: Sequence[Sequence[str]], directory: str, ssh: str = "-o ControlMaster=no") -> float:
    environment = {
        **os.environ,
        "HOME": directory,
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_SSH_ARGS": f"{ssh} -o UserKnownHostsFile=/dev/null",
        "ANSIBLE_FORCE_COLOR": "0",
    }
    began = time.perf_counter()
    for command in commands:
        done = subprocess.run(
            command, cwd=directory, env=environment, capture_output=True, text=True, timeout=_LIMIT, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-1000:]}")
    return time.perf_counter() - began
