"""Login shells of every kind: what is sent means the same in all of them, and one that never runs it is told in one sentence."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from activities.probes.activities import Probes
from activities.ssh import Pool, Ssh, scripts, session
from activities.ssh.batch import run_batch
from activities.ssh.components import ensure
from activities.ssh.jobs import run
from models.errors import LoginShellError
from models.hosts import Commands
from models.jobs import EnsureComponent, Outcome, RunBatch, RunJob, Verb
from models.probes import ProbeTarget, Seen, SshCommandProbe
from tests.hosts import AsyncsshHost, Host, ShellHost, all_with
from tests.ssh.kinds import one_kind

_ids = itertools.count()

SHELLS = [
    pytest.param("sh", id="sh"),
    pytest.param("bash", id="bash"),
    pytest.param("fish", id="fish", marks=pytest.mark.needs("fish")),
    pytest.param("tcsh", id="tcsh", marks=pytest.mark.needs("tcsh")),
]

real = pytest.mark.needs("openssh", "mounts")


def _job(at: Host, command: str, **fields: Any) -> RunJob:
    values: dict[str, Any] = {"job": f"shell-{next(_ids)}", "host": at.target(), "command": command} | fields
    return RunJob.model_validate(values)


_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(words=st.lists(_TEXT, min_size=1, max_size=3))
@example(
    words=["a\\\\b", "it's", "it\\'s", "!!", "!x", "\\!", "$(id)", "`id`", "\n", "\t", "%s", "~", "*", "Ägare", ""]
)
def test_every_login_shell_hands_over_what_was_written(shell: str, words: list[str]) -> None:
    line = scripts.command_line("printf '%s\\037' \"$@\"", words)
    for locale in ("C", "C.UTF-8"):
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": locale, "HOME": "/nonexistent"}
        ran = subprocess.run([shutil.which(shell) or shell, "-c", line], capture_output=True, env=environment)
        assert ran.stdout.decode() == "".join(f"{word}\x1f" for word in words), ran.stderr


@pytest.fixture(params=SHELLS[1:])
def shelled(request: pytest.FixtureRequest) -> Iterator[Host]:
    with ShellHost(request.param) as host:
        yield host


@real
def test_jobs_looks_and_components_mean_the_same_under_every_login_shell(
    shelled: Host, pool: Pool, tmp_path: Path
) -> None:
    awkward = "printf '%s\\n' 'a\\\\b' it\\'s \"$((1 + 1))\" '!!'; echo done >&2; exit 3"
    result = run(pool, _job(shelled, awkward))
    assert (result.outcome, result.exit_status) == (Outcome.FAILED, 3)
    assert (result.stdout.text, result.stderr.text) == ("a\\\\b\nit's\n2\n!!\n", "done\n")
    seen = Ssh(pool).run_read_only(shelled.target(), awkward, timedelta(seconds=20))
    assert (seen.exit_status, seen.stdout, seen.stderr) == (3, "a\\\\b\nit's\n2\n!!\n", "done\n")
    flag = tmp_path / "it's up"
    start = f'touch "{flag}"'
    request = EnsureComponent(
        job=f"shell-{next(_ids)}",
        host=shelled.target(),
        component="acme.shop.web",
        control=Commands(start=start, stop="true", status=f'test -e "{flag}" || exit 3'),
        verb=Verb.STARTED,
        token=1,
    )
    assert ensure(pool, request).outcome is Outcome.OK
    assert flag.exists()


@real
def test_a_login_shell_that_never_runs_us_fails_within_seconds_in_one_sentence_for_all_that_was_asked(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_FIRST_LINE", 3.0)
    with ShellHost("bash", "echo Welcome\nexec sleep 600\n") as host:
        batch = RunBatch(jobs=[_job(host, f"touch {tmp_path}/ran", timeout=timedelta(minutes=5)) for _ in range(5)])
        began = time.monotonic()
        results = run_batch(pool, batch).results
        assert time.monotonic() - began < 15
        assert {result.outcome for result in results} == {Outcome.FAILED}
        said = f"web-1 answered, but the login shell of user {host.user} never ran our command (no output within 3 s)"
        assert all(result.reason.startswith(said) for result in results)
        assert all(result.reason.endswith("nothing was run") for result in results)
        assert all(result.stdout.text == "" for result in results)
        with pytest.raises(LoginShellError, match="never ran our command"):
            Ssh(pool).run_read_only(host.target(), "true", timedelta(seconds=60))
    assert not (tmp_path / "ran").exists()


@real
def test_a_slow_login_shell_runs_a_job_while_somebody_waits_for_it_and_never_afterwards(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ShellHost("bash", "sleep 5\n") as host:
        assert run(pool, _job(host, f"echo x >>{tmp_path}/effects")).outcome is Outcome.OK
        assert (tmp_path / "effects").read_text() == "x\n"
        monkeypatch.setattr(session, "_FIRST_LINE", 5.0)
        host.greet("until test -e go; do sleep 0.1; done\ntouch gone\n")
        with pytest.raises(LoginShellError):
            run(pool, _job(host, f"touch {tmp_path}/ran"))
        (host.home / "go").touch()
        while not (host.home / "gone").exists() or all_with(f"HOME={host.home}\0"):
            time.sleep(0.05)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("greeting", "seen"),
    [
        ("echo 'Last login 06:00'; exit 0", "exit status 0 and printed 'Last login 06:00'"),
        (
            "echo 'This account is not available.' >&2; exit 1",
            "exit status 1 and printed 'This account is not available.'",
        ),
        ("echo 'Badly placed (.' >&2; exit 1", "Badly placed"),
    ],
)
async def test_a_login_that_greets_and_ends_has_shown_nothing(greeting: str, seen: str, pool: Pool) -> None:
    with AsyncsshHost() as own:
        (own.bin / "sh").write_text(f"#!/bin/bash\n{greeting}\n")
        (own.bin / "sh").chmod(0o755)
        with pytest.raises(LoginShellError, match="never ran our command") as caught:
            run(pool, _job(own, "true"))
        assert seen in str(caught.value)
        with pytest.raises(LoginShellError):
            Ssh(pool).run_read_only(own.target(), "true", timedelta(seconds=10))
        probes = Probes(Ssh(pool).run_read_only)
        probe = SshCommandProbe(host="web-1", command="uptime")
        try:
            [sample] = await probes.probe_all([ProbeTarget(point="p", probe=probe, ssh_host=own.target())])
        finally:
            await probes.close()
        assert (sample.seen, sample.value) == (Seen.NO_DATA, None)
        request = EnsureComponent(
            job=f"shell-{next(_ids)}",
            host=own.target(),
            component="acme.shop.web",
            control=Commands(start="true", stop="true", status="true"),
            verb=Verb.STARTED,
            token=1,
        )
        for rehearse in (True, False):
            with pytest.raises(LoginShellError):
                ensure(pool, request.model_copy(update={"rehearse": rehearse}))


def test_a_login_shell_that_breaks_after_a_job_was_started_leaves_its_result_unknown(pool: Pool) -> None:
    with AsyncsshHost() as own:
        (own.bin / "sh").write_text("#!/bin/bash\nexit 0\n")
        (own.bin / "sh").chmod(0o755)
        result = run(pool, _job(own, "true"), sent=True)
        assert (result.outcome, result.changed) == (Outcome.UNKNOWN, True)
        [result] = run_batch(pool, RunBatch(jobs=[_job(own, "true")]), sent=True).results
        assert result.outcome is Outcome.UNKNOWN


_LIST = r"""for p in $(grep -slF "HOME=$HOME" /proc/[0-9]*/environ); do tr '\000' ' ' <${p%/*}/cmdline; echo; done"""
"""What a listing of processes shows of those on this host; other tests have others on the same machine."""


@one_kind
def test_a_listing_of_processes_shows_little_of_us(host: Host, pool: Pool) -> None:
    job = run(pool, _job(host, _LIST, fences={"acme.shop.ps": 1}))
    seen = Ssh(pool).run_read_only(host.target(), _LIST, timedelta(seconds=20))
    for listing in (job.stdout.text, seen.stdout):
        assert "driftvakt" in listing.lower()
        assert all(len(line) < 400 for line in listing.splitlines()), listing
        assert "free_locks" not in listing
