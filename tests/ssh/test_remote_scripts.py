"""The remote scripts, run directly under each shell: facts in, what comes back out."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from activities.ssh import scripts
from tests.hosts import runs
from tests.ssh.remote import SHELLS, Far, one_shell


def _members(group: int) -> list[int]:
    """The processes of a group that still run."""
    listing = subprocess.run(["ps", "-eo", "pid=,pgid="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in listing.splitlines()]
    return [int(pid) for pid, of in pairs if int(of) == group and runs(int(pid))]


def _born(pid: int) -> str:
    """When a process began, as the scripts know it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def _until(path: Path) -> None:
    _while(lambda: not path.exists(), f"{path} did not appear")


def _while(holds: Callable[[], object], fault: str) -> None:
    """Wait as long as something holds, and fail with a fault where it holds for a minute."""
    end = time.monotonic() + 60
    while holds():
        assert time.monotonic() < end, fault
        time.sleep(0.05)


def _size(folder: Path) -> int:
    """Bytes in a folder; its files come and go."""
    total = 0
    for file in folder.iterdir():
        with suppress(FileNotFoundError):
            total += file.stat().st_size
    return total


@pytest.mark.parametrize(
    ("command", "status", "out", "err"),
    [
        ("true", "0", b"", b""),
        ("echo out; echo err >&2; exit 7", "7", b"out\n", b"err\n"),
        ("printf 'no newline'", "0", b"no newline", b""),
        ("printf '\\000\\377'", "0", b"\x00\xff", b""),
        ("kill -KILL $$", "137", b"", b""),
        ("cat", "0", b"", b""),
        ("no-such-command-anywhere 2>/dev/null", "127", b"", b""),
        ("umask", "0", subprocess.run(["sh", "-c", "umask"], capture_output=True).stdout, b""),
        ("ps ax >/dev/null 2>&1; ps ax | grep -c 'mark+mar[k]' || true", "0", b"0\n", b""),
    ],
)
def test_a_job_ends_with_its_status_and_output(command: str, status: str, out: bytes, err: bytes, far: Far) -> None:
    answer = far.run("j", command)
    assert answer.words[:2] == [status, "exit"]
    assert answer.streams == (out, b"", err, b"")
    assert (far.folder("j").stat().st_mode & 0o777, (far.folder("j") / "out").stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_second_start_of_the_same_job_reads_the_first(far: Far, tmp_path: Path) -> None:
    first = far.run("j", f"echo x >>{tmp_path}/effects; echo done")
    second = far.run("j", f"echo x >>{tmp_path}/effects; echo done")
    assert (first.words[3], second.words[3]) == ("own", "attached")
    assert first.streams == second.streams
    assert (tmp_path / "effects").read_text() == "x\n"


def test_a_job_id_that_comes_with_another_request_is_refused_and_the_first_job_left_alone(
    far: Far, tmp_path: Path
) -> None:
    first = far.begin("run", "j", "sh", "-c", f"echo x >>{tmp_path}/effects; sleep 30", request="one")
    _until(tmp_path / "effects")
    others = [far.run("j", f"echo y >>{tmp_path}/effects", request="two")]
    others += [far.ask(operation, "j", why="cancel", request="two") for operation in ("attach", "end")]
    assert [(o.kind, o.words) for o in others] == [("refused", ["request", "j"])] * 3
    assert (tmp_path / "effects").read_text() == "x\n"
    assert not (far.folder("j") / "ended").exists()
    ended = far.ask("end", "j", why="cancel", request="one")
    assert ended.words[1] == "cancel"
    assert far.hear(first).words[1] == "cancel"
    assert far.run("j", f"echo y >>{tmp_path}/effects", request="two").kind == "refused"


def test_a_job_that_was_called_off_before_it_came_belongs_to_its_request(far: Far) -> None:
    far.ask("end", "j", why="cancel", request="one")
    assert far.run("j", "echo x", request="two").kind == "refused"
    assert far.run("j", "echo x", request="one").words[1] == "never"


def test_starters_at_once_start_it_once(far: Far, tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: far.run("j", f"echo x >>{tmp_path}/effects; sleep 0.3"), range(6)))
    assert [a.words[:2] for a in answers] == [["0", "exit"]] * 6
    assert sorted(a.words[3] for a in answers) == ["attached"] * 5 + ["own"]
    assert (tmp_path / "effects").read_text() == "x\n"


