"""Commands under fences over a real connection: refusals as people read them, and workers that overlap, die and come late."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.ssh import Pool
from activities.ssh.batch import run_batch
from activities.ssh.components import ensure
from activities.ssh.jobs import run
from activities.ssh.pulse import Interrupted, Stop
from models.hosts import Commands
from models.jobs import EnsureComponent, JobResult, Outcome, RunBatch, RunJob, Verb
from tests.hosts import Host
from tests.ssh.kinds import one_kind

_ids = itertools.count()

_WORKER = """
import sys
from activities.ssh import Pool
from activities.ssh.jobs import run
from models.jobs import RunJob
print(run(Pool(), RunJob.model_validate_json(sys.argv[1])).model_dump_json())
"""


def _job(at: Host, command: str, fences: dict[str, int], **fields: Any) -> RunJob:
    values: dict[str, Any] = {"job": f"fenced-{next(_ids)}", "host": at.target(), "command": command, "fences": fences}
    return RunJob.model_validate(values | fields)


def _component(tmp_path: Path, name: str = "web") -> str:
    return f"acme.{tmp_path.name}.{name}"


def _worker(job: RunJob) -> subprocess.Popen[str]:
    """Another worker: a process of its own with connections of its own."""
    return subprocess.Popen([sys.executable, "-c", _WORKER, job.model_dump_json()], stdout=subprocess.PIPE, text=True)


def _result(worker: subprocess.Popen[str]) -> JobResult:
    return JobResult.model_validate_json(worker.communicate(timeout=60)[0])


def _until(path: Path) -> None:
    end = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)


def test_a_fenced_job_reports_its_result_like_any_other(host: Host, pool: Pool, tmp_path: Path) -> None:
    result = run(pool, _job(host, "echo out; echo err >&2; exit 11", {_component(tmp_path): 3}))
    assert (result.outcome, result.changed, result.exit_status) == (Outcome.FAILED, True, 11)
    assert (result.command, result.stdout.text, result.stderr.text) == (
        "echo out; echo err >&2; exit 11",
        "out\n",
        "err\n",
    )
    assert "exit status 11" in result.reason


def test_a_command_that_comes_after_a_newer_one_is_refused_with_its_reason(
    host: Host, pool: Pool, tmp_path: Path
) -> None:
    web, db = _component(tmp_path), _component(tmp_path, "db")
    assert run(pool, _job(host, "true", {web: 5})).outcome is Outcome.OK
    late = _job(host, f"touch {tmp_path}/ran", {db: 9, web: 4})
    for attached in (False, True):
        result = run(pool, late)
        assert (result.outcome, result.changed, result.exit_status) == (Outcome.FAILED, False, None)
        assert result.reason == f"refused: the host has seen token 5 for {web}, newer than 4; nothing was done"
        assert result.attached is attached
    assert not (tmp_path / "ran").exists()
    assert run(pool, _job(host, "true", {db: 1, web: 5})).outcome is Outcome.OK


def test_components_of_any_name_and_order_are_fenced_and_named_in_a_refusal(
    host: Host, pool: Pool, tmp_path: Path
) -> None:
    names = [f"../../{tmp_path.name}", f"a b;touch {tmp_path}/x", f"å.{tmp_path.name}", "x" * 300 + tmp_path.name]
    assert run(pool, _job(host, "true", dict.fromkeys(names, 2))).outcome is Outcome.OK
    for name in names:
        assert name in run(pool, _job(host, "true", {name: 1})).reason
    assert not (tmp_path / "x").exists()


def test_start_stop_and_commands_share_one_order(host: Host, pool: Pool, tmp_path: Path) -> None:
    control = Commands(start=f"touch {tmp_path}/up", stop="true", status=f"test -e {tmp_path}/up || exit 3")
    web = _component(tmp_path)
    run(pool, _job(host, "true", {web: 7}))
    request = EnsureComponent(
        job=f"fenced-{next(_ids)}", host=host.target(), component=web, control=control, verb=Verb.STARTED, token=6
    )
    assert "token 7" in ensure(pool, request).reason
    assert ensure(pool, request.model_copy(update={"job": f"fenced-{next(_ids)}", "token": 8})).outcome is Outcome.OK
    assert "token 8" in run(pool, _job(host, "true", {web: 7})).reason


def test_a_check_under_the_fence_leaves_nothing_to_do_and_a_retry_reads_the_same(
    host: Host, pool: Pool, tmp_path: Path
) -> None:
    job = _job(host, f"touch {tmp_path}/ran", {_component(tmp_path): 1}, check="true")
    for _ in range(2):
        result = run(pool, job)
        assert (result.outcome, result.changed, result.exit_status) == (Outcome.OK, False, None)
        assert "nothing to do" in result.reason
    assert not (tmp_path / "ran").exists()


def test_a_rehearsal_takes_no_fence(host: Host, pool: Pool, tmp_path: Path) -> None:
    web = _component(tmp_path)
    run(pool, _job(host, "true", {web: 5}))
    result = run(pool, _job(host, f"touch {tmp_path}/ran", {web: 1}, rehearse=True, check="exit 1"))
    assert (result.outcome, result.reason) == (
        Outcome.OK, "rehearsal: the check ended with exit status 1, so the command would be run",
    )  # fmt: skip


@one_kind
def test_a_host_with_sudo_runs_fenced_commands_and_their_checks_by_sudo(host: Host, pool: Pool, tmp_path: Path) -> None:
    sudo = host.bin / "sudo"
    sudo.write_text('#!/bin/sh\n[ "$1" = -n ] && shift && exec env BY=sudo "$@"\n')
    sudo.chmod(0o755)
    try:
        target = host.target(sudo=True)
        job = _job(host, "echo by $BY", {_component(tmp_path): 1}, host=target, check="test -z $BY")
        assert run(pool, job).stdout.text == "by sudo\n"
        command = f"touch {tmp_path}/begun; sleep 60"
        ended = run(pool, _job(host, command, {_component(tmp_path): 1}, host=target, timeout=timedelta(seconds=2)))
        assert "ran out of time" in ended.reason
        assert run(pool, _job(host, "true", {_component(tmp_path): 1}, host=target)).outcome is Outcome.OK
    finally:
        sudo.unlink()


@one_kind
def test_a_lock_that_does_not_open_by_the_deadline_is_said_with_who_holds_it(
    host: Host, pool: Pool, tmp_path: Path
) -> None:
    web = _component(tmp_path)
    holder = _job(host, f"touch {tmp_path}/begun; until test -e {tmp_path}/go; do sleep 0.05; done", {web: 1})
    worker = _worker(holder)
    _until(tmp_path / "begun")
    result = run(pool, _job(host, f"touch {tmp_path}/ran", {web: 2}, timeout=timedelta(seconds=3)))
    leader = (host.jobs / holder.job / "group").read_text().split()[0]
    assert (result.outcome, result.changed, result.exit_status) == (Outcome.FAILED, False, None)
    assert result.reason == f"another operation holds {web} on this host (process {leader}); nothing was done"
    (tmp_path / "go").touch()
    assert _result(worker).outcome is Outcome.OK
    assert not (tmp_path / "ran").exists()


@one_kind
def test_a_job_cancelled_while_it_waits_for_its_fence_never_runs(host: Host, pool: Pool, tmp_path: Path) -> None:
    web = _component(tmp_path)
    worker = _worker(_job(host, f"touch {tmp_path}/begun; until test -e {tmp_path}/go; do sleep 0.05; done", {web: 1}))
    _until(tmp_path / "begun")
    waiting = _job(host, f"touch {tmp_path}/ran", {web: 2})

    def cancelled() -> None:
        if (host.jobs / waiting.job / "lock").exists():
            raise Interrupted(Stop.CANCEL)

    result = run(pool, waiting, cancelled)
    assert (result.outcome, result.changed, result.exit_status) == (Outcome.FAILED, False, None)
    assert "cancelled before the command began" in result.reason
    (tmp_path / "go").touch()
    assert _result(worker).outcome is Outcome.OK
    assert not (tmp_path / "ran").exists()


def test_commands_of_two_workers_on_one_component_never_overlap(host: Host, tmp_path: Path) -> None:
    log, web, db = tmp_path / "log", _component(tmp_path), _component(tmp_path, "db")
    jobs = [
        _job(host, f"echo begin {n} >>{log}; sleep 0.3; echo end {n} >>{log}", fences)
        for n, fences in enumerate([{web: 1, db: 1}, {db: 1, web: 1}])
    ]
    workers = [_worker(job) for job in jobs]
    assert [_result(worker).outcome for worker in workers] == [Outcome.OK] * 2
    marks = [line.split() for line in log.read_text().splitlines()]
    assert [word for word, _ in marks] == ["begin", "end"] * 2
    assert all(begun[1] == ended[1] for begun, ended in zip(marks[::2], marks[1::2], strict=True))


@one_kind
def test_a_worker_killed_while_its_command_runs_leaves_it_fenced_until_it_ends(
    host: Host, pool: Pool, tmp_path: Path
) -> None:
    web, log = _component(tmp_path), tmp_path / "log"
    job = _job(
        host, f"echo begin >>{log}; until test -e {tmp_path}/go; do sleep 0.05; done; echo end >>{log}", {web: 1}
    )
    worker = _worker(job)
    _until(log)
    worker.kill()
    worker.communicate()
    newer = _job(host, f"echo newer >>{log}", {web: 2})
    other = _worker(newer)
    _until(host.jobs / newer.job / "lock")
    (tmp_path / "go").touch()
    retried = run(pool, job, sent=True)
    assert (retried.outcome, retried.attached) == (Outcome.OK, True)
    assert _result(other).outcome is Outcome.OK
    assert log.read_text().split() == ["begin", "end", "newer"]
    assert run(pool, job, sent=True).outcome is Outcome.OK
    assert "token 2" in run(pool, _job(host, f"echo late >>{log}", {web: 1})).reason
    assert log.read_text().split() == ["begin", "end", "newer"]


@one_kind
@pytest.mark.parametrize("wait", [0.0, 0.007, 0.02])
def test_a_worker_killed_at_any_moment_leads_to_one_effect_or_none_and_keeps_no_lock(
    wait: float, host: Host, pool: Pool, tmp_path: Path
) -> None:
    web, log = _component(tmp_path), tmp_path / "log"
    job = _job(host, f"echo ran >>{log}", {web: 1})
    worker = _worker(job)
    while worker.poll() is None and not (host.jobs / job.job).exists():
        time.sleep(0.001)
    time.sleep(wait)
    worker.kill()
    worker.communicate()
    result = run(pool, job, sent=True)
    effects = log.read_text().split() if log.exists() else []
    assert effects == ["ran"] if result.outcome is Outcome.OK else len(effects) <= 1
    assert run(pool, _job(host, "true", {web: 2})).outcome is Outcome.OK


@one_kind
def test_a_batch_fences_its_jobs_one_by_one(host: Host, pool: Pool, tmp_path: Path) -> None:
    web = _component(tmp_path)
    jobs = [_job(host, f"echo {token} >>{tmp_path}/log", {web: token}) for token in (1, 2, 1, 3)]
    results = run_batch(pool, RunBatch(jobs=jobs)).results
    assert [result.outcome.value for result in results] == ["ok", "ok", "failed", "ok"]
    assert (tmp_path / "log").read_text().split() == ["1", "2", "3"]
