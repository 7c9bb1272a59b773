"""The activities as Temporal runs them."""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.activity import ActivityCancellationDetails
from temporalio.testing import ActivityEnvironment

from activities.ssh import Pool, Ssh
from activities.stubs import hosts as stubs
from models.errors import HostUnreachableError
from models.jobs import EnsureComponent, Outcome, RunBatch, RunJob
from tests.hosts import Host
from tests.ssh.kinds import one_kind


def _definition(function: Callable[..., Any]) -> Any:
    return activity._Definition.must_from_callable(function)


def test_every_stub_is_carried_out_under_its_name_and_types(pool: Pool) -> None:
    ours = {_definition(method).name: method for method in Ssh(pool).activities()}
    promised = [f for _, f in inspect.getmembers(stubs, inspect.isfunction) if f.__module__ == stubs.__name__]
    assert {_definition(stub).name for stub in promised} == set(ours)
    for stub in promised:
        definition = _definition(ours[_definition(stub).name])
        assert (definition.arg_types, definition.ret_type) == (_definition(stub).arg_types, _definition(stub).ret_type)


@one_kind
def test_an_activity_heartbeats_and_tells_when_something_may_have_started(host: Host, pool: Pool) -> None:
    beats: list[tuple[Any, ...]] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *details: beats.append(details)
    work = RunBatch(jobs=[RunJob(job="act-1", host=host.target(), command="sleep 4.5")])
    [result] = environment.run(Ssh(pool).run_batch, work).results
    assert result.outcome is Outcome.OK
    assert len(beats) >= 3
    assert beats[-1] == ("the host may have started it",)


@one_kind
def test_a_cancelled_activity_ends_the_remote_command(host: Host, pool: Pool, tmp_path: Path) -> None:
    environment = ActivityEnvironment()
    work = RunBatch(jobs=[RunJob(job="act-2", host=host.target(), command=f"touch {tmp_path}/begun; sleep 60")])
    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(environment.run, Ssh(pool).run_batch, work)
        while not (tmp_path / "begun").exists():
            time.sleep(0.02)
        environment.cancel(cancellation_details=ActivityCancellationDetails(cancel_requested=True))
        [result] = future.result(20).results
    assert (result.outcome, result.exit_status) == (Outcome.FAILED, 143)


@one_kind
def test_an_attempt_that_is_over_leaves_the_job_to_the_next_one(host: Host, pool: Pool, tmp_path: Path) -> None:
    environment = ActivityEnvironment()
    command = f"touch {tmp_path}/begun; sleep 1; echo finished"
    work = RunBatch(jobs=[RunJob(job="act-3", host=host.target(), command=command)])
    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(environment.run, Ssh(pool).run_batch, work)
        while not (tmp_path / "begun").exists():
            time.sleep(0.02)
        environment.cancel(cancellation_details=ActivityCancellationDetails(timed_out=True))
        with pytest.raises(HostUnreachableError, match="the job continues"):
            future.result(20)
    following = ActivityEnvironment()
    following.info = replace(following.info, attempt=2, heartbeat_details=["the host may have started it"])
    [result] = following.run(Ssh(pool).run_batch, work).results
    assert result.stdout.text == "finished\n"


def test_batches_and_components_run_as_activities_too(host: Host, pool: Pool) -> None:
    ssh, environment = Ssh(pool), ActivityEnvironment()
    batch = RunBatch(jobs=[RunJob(job=f"act-4-{n}", host=host.target(), command="true") for n in range(2)])
    assert [r.outcome for r in environment.run(ssh.run_batch, batch).results] == [Outcome.OK] * 2
    component = {"start": "false", "stop": "false", "status": "exit 0"}
    request = EnsureComponent.model_validate(
        {
            "job": "act-5",
            "host": host.target(),
            "component": "a.b.act",
            "control": component,
            "verb": "started",
            "token": 1,
        }
        | {"control": component | {"type": "commands"}}
    )
    assert environment.run(ssh.ensure_component, request).outcome is Outcome.OK


def test_closing_leaves_no_threads(host: Host) -> None:
    before = set(threading.enumerate())
    ssh = Ssh(Pool())
    ActivityEnvironment().run(ssh.run_batch, RunBatch(jobs=[RunJob(job="act-6", host=host.target(), command="true")]))
    ssh.close()
    assert set(threading.enumerate()) - before == set()