def test_a_client_that_goes_while_the_folder_is_written_leaves_a_command_that_runs(far: Far, tmp_path: Path) -> None:
    slow = far.bin / "sync"
    slow.write_text(f"#!/bin/sh\ntouch {tmp_path}/writing\nexec sleep 0.5\n")
    slow.chmod(0o755)
    process = far.begin("run", "j", "sh", "-c", f"echo x >>{tmp_path}/effects; echo done")
    _until(tmp_path / "writing")
    process.communicate()  # closes its input, as a connection that breaks does
    answer = far.ask("attach", "j")
    assert answer.words[:2] == ["0", "exit"]
    assert (tmp_path / "effects").read_text() == "x\n"


def test_a_starter_killed_at_any_moment_never_leads_to_a_second_effect(far: Far, tmp_path: Path) -> None:
    unknown = 0
    for turn in range(6):
        effects = tmp_path / f"effects-{turn}"
        command = f"echo x >>{effects}; sleep 0.1; echo ran"
        process = far.begin("run", f"j{turn}", "sh", "-c", command)
        time.sleep(0.004 * turn)
        process.kill()
        process.communicate(timeout=60)
        answer = far.run(f"j{turn}", command)
        if answer.words[1] == "exit":
            assert effects.read_text() == "x\n"
            assert answer.streams[0] == b"ran\n"
        else:
            unknown += 1
            assert answer.words[1] in {"unstarted", "vanished"}
            assert not effects.exists() or effects.read_text() == "x\n"
    assert unknown < 6


@one_shell
def test_a_folder_without_a_start_is_said_to_be_just_that(far: Far, tmp_path: Path) -> None:
    far.folder("j").mkdir(parents=True)
    answer = far.run("j", f"touch {tmp_path}/ran")
    assert answer.words[:2] == ["-", "unstarted"]
    assert not (tmp_path / "ran").exists()


def test_a_job_from_before_a_reboot_is_said_to_be_lost(far: Far, tmp_path: Path) -> None:
    far.folder("j").mkdir(parents=True)
    (far.folder("j") / "pid").write_text(f"{os.getpid()} 1 another-boot\n")
    (far.folder("j") / "out").write_text("half of")
    answer = far.run("j", f"touch {tmp_path}/ran")
    assert answer.words[:2] == ["-", "rebooted"]
    assert answer.streams[0] == b"half of"
    assert not (tmp_path / "ran").exists()


def test_a_status_that_was_not_written_whole_is_none(far: Far) -> None:
    far.folder("j").mkdir(parents=True)
    (far.folder("j") / "pid").write_text(f"{os.getpid()} 1 another-boot\n")
    (far.folder("j") / "status").write_text("0 exit 1.0:2")
    assert far.run("j", "true").words[:2] == ["-", "rebooted"]


def test_a_pid_that_belongs_to_somebody_else_now_is_not_ours(far: Far) -> None:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    far.folder("j").mkdir(parents=True)
    (far.folder("j") / "pid").write_text(f"{os.getpid()} 1 {boot}\n")
    assert far.run("j", "true").words[:2] == ["-", "vanished"]


def test_a_job_outlives_its_starter(far: Far) -> None:
    process = far.begin("run", "j", "sh", "-c", "sleep 0.5; echo outlived")
    _until(far.folder("j") / "group")
    process.communicate(timeout=60)
    assert process.returncode == 0
    answer = far.run("j", "echo never")
    assert (answer.words[0], answer.words[3], answer.streams[0]) == ("0", "attached", b"outlived\n")


@pytest.mark.parametrize(
    ("command", "status"), [("sleep 60 & sleep 60", "143"), ("trap '' TERM; sleep 60 & wait; sleep 60", "137")]
)
def test_ending_a_job_ends_its_whole_group_and_says_why(command: str, status: str, far: Far) -> None:
    process = far.begin("run", "j", "sh", "-c", command)
    _until(far.folder("j") / "group")
    time.sleep(0.2)
    group = int((far.folder("j") / "group").read_text().split()[0])
    ended = far.ask("end", "j", why="cancel")
    assert ended.words[:2] == [status, "cancel"]
    assert far.hear(process).words[:2] == [status, "cancel"]
    while _members(group):
        time.sleep(0.05)


