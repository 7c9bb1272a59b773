"""A bad link, through a proxy: every stage ends in time, and what is not known is said to be unknown."""

from __future__ import annotations

import itertools
import resource
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from activities.ssh import Pool, Ssh
from activities.ssh.jobs import run
from models.errors import HostUnreachableError
from models.jobs import JobResult, Outcome, RunJob
from tests.hosts import Host
from tests.proxy import Mode, Proxy
from tests.ssh.kinds import one_kind

_ids = itertools.count()
_GRACE = 2.0
_MACHINE = 1.5
"""Seconds by which a busy machine may be late on top."""


def _job(host: Host, port: int, command: str, seconds: float, **fields: Any) -> RunJob:
    return RunJob(
        job=f"fault-{next(_ids)}",
        host=host.target(port=port),
        command=command,
        timeout=timedelta(seconds=seconds),
        **fields,
    )


@one_kind
def test_whatever_stage_the_link_fails_at_a_look_ends_in_time(host: Host) -> None:
    modes: list[Mode] = ["blackhole", "fin", "drip"]
    stages = list(itertools.product([1, 900, 1900, 2700], modes))
    with ThreadPoolExecutor(len(stages)) as threads:
        for looked in [threads.submit(_look_on_a_link_that_fails, host, *stage) for stage in stages]:
            looked.result()


def _look_on_a_link_that_fails(host: Host, after: int, mode: Mode) -> None:
    pool = Pool(connect_timeout=10)
    try:
        with Proxy(host.port) as proxy:
            proxy.turn_after = (after, mode)
            began = time.monotonic()
            try:
                seen = Ssh(pool).run_read_only(host.target(port=proxy.port), "echo hello", timedelta(seconds=1))
                assert seen.exit_status in (0, None), (after, mode)
            except HostUnreachableError:
                pass
            assert time.monotonic() - began < 1 + _GRACE + _MACHINE, (after, mode)
    finally:
        pool.close()


@one_kind
def test_a_job_on_a_link_that_goes_silent_is_unknown_or_was_never_started(
    host: Host, pool: Pool, tmp_path: Path
) -> None:
    stages = [40, 1500, 2700]
    with ThreadPoolExecutor(len(stages)) as threads:
        for ran in [threads.submit(_run_on_a_link_that_goes_silent, host, pool, tmp_path, after) for after in stages]:
            ran.result()


def _run_on_a_link_that_goes_silent(host: Host, pool: Pool, directory: Path, after: int) -> None:
    with Proxy(host.port) as proxy:
        proxy.turn_after = (after, "blackhole")
        began = time.monotonic()
        effects = directory / f"effects-{after}"
        try:
            result: JobResult | None = run(pool, _job(host, proxy.port, f"echo x >>{effects}; sleep 0.5; echo late", 2))
        except HostUnreachableError:
            result = None
        assert time.monotonic() - began < 2 + _GRACE + _MACHINE, after
        # The last of them goes silent only when the exit status has come, with or without all the output.
        known = result is not None and (result.stdout.text == "late\n" or "not come over whole" in result.reason)
        assert result is None or known or result.outcome is Outcome.UNKNOWN, after
        if result is None:
            assert not effects.exists(), after
        assert not effects.exists() or effects.read_text() == "x\n"


@one_kind
def test_a_link_that_comes_back_in_time_brings_the_result(host: Host, pool: Pool, tmp_path: Path) -> None:
    effects = tmp_path / "effects"
    with Proxy(host.port) as proxy:
        results: list[JobResult] = []
        job = _job(host, proxy.port, f"echo x >>{effects}; sleep 1; echo finished", 40)
        thread = threading.Thread(target=lambda: results.append(run(pool, job)))
        thread.start()
        while not effects.exists():
            time.sleep(0.02)
        proxy.mode = "fin"
        time.sleep(0.5)
        proxy.mode = "pass"
        thread.join(40)
        assert (results[0].outcome, results[0].stdout.text) == (Outcome.OK, "finished\n")
        assert effects.read_text() == "x\n"


@one_kind
def test_a_link_that_drips_gives_the_status_if_not_all_the_output(host: Host, pool: Pool) -> None:
    with Proxy(host.port) as proxy:
        began = time.monotonic()
        job = _job(host, proxy.port, "head -c 3000000 /dev/urandom; exit 4", 2.5)
        run(pool, _job(host, proxy.port, "true", 4))
        proxy.turn_after = (proxy.carried + 2000, "drip")
        result = run(pool, job)
        assert time.monotonic() - began < 8 + _GRACE + _MACHINE
        assert (result.outcome, result.exit_status, result.stdout.total_bytes) == (Outcome.FAILED, 4, 3_000_000)


@one_kind
def test_300_megabytes_of_output_do_not_grow_the_worker(host: Host, pool: Pool) -> None:
    run(pool, _job(host, host.port, "true", 10))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    job = run(pool, _job(host, host.port, "head -c 300000000 /dev/zero", 60))
    assert (job.outcome, job.stdout.total_bytes) == (Outcome.OK, 300_000_000)
    seen = Ssh(pool).run_read_only(host.target(), "head -c 300000000 /dev/zero", timedelta(seconds=60))
    assert (seen.exit_status, seen.stdout_bytes) == (0, 300_000_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000
