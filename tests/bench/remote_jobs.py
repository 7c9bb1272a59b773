"""Benchmark: one command on one host and on many, as jobs, beside bare paramiko without Nagle's algorithm in threads.

Hosts are OpenSSH servers on loopback, so the remote script works on this machine's cores too: 200 hosts that each spend some
milliseconds on starting, keeping and reporting a job spend them one after the other here, and all at once in the field. So
each figure is also shown beside the same remote script sent by bare paramiko: the rest is what our own side costs.
Round trips are measured, not counted: by how much longer it takes through a proxy that holds everything back.
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from activities.ssh import jobs, scripts
from activities.ssh.batch import run_batch
from activities.ssh.following import Order
from activities.ssh.pool import Pool
from models.hosts import HostTarget
from models.jobs import Outcome, RunBatch, RunJob
from tests.bench import other_tools
from tests.bench.bare_ssh import BareSsh, command, connect
from tests.bench.figures import Figure, Goal
from tests.bench.many_hosts import many_hosts, sshd
from tests.bench.sizes import size
from tests.bench.slow_link import SlowLink

_AT_ONCE: Final = 32
_ROUND_TRIP: Final = 0.08
_SINGLES: Final = size(__name__, "jobs", 40, 3)
_ROUNDS: Final = size(__name__, "rounds", 3, 1)
_SOME: Final = size(__name__, "some_hosts", 50, 2)
_MANY_HOSTS: Final = size(__name__, "many_hosts", 200, 4)
_TRIPS: Final = size(__name__, "trips", 7, 1)
TARGETS: Final = (
    "a job on one host <= 4 x ceiling",
    "jobs on many hosts <= 1.3 x ceiling",
    "jobs on many hosts, beside ansible <= 0.2 x ceiling, beside pyinfra <= 0.67 x ceiling",
    "round trips of a job <= 3",
)
_FOUR: Final = Goal(4, of_ceiling=True)
_LEVEL: Final = Goal(1.3, of_ceiling=True)


def _seconds(act: Callable[..., object], *arguments: object) -> float:
    began = time.perf_counter()
    act(*arguments)
    return time.perf_counter() - began


def _job(host: HostTarget) -> RunJob:
    return RunJob(job=uuid.uuid4().hex, host=host, command="true")


def _script(host: HostTarget) -> str:
    """What a job sends."""
    order = Order(host=host, job=uuid.uuid4().hex, words=scripts.words(host, "true"), timeout=300)
    return order.line("run", scripts.new_mark())


def _batch(pool: Pool, hosts: Sequence[HostTarget]) -> None:
    done = run_batch(pool, RunBatch(jobs=[_job(h) for h in hosts], at_once=_AT_ONCE))
    wrong = [r.reason for r in done.results if r.outcome is not Outcome.OK]
    if wrong:
        raise RuntimeError(f"{len(wrong)} jobs were not carried out: {wrong[0]}")


def _one_host(host: HostTarget) -> list[Figure]:
    """In turns, so that a noisy moment falls on all."""
    bare, script, ours = [], [], []
    pool, transport = Pool(), connect(host)
    try:
        jobs.run(pool, _job(host))
        for _ in range(_SINGLES):
            bare.append(_seconds(command, transport, "true"))
            script.append(_seconds(command, transport, _script(host)))
            ours.append(_seconds(jobs.run, pool, _job(host)))
    finally:
        transport.close()
        pool.close()
    times = [1000 * statistics.median(t) for t in (bare, script, ours)]
    return [
        Figure("a job (start, follow, result) of true", times[2], "ms", times[0], "bare paramiko, true", _FOUR),
        Figure("  the same beside its remote script", times[2], "ms", times[1], "bare paramiko, the same script"),
    ]


def _round_trips(host: HostTarget) -> Figure:
    with SlowLink(host.port, _ROUND_TRIP / 2) as link:
        far = host.model_copy(update={"port": link.port})
        pool, transport = Pool(), connect(far)
        near, near_pool = connect(host), Pool()
        try:
            jobs.run(pool, _job(far))
            jobs.run(near_pool, _job(host))
            trips = {
                "ours": _trips(lambda: jobs.run(pool, _job(far)), lambda: jobs.run(near_pool, _job(host))),
                "bare": _trips(lambda: command(transport, "true"), lambda: command(near, "true")),
            }
        finally:
            transport.close()
            near.close()
            pool.close()
            near_pool.close()
    return Figure("round trips of a job, kept connection", trips["ours"], "", trips["bare"], "bare paramiko", Goal(3))


def _trips(slow: Callable[[], object], fast: Callable[[], object]) -> float:
    longer = [_seconds(slow) - _seconds(fast) for _ in range(_TRIPS)]
    return statistics.median(longer) / _ROUND_TRIP


@dataclass
class _Many:
    """Seconds of each way to run one command on all hosts."""

    cold: dict[str, list[float]] = field(default_factory=lambda: {"bare": [], "script": [], "ours": []})
    warm: dict[str, list[float]] = field(default_factory=lambda: {"bare": [], "script": [], "ours": []})

    def figures(self, count: int) -> list[Figure]:
        """The table's lines."""
        found = []
        for name, measured in (("cold", self.cold), ("warm", self.warm)):
            bare, script, ours = (statistics.median(measured[way]) for way in ("bare", "script", "ours"))
            what = f"true on {count} hosts, {name}"
            found.append(Figure(what, ours, "s", bare, "bare paramiko in threads, true", _LEVEL))
            found.append(
                Figure("  the same beside its remote script", ours, "s", script, "bare paramiko, the same script")
            )
        return found


def _bare_round(seen: _Many, way: str, hosts: Sequence[HostTarget], line: Callable[[HostTarget], str]) -> None:
    bare = BareSsh(hosts, _AT_ONCE)
    try:
        seen.cold[way].append(_seconds(bare.cold, [line(h) for h in hosts]))
        seen.warm[way].append(_seconds(bare.warm, [line(h) for h in hosts]))
    finally:
        bare.close()


def _many(hosts: Sequence[HostTarget]) -> list[Figure]:
    seen = _Many()
    for _ in range(_ROUNDS):
        _bare_round(seen, "bare", hosts, lambda host: "true")
        _bare_round(seen, "script", hosts, _script)
        pool = Pool()
        seen.cold["ours"].append(_seconds(_batch, pool, hosts))
        seen.warm["ours"].append(_seconds(_batch, pool, hosts))
        pool.close()
    found = seen.figures(len(hosts))
    return found + other_tools.beside(hosts, statistics.median(seen.cold["ours"]))


def run() -> list[Figure]:
    """Measure."""
    if sshd() is None:
        return [Figure("not measured: OpenSSH's server is not installed (apt-get install openssh-server)", 0, "")]
    found = []
    with many_hosts(1) as [host]:
        found += [_round_trips(host), *_one_host(host)]
    for count in (_SOME, _MANY_HOSTS):
        with many_hosts(count) as hosts:
            found += _many(hosts)
    return found