def test_ending_a_job_by_sudo_never_asks_the_program_kill(far: Far, tmp_path: Path) -> None:
    # procps' takes `kill -KILL -1234`, where group 1234 has just ended, for `kill -KILL -1`: everybody on the host.
    for name, script in {"sudo": 'shift; exec "$@"', "kill": f'echo "$*" >>{tmp_path}/asked; exit 1'}.items():
        (far.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (far.bin / name).chmod(0o755)
    process = far.begin("run", "j", "sh", "-c", f"trap '' TERM; touch {tmp_path}/deaf; sleep 60", sudo="sudo -n")
    _until(tmp_path / "deaf")
    assert far.ask("end", "j", why="cancel", sudo="sudo -n").words[:2] == ["137", "cancel"]
    assert far.hear(process).words[:2] == ["137", "cancel"]
    assert not (tmp_path / "asked").exists()


@one_shell
def test_a_job_that_is_called_off_before_its_group_is_made_is_ended_all_the_same(far: Far) -> None:
    real = shutil.which("setsid")
    (far.bin / "setsid").write_text(f'#!/bin/sh\nsleep 0.5\nexec {real} "$@"\n')
    (far.bin / "setsid").chmod(0o755)
    process = far.begin("run", "j", "sleep", "60")
    _until(far.folder("j") / "group")
    assert far.ask("end", "j", why="cancel").words[:2] == ["143", "cancel"]
    assert far.hear(process).words[:2] == ["143", "cancel"]


def test_a_job_that_is_called_off_before_it_comes_never_starts(far: Far, tmp_path: Path) -> None:
    assert far.ask("end", "j", why="cancel").words[:2] == ["143", "never"]
    assert far.run("j", f"touch {tmp_path}/ran").words[:2] == ["143", "never"]
    assert not (tmp_path / "ran").exists()


def test_the_host_itself_ends_a_job_that_takes_too_long(far: Far) -> None:
    assert far.run("j", "sleep 60", limit=1).words[:2] == ["143", "timeout"]


@pytest.mark.parametrize(("command", "limit"), [("sleep 1.5", 60), ("exec sleep 60", 2)])
def test_what_watches_over_a_command_whose_keeper_was_killed_ends_with_it(command: str, limit: int, far: Far) -> None:
    process = far.begin("run", "j", "sh", "-c", command, limit=limit)
    _until(far.folder("j") / "group")
    os.kill(int((far.folder("j") / "pid").read_text().split()[0]), signal.SIGKILL)
    assert far.hear(process).words[:2] == ["-", "vanished"]
    group = int((far.folder("j") / "group").read_text().split()[0])
    end = time.monotonic() + 20
    while _members(group) or far.left_running():
        assert time.monotonic() < end, far.left_running()
        time.sleep(0.1)


def test_output_without_end_fills_neither_disk_nor_answer_and_is_counted(far: Far) -> None:
    answer = far.run("j", "head -c 120000000 /dev/zero; sleep 1.2; printf 'the end'; echo oops >&2")
    beginning, end, errors, _ = answer.streams
    assert (answer.words[1], answer.words[4]) == ("exit", "120000007")
    assert len(beginning) == 1048576
    assert end.endswith(b"the end")
    assert len(end) == 8192
    assert errors == b"oops\n"
    kept = sum(file.stat().st_size for file in far.folder("j").iterdir())
    assert kept < 1200000


def test_what_a_daemon_inherits_does_not_hold_up_the_answer(far: Far) -> None:
    began = time.monotonic()
    answer = far.run("j", "sleep 20 & echo started")
    assert answer.streams[0] == b"started\n"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("detach", ["", "setsid "])
def test_a_daemon_that_keeps_its_parents_output_is_watched_until_it_ends(detach: str, far: Far, tmp_path: Path) -> None:
    (tmp_path / "daemon").write_text(f"touch {tmp_path}/up; until test -e {tmp_path}/end; do sleep 0.1; done\n")
    first = far.run("j", f"{detach}sh {tmp_path}/daemon & until test -e {tmp_path}/up; do sleep 0.05; done; echo up")
    assert (first.words[:2], first.streams[0]) == (["0", "exit"], b"up\n")
    _until(far.folder("j") / "held")
    (tmp_path / "end").touch()
    assert far.run("k", "echo nobody stays").streams[0] == b"nobody stays\n"
    assert not (far.folder("k") / "held").exists()


@one_shell
def test_what_a_daemon_writes_to_its_parents_output_fills_no_disk_and_does_not_end_it(far: Far, tmp_path: Path) -> None:
    (tmp_path / "daemon").write_text(
        f"touch {tmp_path}/up; until test -e {tmp_path}/go; do sleep 0.1; done; head -c 90000000 /dev/zero\n"
        f"touch {tmp_path}/written; until test -e {tmp_path}/end; do sleep 0.1; done; echo last; touch {tmp_path}/lived\n"
    )
    command = f"setsid sh {tmp_path}/daemon & until test -e {tmp_path}/up; do sleep 0.05; done; echo up; echo oops >&2"
    first = far.run("j", command)
    (tmp_path / "go").touch()
    _until(tmp_path / "written")
    _while(lambda: _size(far.folder("j")) > 100_000, "the job's folder stayed large")
    assert far.run("j", command).streams == first.streams == (b"up\n", b"", b"oops\n", b"")
    (tmp_path / "end").touch()
    _until(tmp_path / "lived")
    _while(far.left_running, "processes were left running")
    assert not (far.folder("j") / "held").exists()


@one_shell
def test_what_a_daemon_of_a_status_command_writes_fills_no_disk(far: Far, tmp_path: Path) -> None:
    (tmp_path / "daemon").write_text(
        f"touch {tmp_path}/up; until test -e {tmp_path}/go; do sleep 0.1; done; head -c 90000000 /dev/zero\n"
        f"touch {tmp_path}/written; until test -e {tmp_path}/end; do sleep 0.1; done\n"
    )
    status = f"setsid sh {tmp_path}/daemon & until test -e {tmp_path}/up; do sleep 0.05; done; exit 0"
    assert far.ensure("j", "started", 1, "true", "true", status).words[0] == "10"
    (tmp_path / "go").touch()
    _until(tmp_path / "written")
    _while(lambda: _size(far.folder("j")) > 100_000, "the job's folder stayed large")
    (tmp_path / "end").touch()
    _while(far.left_running, "processes were left running")


@one_shell
def test_a_status_command_that_prints_without_end_fills_no_disk(far: Far, tmp_path: Path) -> None:
    status = f"head -c 90000000 /dev/zero; touch {tmp_path}/written; exec sleep 60"
    script = scripts.source("process", "places", "lock", "systemd", "ensure")
    control = ["started", "5", "commands", "true", "true", status]
    process = far.begin("run", "j", "sh", "-c", script, "driftvakt", "", "a.b.web:1", *control, in_folder=True)
    _until(tmp_path / "written")
    _while(lambda: _size(far.folder("j")) > 100_000, "the job's folder stayed large")
    far.ask("end", "j", why="cancel")
    assert far.hear(process).words[1] == "cancel"


@pytest.mark.parametrize(
    ("check", "kind", "ran"), [("true", "nothing-to-do", False), ("exit 1", "done", True), ("", "done", True)]
)
def test_a_check_that_succeeds_leaves_nothing_to_do(check: str, kind: str, ran: bool, far: Far, tmp_path: Path) -> None:
    assert far.run("j", f"touch {tmp_path}/ran", check=check).kind == kind
    assert (tmp_path / "ran").exists() is ran
    assert far.folder("j").exists() is ran


@pytest.mark.parametrize(("check", "said"), [("true", "0"), ("exit 4", "4"), ("", "none")])
def test_a_rehearsal_runs_the_check_alone_and_leaves_nothing(check: str, said: str, far: Far, tmp_path: Path) -> None:
    answer = far.ask("rehearse", "j", "sh", "-c", f"touch {tmp_path}/ran", check=check)
    assert (answer.kind, answer.words) == ("checked", [said])
    assert not (tmp_path / "ran").exists()
    assert not far.root.exists()


def test_a_check_ends_when_its_client_is_gone(far: Far, tmp_path: Path) -> None:
    process = far.begin("run", "j", "sh", "-c", "true", check=f"echo $$ >{tmp_path}/pid; exec sleep 60")
    _until(tmp_path / "pid")
    process.communicate()
    while runs(int((tmp_path / "pid").read_text())):
        time.sleep(0.02)
    assert not far.folder("j").exists()


def test_a_place_that_cannot_be_written_gives_way_to_the_next_where_the_job_is_found_again(
    far: Far, tmp_path: Path
) -> None:
    far.root.write_text("a file where a folder should be")
    command = f"echo x >>{tmp_path}/effects; echo out"
    first = far.run("j", command)
    assert first.notes == (f"denied {far.root}", f"kept {far.home}/.driftvakt")
    assert first.streams[0] == b"out\n"
    far.root.unlink()
    again = far.run("j", command)
    assert (again.words[3], again.notes, again.streams) == ("attached", first.notes, first.streams)
    assert far.ask("attach", "j").words[:2] == ["0", "exit"]
    assert far.ask("end", "j", why="cancel").words[:2] == ["0", "exit"]
    assert (tmp_path / "effects").read_text() == "x\n"
    assert not far.folder("j").exists()


def test_old_finished_folders_are_swept_and_no_others(far: Far) -> None:
    long_ago = time.time() - 8 * 86400
    far.run("old", "true")
    far.run("young", "true")
    far.folder("running").mkdir()
    far.run("held", "true")
    boot, born = Path("/proc/sys/kernel/random/boot_id").read_text().strip(), _born(os.getpid())
    (far.folder("held") / "held").write_text(f"{os.getpid()} {born} {boot}\n")
    for name in ("old", "running", "held"):
        os.utime(far.folder(name), (long_ago, long_ago))
    for turn in range(400):
        far.ask("run", f"now{turn}", "true")
        if not far.folder("old").exists():
            break
    assert not far.folder("old").exists()
    assert far.folder("young").exists()
    assert far.folder("running").exists()
    assert far.folder("held").exists()


_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(words=st.lists(_TEXT, min_size=1, max_size=4))
@example(words=["'; touch /tmp/pwned; '", "$(id)", "`id`", "-n", "\\", '"', "\n", "*", "~", "!", ""])
def test_no_word_reaches_a_shell_unquoted(
    shell: list[str], words: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    far = Far.at(shell, tmp_path_factory.mktemp("far"))
    command = scripts.shell_text(["printf", "%s\\037", *words])
    assert far.ask("run", "j", "sh", "-c", command).streams[0].decode() == "".join(f"{word}\x1f" for word in words)


@pytest.mark.parametrize(
    ("up", "verb", "expected", "effects"),
    [
        (False, "started", "0", ["start"]),
        (True, "started", "10", []),
        (True, "stopped", "0", ["stop"]),
        (False, "stopped", "10", []),
    ],
)
def test_a_component_is_acted_on_only_where_it_differs(
    up: bool, verb: str, expected: str, effects: list[str], far: Far, tmp_path: Path
) -> None:
    flag, log = tmp_path / "up", tmp_path / "effects"
    log.touch()
    if up:
        flag.touch()
    commands = (f"echo start >>{log}; touch {flag}", f"echo stop >>{log}; rm {flag}", f"test -e {flag} || exit 3")
    answer = far.ensure("j", verb, 1, *commands)
    assert answer.words[0] == expected
    assert log.read_text().split() == effects


@pytest.mark.parametrize(
    ("status", "start", "expected", "said"),
    [("exit 4", "true", "12", "4"), ("exit 3", "exit 9", "13", "9"), ("exit 3", "true", "14", "3")],
)
def test_what_is_unclear_failed_or_not_seen_is_told_apart(
    status: str, start: str, expected: str, said: str, far: Far
) -> None:
    answer = far.ensure("j", "started", 1, start, "true", status, limit=1)
    assert (answer.words[0], answer.words[6]) == (expected, said)


def test_a_late_stop_after_a_newer_start_is_refused(far: Far, tmp_path: Path) -> None:
    flag = tmp_path / "up"
    commands = (f"touch {flag}", f"rm -f {flag}", f"test -e {flag} || exit 3")
    assert far.ensure("a", "started", 2, *commands).words[0] == "0"
    late = far.ensure("b", "stopped", 1, *commands)
    assert (late.words[0], late.words[6]) == ("11", "2")
    assert flag.exists()
    assert far.ensure("c", "stopped", 2, *commands).words[0] == "0"


def test_two_operations_on_one_component_do_not_overlap(far: Far, tmp_path: Path) -> None:
    busy, log = tmp_path / "busy", tmp_path / "log"
    start = f"mkdir {busy} || echo overlap >>{log}; sleep 0.2; rmdir {busy}; echo ran >>{log}; exit 1"
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: far.ensure(f"j{n}", "started", 1, start, "true", "exit 3", limit=1), range(2)))
    assert "overlap" not in log.read_text()


def test_a_lock_whose_holder_was_killed_is_taken_over(far: Far, tmp_path: Path) -> None:
    def attempt() -> None:
        far.ensure("first", "started", 1, f"touch {tmp_path}/acting; sleep 60", "true", "exit 3", limit=50)

    thread = threading.Thread(target=attempt)
    thread.start()
    _until(tmp_path / "acting")
    os.killpg(int((far.folder("first") / "group").read_text().split()[0]), signal.SIGKILL)
    thread.join(20)
    answer = far.ensure("second", "started", 1, f"touch {tmp_path}/up", "true", f"test -e {tmp_path}/up || exit 3")
    assert answer.words[0] == "0"
