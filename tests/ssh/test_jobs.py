"""Jobs over a real connection: results as people and workflows read them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.ssh import Pool
from activities.ssh.batch import run_batch
from activities.ssh.components import ensure
from activities.ssh.jobs import run
from activities.ssh.pulse import Interrupted, Stop
from models.errors import CredentialError, HostRefusedError, HostUnreachableError
from models.hosts import Commands
from models.jobs import EXCERPT_LIMIT, EnsureComponent, JobResult, Outcome, RunBatch, RunJob, Verb
from tests.hosts import AsyncsshHost, Host, SshHost, runs
from tests.ports import free_port
from tests.proxy import Proxy
from tests.ssh.kinds import one_kind

_ids = itertools.count()


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """One for all: what is tested here is what comes over a connection, not how there comes to be one."""
    pool = Pool(connect_timeout=5)
    yield pool
    pool.close()


def _job(at: Host, command: str | list[str], **fields: Any) -> RunJob:
    values: dict[str, Any] = {"job": f"job-{next(_ids)}", "host": at.target(), "command": command} | fields
    return RunJob.model_validate(values)


class After:
    """A pulse that stops what waits once a condition holds."""

    def __init__(self, stop: Stop, path: Path) -> None:
        self.stop, self.path, self.beats = stop, path, 0

    def __call__(self) -> None:
        self.beats += 1
        if self.path.exists():
            raise Interrupted(self.stop)


def test_a_job_reports_its_result(host: Host, pool: Pool) -> None:
    result = run(pool, _job(host, "echo out; echo err >&2; exit 7"))
    assert (result.outcome, result.changed, result.exit_status, result.attached) == (Outcome.FAILED, True, 7, False)
    assert (result.stdout.text, result.stderr.text, result.stdout.total_bytes) == ("out\n", "err\n", 4)
    assert "exit status 7" in result.reason
    assert run(pool, _job(host, "true")).outcome is Outcome.OK


def test_a_second_look_attaches(host: Host, pool: Pool, tmp_path: Path) -> None:
    job = _job(host, f"echo x >>{tmp_path}/effects")
    assert [run(pool, job).attached, run(pool, job).attached] == [False, True]
    assert (tmp_path / "effects").read_text() == "x\n"


def test_a_job_id_that_is_known_for_another_command_is_refused(host: Host, pool: Pool, tmp_path: Path) -> None:
    job = _job(host, f"echo x >>{tmp_path}/effects; echo evidence")
    run(pool, job)
    with pytest.raises(HostRefusedError, match=f"the host knows the job {job.job} with another command"):
        run(pool, job.model_copy(update={"command": f"echo y >>{tmp_path}/effects"}))
    with pytest.raises(HostRefusedError, match="another command"):
        run(pool, job.model_copy(update={"check": "false"}))
    assert run(pool, job).attached
    assert (tmp_path / "effects").read_text() == "x\n"


def test_a_job_id_that_is_known_for_another_component_or_verb_is_refused(
    host: Host, pool: Pool, tmp_path: Path
) -> None:
    known = _ensure(host, tmp_path, Verb.STARTED, 1)
    assert ensure(pool, known).outcome is Outcome.OK
    for other in ({"verb": Verb.STOPPED}, {"component": "acme.shop.other"}):
        with pytest.raises(HostRefusedError, match="another command"):
            ensure(pool, known.model_copy(update=other))
    assert ensure(pool, known).attached


def test_words_of_a_list_arrive_as_they_are(host: Host, pool: Pool) -> None:
    result = run(pool, _job(host, ["printf", "%s|", "it's", "$HOME", "a b", "`id`", ";", ""]))
    assert result.stdout.text == "it's|$HOME|a b|`id`|;||"
    assert result.command == """printf '%s|' 'it'"'"'s' '$HOME' 'a b' '`id`' ';' ''"""


@pytest.mark.parametrize("command", ["echo a\0b", "x" * 200_000, "echo \ud800"])
def test_a_command_that_no_shell_accepts_is_refused(command: str, host: Host, pool: Pool) -> None:
    job = _job(host, "true").model_copy(update={"command": command})
    with pytest.raises(HostRefusedError):
        run(pool, job)


def test_large_output_is_kept_in_part_and_counted(host: Host, pool: Pool) -> None:
    kept: list[tuple[JobResult, bytes, bytes]] = []
    job = _job(host, "head -c 5000000 /dev/zero | tr '\\0' x; printf 'the very end'")
    result = run(pool, job, keep=lambda *all_of_it: kept.append(all_of_it))
    assert result.stdout.total_bytes == 5_000_012
    assert len(result.stdout.text) == EXCERPT_LIMIT
    assert result.stdout.text.endswith("xxx" + "the very end")
    assert kept == [(result, b"x" * 1_048_576, b"")]


def test_a_check_that_succeeds_leaves_nothing_to_do(host: Host, pool: Pool, tmp_path: Path) -> None:
    result = run(pool, _job(host, f"touch {tmp_path}/ran", check="true"))
    assert (result.outcome, result.changed) == (Outcome.OK, False)
    assert "nothing to do" in result.reason
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("fields", "said", "out"),
    [
        ({"check": "true"}, "nothing would be run", ""),
        ({"check": "exit 1"}, "the command would be run", ""),
        ({}, "there is no check", ""),
        ({"read_only": True}, "was run", "seen\n"),
    ],
)
def test_a_rehearsal_changes_nothing(fields: dict[str, Any], said: str, out: str, host: Host, pool: Pool) -> None:
    job = _job(host, "echo seen", rehearse=True, **fields)
    result = run(pool, job)
    assert said in result.reason
    assert (result.command, result.changed, result.stdout.text) == ("echo seen", False, out)
    assert not (host.jobs / job.job).exists()


@one_kind
def test_a_job_out_of_time_is_ended_and_says_so(host: Host, pool: Pool) -> None:
    began = time.monotonic()
    result = run(pool, _job(host, "echo begun; sleep 60", timeout=timedelta(seconds=2)))
    assert time.monotonic() - began < 5
    assert (result.outcome, result.exit_status, result.stdout.text) == (Outcome.FAILED, 143, "begun\n")
    assert "ran out of time" in result.reason


@one_kind
def test_a_check_out_of_time_leaves_nothing_running(host: Host, pool: Pool, tmp_path: Path) -> None:
    job = _job(
        host, f"touch {tmp_path}/ran", check=f"echo $$ >{tmp_path}/pid; exec sleep 60", timeout=timedelta(seconds=1.2)
    )
    result = run(pool, job)
    assert (result.outcome, result.changed) == (Outcome.FAILED, False)
    while runs(int((tmp_path / "pid").read_text())):
        time.sleep(0.02)
    assert not (tmp_path / "ran").exists()


@one_kind
def test_cancelling_ends_the_remote_group_and_says_so(host: Host, pool: Pool, tmp_path: Path) -> None:
    pulse = After(Stop.CANCEL, tmp_path / "begun")
    result = run(pool, _job(host, f"touch {tmp_path}/begun; sleep 60"), pulse)
    assert (result.outcome, result.exit_status) == (Outcome.FAILED, 143)
    assert "cancelled" in result.reason


@one_kind
def test_leaving_lets_the_job_go_on_for_the_next_to_follow(host: Host, pool: Pool, tmp_path: Path) -> None:
    job = _job(host, f"touch {tmp_path}/begun; sleep 1; echo finished")
    with pytest.raises(Interrupted):
        run(pool, job, After(Stop.LEAVE, tmp_path / "begun"))
    result = run(pool, job, sent=True)
    assert (result.outcome, result.attached, result.stdout.text) == (Outcome.OK, True, "finished\n")


@one_kind
def test_a_long_job_reports_its_progress_repeatedly(host: Host, pool: Pool, tmp_path: Path) -> None:
    pulse = After(Stop.CANCEL, tmp_path / "never")
    run(pool, _job(host, "sleep 2"), pulse)
    assert pulse.beats >= 3


@pytest.mark.parametrize("kind", [AsyncsshHost, pytest.param(SshHost, marks=pytest.mark.needs("openssh"))])
def test_after_a_lost_connection_the_worker_reconnects_and_follows_the_job(
    kind: type[Host], pool: Pool, tmp_path: Path
) -> None:
    with kind() as own:
        results: list[JobResult] = []
        job = _job(own, f"echo x >>{tmp_path}/effects; sleep 1; echo finished")
        thread = threading.Thread(target=lambda: results.append(run(pool, job)))
        thread.start()
        while not (tmp_path / "effects").exists():
            time.sleep(0.02)
        own.drop_connections()
        thread.join(30)
        assert (results[0].outcome, results[0].stdout.text) == (Outcome.OK, "finished\n")
        assert (tmp_path / "effects").read_text() == "x\n"


@one_kind
def test_a_host_that_never_answers_has_started_nothing(host: Host, pool: Pool) -> None:
    job = _job(host, "true", host=host.target(port=free_port()))
    with pytest.raises(HostUnreachableError):
        run(pool, job)
    lost = run(pool, job.model_copy(update={"timeout": timedelta(seconds=1)}), sent=True)
    assert (lost.outcome, lost.exit_status) == (Outcome.UNKNOWN, None)


def test_a_noisy_login_shell_disturbs_nothing(pool: Pool) -> None:
    with AsyncsshHost() as own:
        (own.bin / "sh").write_text("#!/bin/bash\necho 'Welcome to web-1'; printf 'no newline'; exec /bin/sh \"$@\"\n")
        (own.bin / "sh").chmod(0o755)
        assert run(pool, _job(own, "/bin/echo quiet")).outcome is Outcome.OK


@pytest.fixture
def with_sudo(host: Host) -> Any:
    """A stand-in for sudo that notes what it was asked for, or refuses."""

    def install(script: str) -> None:
        (host.bin / "sudo").write_text(f"#!/bin/sh\n{script}\n")
        (host.bin / "sudo").chmod(0o755)

    yield install
    (host.bin / "sudo").unlink()


@one_kind
def test_a_host_with_sudo_runs_by_sudo(host: Host, pool: Pool, with_sudo: Any) -> None:
    with_sudo('[ "$1" = -n ] && shift && BY=sudo exec env BY=sudo "$@"')
    result = run(pool, _job(host, "echo by $BY", host=host.target(sudo=True)))
    assert (result.stdout.text, result.command) == ("by sudo\n", "sudo -n sh -c 'echo by $BY'")
    ended = run(pool, _job(host, "sleep 60", host=host.target(sudo=True), timeout=timedelta(seconds=2)))
    assert "ran out of time" in ended.reason


def test_sudo_that_wants_a_password_is_a_refusal(host: Host, pool: Pool, with_sudo: Any) -> None:
    with_sudo("echo 'sudo: a password is required' >&2; exit 1")
    job = _job(host, "true", host=host.target(sudo=True))
    with pytest.raises(HostRefusedError, match="a password is required"):
        run(pool, job)
    assert not (host.jobs / job.job).exists()


def test_a_state_directory_of_ones_own_is_used(host: Host, pool: Pool, tmp_path: Path) -> None:
    job = _job(host, "true", host=host.target(state_dir=str(tmp_path / "it's here")))
    assert run(pool, job).outcome is Outcome.OK
    assert (tmp_path / "it's here" / "jobs" / job.job / "status").exists()


CANARY = "c4nary-value-1f9e"


def test_secrets_are_masked_wherever_they_could_show(
    host: Host, pool: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    (tmp_path / "secret").write_text("other-canary-77\n")
    kept: list[tuple[JobResult, bytes, bytes]] = []
    secrets = ["env:CANARY", f"file:{tmp_path}/secret"]
    jobs = [
        _job(host, f"echo {CANARY} other-canary-77; echo {CANARY} >&2; exit 3", secrets=secrets),
        _job(
            host,
            f"head -c 1048570 /dev/zero | tr '\\0' x; printf {CANARY}; head -c 8185 /dev/zero | tr '\\0' x",
            secrets=secrets,
        ),
        _job(host, f"echo {CANARY}", rehearse=True, read_only=True, secrets=secrets),
    ]
    for job in jobs:
        run(pool, job, keep=lambda *all_of_it: kept.append(all_of_it))
        result = run(pool, job)
        assert "canary-77" not in result.model_dump_json()
        assert not any(CANARY[:n] in result.model_dump_json() for n in (4, 9, len(CANARY)))
    assert not any(CANARY[:5].encode() in out + err for _, out, err in kept)
    with pytest.raises(HostUnreachableError) as caught:
        run(pool, _job(host, "true", host=host.target(address=f"{CANARY}.invalid"), secrets=secrets))
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_secret_that_is_missing_is_said_before_anything_runs(host: Host, pool: Pool) -> None:
    with pytest.raises(CredentialError, match="env:NO_SUCH"):
        run(pool, _job(host, "true", secrets=["env:NO_SUCH"]))


@one_kind
def test_a_batch_gives_every_job_its_result_whatever_its_host_does(host: Host, pool: Pool, tmp_path: Path) -> None:
    log = tmp_path / "log"
    gone, wrong = host.target(name="gone", port=free_port()), host.target(name="wrong", credential="file:/nowhere")
    jobs = [
        _job(host, f"sleep 0.2; echo 1 >>{log}"), _job(host, "true", host=gone), _job(host, f"echo 2 >>{log}; exit 5"),
        _job(host, "true", host=wrong), _job(host, f"echo 3 >>{log}"),
    ]  # fmt: skip
    results = run_batch(pool, RunBatch(jobs=jobs)).results
    assert [r.job for r in results] == [job.job for job in jobs]
    assert [r.outcome.value for r in results] == ["ok", "failed", "failed", "failed", "ok"]
    assert "gone" in results[1].reason
    assert "wrong" in results[3].reason
    assert log.read_text().split() == ["1", "2", "3"]
    unsure = run_batch(
        pool, RunBatch(jobs=[job.model_copy(update={"timeout": timedelta(seconds=1)}) for job in jobs[1:2]]), sent=True
    )
    assert unsure.results[0].outcome is Outcome.UNKNOWN


@one_kind
def test_a_connection_that_breaks_at_once_does_not_cost_a_batch_its_host(
    host: Host, pool: Pool, tmp_path: Path
) -> None:
    with Proxy(host.port) as proxy:
        job = _job(host, f"echo x >>{tmp_path}/effects", host=host.target(port=proxy.port))
        proxy.turned_away = 1
        assert run_batch(pool, RunBatch(jobs=[job])).results[0].outcome is Outcome.OK
        assert (tmp_path / "effects").read_text() == "x\n"
    assert proxy.accepted == 2


@one_kind
def test_a_cancelled_batch_ends_what_runs_and_starts_nothing_more(host: Host, pool: Pool, tmp_path: Path) -> None:
    jobs = [_job(host, f"touch {tmp_path}/begun; sleep 60"), _job(host, f"touch {tmp_path}/second")]
    results = run_batch(pool, RunBatch(jobs=jobs), After(Stop.CANCEL, tmp_path / "begun")).results
    assert ["cancelled" in r.reason for r in results] == [True, True]
    assert not (tmp_path / "second").exists()


def _ensure(at: Host, tmp_path: Path, verb: Verb, token: int, **fields: Any) -> EnsureComponent:
    up = tmp_path / "up"
    control = Commands(
        start=f"echo start >>{tmp_path}/log; touch {up}", stop=f"rm {up}", status=f"test -e {up} || exit 3"
    )
    values: dict[str, Any] = {
        "job": f"ensure-{next(_ids)}", "host": at.target(), "component": f"acme.{tmp_path.name}.web", "control": control,
        "verb": verb,
        "token": token,
    }  # fmt: skip
    return EnsureComponent.model_validate(values | fields)


def test_a_component_is_brought_to_its_state_once_and_seen_there(host: Host, pool: Pool, tmp_path: Path) -> None:
    first = ensure(pool, _ensure(host, tmp_path, Verb.STARTED, 1))
    assert (first.outcome, first.changed, first.exit_status) == (Outcome.OK, True, 0)
    again = ensure(pool, _ensure(host, tmp_path, Verb.STARTED, 1))
    assert (again.outcome, again.changed) == (Outcome.OK, False)
    assert "already" in again.reason
    assert (tmp_path / "log").read_text() == "start\n"


def test_a_late_stop_after_a_newer_start_is_refused_with_its_reason(host: Host, pool: Pool, tmp_path: Path) -> None:
    ensure(pool, _ensure(host, tmp_path, Verb.STARTED, 5))
    late = ensure(pool, _ensure(host, tmp_path, Verb.STOPPED, 4))
    assert (late.outcome, late.changed) == (Outcome.FAILED, False)
    assert "token 5" in late.reason
    assert (tmp_path / "up").exists()


def test_a_component_of_unclear_state_is_left_alone(host: Host, pool: Pool, tmp_path: Path) -> None:
    control = Commands(start=f"touch {tmp_path}/acted", stop="true", status="echo what >&2; exit 6")
    result = ensure(pool, _ensure(host, tmp_path, Verb.STARTED, 1, control=control))
    assert (result.outcome, result.changed, result.stderr.text) == (Outcome.UNKNOWN, False, "what\n")
    assert not (tmp_path / "acted").exists()


def test_a_component_name_of_any_kind_stays_a_name(host: Host, pool: Pool, tmp_path: Path) -> None:
    for name in ("../../escape", "a b;touch x", ".", "å.b.c", "x" * 300):
        result = ensure(pool, _ensure(host, tmp_path, Verb.STARTED, 1, component=name))
        assert result.outcome is Outcome.OK
    assert not (host.home / "escape").exists()


@pytest.mark.parametrize(("up", "said"), [(True, "already"), (False, "would be run")])
def test_a_rehearsed_component_is_only_checked(up: bool, said: str, host: Host, pool: Pool, tmp_path: Path) -> None:
    if up:
        (tmp_path / "up").touch()
    result = ensure(pool, _ensure(host, tmp_path, Verb.STARTED, 1, rehearse=True))
    assert said in result.reason
    assert "touch" in result.command
    assert not (tmp_path / "log").exists()


def test_nothing_of_ours_is_left_on_a_host_but_its_state_directory(host: Host, pool: Pool) -> None:
    before = {path.name for path in host.home.iterdir()}
    run(pool, _job(host, "true"))
    assert {path.name for path in host.home.iterdir()} - before <= {".driftvakt"}


def test_cancelling_while_a_component_is_started_ends_the_start_and_says_so(
    host: Host, pool: Pool, tmp_path: Path
) -> None:
    control = Commands(start=f"touch {tmp_path}/begun; sleep 60", stop="true", status="exit 3")
    result = ensure(
        pool, _ensure(host, tmp_path, Verb.STARTED, 1, control=control), After(Stop.CANCEL, tmp_path / "begun")
    )
    assert (result.outcome, result.changed) == (Outcome.UNKNOWN, True)
    assert "the command was cancelled: its process group was ended" in result.reason
