"""Benchmark: rolling maintenance of 200 hosts, one first and then batches, beside the same commands by ansible and pyinfra."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from activities.ssh.batch import run_batch
from activities.ssh.pool import Pool
from models.hosts import HostTarget
from models.jobs import Outcome, RunBatch, RunJob
from tests.bench import other_tools
from tests.bench.bare_ssh import command, connect
from tests.bench.figures import Figure, Goal
from tests.bench.many_hosts import ManyHosts, many_hosts, sshd

_HOSTS: Final = 200
_BATCH: Final = 20
_PART: Final = 0.5
"""What part of another tool's time we may take."""


def _batches(hosts: Sequence[HostTarget]) -> list[Sequence[HostTarget]]:
    """One, then so many at a time."""
    return [hosts[:1], *(hosts[n : n + _BATCH] for n in range(1, len(hosts), _BATCH))]


def _commands(directory: Path, name: str) -> list[str]:
    """Look, act, look again."""
    return [
        f"test ! -e {directory}/{name}",
        f"echo patched >>{directory}/{name}",
        f"grep -q patched {directory}/{name}",
    ]


def _bare(work: other_tools.Rolling) -> None:
    def one(host: HostTarget) -> None:
        transport = connect(host)
        try:
            for line in work.commands(host.name):
                command(transport, line)
        finally:
            transport.close()

    with ThreadPoolExecutor(_BATCH) as threads:
        for batch in work.batches:
            list(threads.map(one, batch))


def _ours(work: other_tools.Rolling) -> None:
    pool = Pool()
    try:
        for batch in work.batches:
            jobs = [
                RunJob(job=uuid.uuid4().hex, host=host, command=line, fences={"acme.shop.web": 1})
                for host in batch
                for line in work.commands(host.name)
            ]
            done = run_batch(pool, RunBatch(jobs=jobs, at_once=_BATCH))
            wrong = [result.reason for result in done.results if result.outcome is not Outcome.OK]
            if wrong:
                raise RuntimeError(f"{len(wrong)} jobs were not carried out: {wrong[0]}")
    finally:
        pool.close()


def run() -> list[Figure]:
    """Measure."""
    if sshd() is None:
        return [Figure("not measured: OpenSSH's server is not installed (apt-get install openssh-server)", 0, "")]
    with many_hosts(_HOSTS) as hosts:
        bare = _measured(hosts, partial(_seconds, _bare))
        ours = _measured(hosts, partial(_seconds, _ours))
        tools = {
            tool: _measured(hosts, partial(other_tools.rolling, tool)) if other_tools.installed(tool) else None
            for tool in other_tools.ROLLING
        }
    what = f"rolling maintenance, {_HOSTS} hosts, {len(_commands(Path(), ''))} commands each, {_BATCH} at a time"
    figures = [
        Figure(what, ours.seconds, "s", bare.seconds, "bare paramiko in threads"),
        Figure("  its connections", ours.connections, "", bare.connections, "bare paramiko", Goal(1, of_ceiling=True)),
    ]
    for tool, theirs in tools.items():
        beside = f"  the same beside {tool}"
        if theirs is None:
            figures.append(
                Figure(
                    beside,
                    ours.seconds,
                    "s",
                    ceiling_is=f"not installed (pip install {other_tools.ROLLING[tool].package})",
                )
            )
            continue
        figures += [
            Figure(beside, ours.seconds, "s", theirs.seconds, tool, Goal(_PART, of_ceiling=True)),
            Figure("    connections", ours.connections, "", theirs.connections, tool, Goal(1, of_ceiling=True)),
        ]
    return figures


@dataclass(frozen=True)
class _Measured:
    """One way to do it."""

    seconds: float
    connections: int


def _measured(hosts: ManyHosts, act: Callable[[other_tools.Rolling], float]) -> _Measured:
    """Do it, and see that every host was acted on once."""
    with tempfile.TemporaryDirectory() as directory:
        place, before = Path(directory), hosts.connections()
        seconds = act(other_tools.Rolling(hosts, _batches(hosts), partial(_commands, place)))
        wrong = [host.name for host in hosts if (place / host.name).read_text() != "patched\n"]
        if wrong:
            raise RuntimeError(f"{len(wrong)} hosts were not patched exactly once, {wrong[0]} among them")
        return _Measured(seconds, hosts.connections() - before)


def _seconds(act: Callable[[other_tools.Rolling], None], work: other_tools.Rolling) -> float:
    began = time.perf_counter()
    act(work)
    return time.perf_counter() - began
