"""A halt as hosts feel it: nothing new begins, what runs is let finish, and what was done is not done again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.ssh import Pool, Ssh
from activities.ssh.batch import run_batch
from activities.ssh.components import ensure
from activities.ssh.jobs import run
from models.errors import HaltedError
from models.hosts import Commands
from models.jobs import EnsureComponent, Outcome, RunBatch, RunJob, Verb
from tests.hosts import Host
from tests.ssh.kinds import BOTH, one_kind


@dataclass
class Brake:
    """A halt to pull and lift; remembers for whom it was asked."""

    pulled: bool = False
    asked: list[str] = field(default_factory=list)

    def __call__(self, application: str) -> None:
        self.asked.append(application)
        if self.pulled:
            raise HaltedError("ann has halted all customers: smoke")


def _job(host: Host, name: str, command: str | list[str], **fields: Any) -> RunJob:
    values = {"job": name, "host": host.target(), "command": command, "application": "acme.shop"} | fields
    return RunJob.model_validate(values)


@pytest.fixture(params=BOTH)
def hosts(request: pytest.FixtureRequest) -> Iterator[list[Host]]:
    with ExitStack() as stack:
        yield [stack.enter_context(request.param()) for _ in range(4)]


def test_a_batch_that_is_halted_midway_begins_nothing_more_and_ends_what_runs_and_goes_on_later(
    hosts: list[Host], pool: Pool, tmp_path: Path
) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    jobs = [
        _job(
            host,
            f"halted-{n}-{turn}",
            f"echo {n}.{turn} >>{log}; until [ -e {go} ]; do sleep 0.05; done; echo end >>{log}",
        ).model_copy(update={"host": host.target(name=f"h{n}")})
        for n, host in enumerate(hosts)
        for turn in range(2)
    ]
    batch, brake = RunBatch(jobs=jobs, at_once=2), Brake()
    failed: list[BaseException] = []

    def carry_out() -> None:
        try:
            run_batch(pool, batch, allow=brake)
        except HaltedError as error:
            failed.append(error)

    thread = threading.Thread(target=carry_out)
    thread.start()
    while not log.exists() or len(log.read_text().splitlines()) < 2:
        time.sleep(0.02)
    brake.pulled = True
    go.touch()
    thread.join(20)
    assert [str(error) for error in failed] == ["ann has halted all customers: smoke"]
    begun = log.read_text().splitlines()
    assert (len([line for line in begun if line != "end"]), begun.count("end")) == (2, 2)

    brake.pulled = False
    results = run_batch(pool, batch, allow=brake).results
    assert [r.outcome for r in results] == [Outcome.OK] * 8
    assert sum(r.attached for r in results) == 2
    done = [line for line in log.read_text().splitlines() if line != "end"]
    assert sorted(done) == sorted(f"{n}.{turn}" for n in range(4) for turn in range(2))
    assert set(brake.asked) == {"acme.shop"}


def test_read_only_commands_and_rehearsals_continue_under_a_halt(host: Host, pool: Pool) -> None:
    brake = Brake(pulled=True)
    seen = run(pool, _job(host, "halt-look", "echo seen", read_only=True), allow=brake)
    rehearsed = run(pool, _job(host, "halt-rehearsed", "echo no", rehearse=True), allow=brake)
    assert (seen.outcome, seen.stdout.text, rehearsed.outcome) == (Outcome.OK, "seen\n", Outcome.OK)
    assert brake.asked == []


def test_a_component_is_neither_started_nor_stopped(host: Host, pool: Pool, tmp_path: Path) -> None:
    up = tmp_path / "up"
    request = EnsureComponent(
        job="halt-ensure",
        host=host.target(),
        component="acme.shop.halted",
        control=Commands(start=f"touch {up}", stop=f"rm {up}", status=f"test -e {up} || exit 3"),
        verb=Verb.STARTED,
        token=1,
    )
    brake = Brake(pulled=True)
    with pytest.raises(HaltedError):
        ensure(pool, request, allow=brake)
    assert not up.exists()
    assert brake.asked == ["acme.shop"]
    brake.pulled = False
    assert ensure(pool, request, allow=brake).outcome is Outcome.OK
    assert up.exists()


@one_kind
def test_the_next_worker_follows_jobs_from_before_the_halt_and_starts_no_new_ones(
    host: Host, pool: Pool, tmp_path: Path
) -> None:
    brake = Brake(pulled=True)
    begun = _job(host, "halt-begun", f"echo x >>{tmp_path}/begun")
    run(pool, begun)
    again = run(pool, begun, sent=True, allow=brake)
    assert (again.outcome, again.attached) == (Outcome.OK, True)
    assert (tmp_path / "begun").read_text() == "x\n"
    with pytest.raises(HaltedError):
        run(pool, _job(host, "halt-lost", f"touch {tmp_path}/lost"), sent=True, allow=brake)
    assert not (tmp_path / "lost").exists()


@one_kind
@pytest.mark.parametrize("may_have_started", [False, True])
def test_the_activity_ends_for_good_and_says_whether_something_may_have_begun(
    host: Host, pool: Pool, may_have_started: bool
) -> None:
    work = RunBatch(jobs=[_job(host, f"halt-activity-{may_have_started}", "true")], may_have_started=may_have_started)
    with pytest.raises(ApplicationError, match="smoke") as raised:
        ActivityEnvironment().run(Ssh(pool, allow=Brake(pulled=True)).run_batch, work)
    assert (raised.value.type, raised.value.non_retryable) == ("HaltedError", True)
    assert list(raised.value.details) == [may_have_started]
