"""What operators would use instead, where it is installed: ansible and pyinfra, the same command on the same hosts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from models.hosts import HostTarget
from tests.bench.figures import Figure, Goal

_FORKS: Final = 32
_LIMIT: Final = 120


def _found(program: str) -> str | None:
    return shutil.which(program, path=f"{sysconfig.get_path('scripts')}:{os.environ.get('PATH', '')}")


def _ansible(program: str, hosts: Sequence[HostTarget], place: Path) -> list[str]:
    lines = [
        f"{h.name} ansible_host={h.address} ansible_port={h.port} ansible_user={h.user} "
        f"ansible_ssh_private_key_file={h.credential.removeprefix('file:')}"
        for h in hosts
    ]
    (place / "hosts.ini").write_text("\n".join(lines) + "\n")
    return [program, "-i", str(place / "hosts.ini"), "all", "-m", "raw", "-a", "true", "-f", str(_FORKS)]


def _pyinfra(program: str, hosts: Sequence[HostTarget], place: Path) -> list[str]:
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
    return [program, "--parallel", str(_FORKS), "-y", str(place / "inventory.py"), "exec", "--", "true"]


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
            seconds = _time(build(program, hosts, Path(directory)), directory)
        figures.append(Figure(what, ours, "s", seconds, name, Goal(round(part, 3), of_ceiling=True)))
    return figures


def _time(command: list[str], directory: str) -> float:
    environment = {
        **os.environ,
        "HOME": directory,
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        # Kept connections would outlive the benchmark's hosts.
        "ANSIBLE_SSH_ARGS": "-o ControlMaster=no -o UserKnownHostsFile=/dev/null",
        "ANSIBLE_FORCE_COLOR": "0",
    }
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=_LIMIT, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-1000:]}")
    return seconds
