"""Commands under fences, run directly under each shell: what the host lets run, beside what, and what it refuses."""

from __future__ import annotations

import errno
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.ssh.remote import Far, one_shell


def _until(path: Path) -> None:
    end = time.monotonic() + 15
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.02)


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True)
    return directory


def _once_read(fifo: Path) -> BinaryIO:
    """The writing end of a pipe, once somebody reads it."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        try:
            return os.fdopen(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "wb")
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        time.sleep(0.02)
    raise AssertionError(f"nobody reads {fifo}")


def _group(far: Far, job: str) -> int:
    _until(far.folder(job) / "group")
    return int((far.folder(job) / "group").read_text().split()[0])


@pytest.mark.parametrize("status", [0, 7, 10, 11, 15, 16, 137, 143])
def test_a_commands_own_exit_status_is_never_taken_for_a_refusal(status: int, far: Far) -> None:
    answer = far.fenced("j", "a.b.web:1", f"echo out; echo err >&2; exit {status}")
    assert (answer.words[:2], answer.words[6:]) == ([str(status), "exit"], [])
    assert answer.streams == (b"out\n", b"", b"err\n", b"")


def test_a_command_killed_from_outside_says_so(far: Far) -> None:
    answer = far.fenced("j", "a.b.web:1", "kill -KILL $$")
    assert (answer.words[:2], answer.words[6:]) == (["137", "exit"], [])
    assert far.fenced("k", "a.b.web:1", "echo next").streams[0] == b"next\n"


def test_a_fenced_command_finds_the_umask_and_the_input_of_any_other(far: Far) -> None:
    plain = far.run("plain", "umask; cat")
    assert far.fenced("fenced", "a.b.web:1", "umask; cat").streams == plain.streams


def test_an_older_token_is_refused_and_an_equal_one_is_not(far: Far, tmp_path: Path) -> None:
    assert far.fenced("a", "a.b.web:17", "true").words[:2] == ["0", "exit"]
    late = far.fenced("b", "a.b.web:16", f"touch {tmp_path}/ran", check=f"touch {tmp_path}/checked")
    assert late.words[6:] == ["fence", "old", "a.b.web", "17"]
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "checked").exists()
    assert far.fenced("c", "a.b.web:17", "echo equal").streams[0] == b"equal\n"
    again = far.fenced("b", "a.b.web:16", f"touch {tmp_path}/ran")
    assert (again.words[3], again.words[6:8]) == ("attached", ["fence", "old"])


def test_one_old_token_among_several_stops_the_command_and_leaves_the_others_as_they_were(far: Far) -> None:
    far.fenced("a", "a.b.db:5 a.b.web:5", "true")
    assert far.fenced("b", "a.b.db:6 a.b.web:4", "true").words[6:] == ["fence", "old", "a.b.web", "5"]
    assert far.fenced("c", "a.b.db:5", "true").words[:2] == ["0", "exit"]


def test_a_token_is_written_down_before_the_command_begins(far: Far) -> None:
    answer = far.fenced("j", "a.b.db:8 a.b.web:9", f"cd {far.root}/tokens && ls */token.*")
    assert answer.streams[0] == b"a.b.db/token.8\na.b.web/token.9\n"


def test_components_and_commands_keep_one_order_of_tokens(far: Far, tmp_path: Path) -> None:
    flag = tmp_path / "up"
    commands = (f"touch {flag}", f"rm -f {flag}", f"test -e {flag} || exit 3")
    far.fenced("a", "a.b.web:2", "true")
    assert far.ensure("b", "started", 1, *commands).words[0] == "11"
    assert far.ensure("c", "started", 3, *commands).words[0] == "0"
    assert far.fenced("d", "a.b.web:2", "true").words[6:8] == ["fence", "old"]


def test_commands_on_one_component_run_one_after_the_other(far: Far, tmp_path: Path) -> None:
    busy, log = tmp_path / "busy", tmp_path / "log"
    command = f"mkdir {busy} || echo overlap >>{log}; sleep 0.15; rmdir {busy}; echo ran >>{log}"
    sets = ["a.b.db:1 a.b.web:1", "a.b.web:1", "a.b.web:1 a.b.x:1", "a.b.db:1 a.b.web:1 a.b.x:1"]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: far.fenced(f"j{n}", sets[n], command), range(4)))
    assert log.read_text().split() == ["ran"] * 4


def test_commands_on_different_components_run_side_by_side(far: Far, tmp_path: Path) -> None:
    first = far.begin_fenced(
        "a", "a.b.web:1", f"touch {tmp_path}/begun; until test -e {tmp_path}/go; do sleep 0.05; done"
    )
    _until(tmp_path / "begun")
    assert far.fenced("b", "a.b.db:1", f"touch {tmp_path}/go").words[:2] == ["0", "exit"]
    assert far.hear(first).words[:2] == ["0", "exit"]


def test_what_was_sent_before_a_newer_operation_but_comes_after_it_is_refused(far: Far, tmp_path: Path) -> None:
    newer = far.begin_fenced("newer", "a.b.web:2", f"touch {tmp_path}/begun; sleep 0.5")
    _until(tmp_path / "begun")
    late = far.begin_fenced("late", "a.b.web:1", f"touch {tmp_path}/ran")
    assert far.hear(newer).words[:2] == ["0", "exit"]
    assert far.hear(late).words[6:] == ["fence", "old", "a.b.web", "2"]
    assert not (tmp_path / "ran").exists()


def test_a_lock_that_is_not_open_in_time_refuses_the_command_and_frees_what_was_taken(far: Far, tmp_path: Path) -> None:
    holder = far.begin_fenced("a", "a.b.web:1", f"touch {tmp_path}/begun; exec sleep 60")
    _until(tmp_path / "begun")
    waiting = far.fenced("b", "a.b.db:1 a.b.web:1", f"touch {tmp_path}/ran", wait=1)
    assert waiting.words[6:] == ["fence", "locked", "a.b.web", str(_group(far, "a"))]
    assert far.fenced("c", "a.b.db:1", "echo free").streams[0] == b"free\n"
    far.ask("end", "a", why="cancel")
    far.hear(holder)
    assert not (tmp_path / "ran").exists()


def test_a_command_called_off_while_it_waits_never_runs(far: Far, tmp_path: Path) -> None:
    holder = far.begin_fenced("a", "a.b.web:1", f"touch {tmp_path}/begun; exec sleep 60")
    _until(tmp_path / "begun")
    waiting = far.begin_fenced("b", "a.b.web:1", f"touch {tmp_path}/ran")
    _until(far.folder("b") / "lock")
    assert far.ask("end", "b", why="cancel").words[6:] == ["fence", "waiting"]
    far.hear(waiting)
    far.ask("end", "a", why="cancel")
    far.hear(holder)
    assert far.fenced("c", "a.b.web:1", "true").words[:2] == ["0", "exit"]
    assert not (tmp_path / "ran").exists()


def test_a_check_is_asked_under_the_lock_so_that_two_find_one_thing_to_do(far: Far, tmp_path: Path) -> None:
    done, log = tmp_path / "done", tmp_path / "log"
    command = f"sleep 0.2; echo ran >>{log}; touch {done}"
    with ThreadPoolExecutor(3) as threads:
        answers = list(
            threads.map(lambda n: far.fenced(f"j{n}", "a.b.web:1", command, check=f"test -e {done}"), range(3))
        )
    assert log.read_text() == "ran\n"
    assert sorted(a.words[6:] for a in answers) == [[], ["fence", "nothing-to-do"], ["fence", "nothing-to-do"]]


def test_a_lock_that_is_taken_between_a_look_at_it_and_the_grasp_for_it_is_not_passed_over(
    far: Far, tmp_path: Path
) -> None:
    # The slow one finds the lock open, and stands still in its look at the next place until the other holds the lock.
    slow = Far.at(far.shell, _made(tmp_path / "slow"))
    slow.root = far.root
    gate = _made(slow.home / ".driftvakt" / "tokens" / "a.b.web") / "lock.1"
    os.mkfifo(gate)
    waiting = slow.begin_fenced("slow", "a.b.web:1", f"touch {tmp_path}/ran", wait=1)
    with _once_read(gate) as open_gate:
        holder = far.begin_fenced(
            "a", "a.b.web:1", f"touch {tmp_path}/begun; until test -e {tmp_path}/go; do sleep 0.05; done"
        )
        _until(tmp_path / "begun")
        gate.unlink()
        open_gate.write(b"1 1 another-boot x\n")
    refused = slow.hear(waiting)
    (tmp_path / "go").touch()
    assert far.hear(holder).words[:2] == ["0", "exit"]
    assert refused.words[6:] == ["fence", "locked", "a.b.web", str(_group(far, "a"))]
    assert not (tmp_path / "ran").exists()


def test_a_lock_whose_holder_was_killed_is_taken_over(far: Far, tmp_path: Path) -> None:
    holder = far.begin_fenced("a", "a.b.web:1", f"touch {tmp_path}/begun; exec sleep 60")
    _until(tmp_path / "begun")
    os.killpg(_group(far, "a"), signal.SIGKILL)
    assert far.fenced("b", "a.b.web:1", "echo next").streams[0] == b"next\n"
    assert far.hear(holder).words[:2] == ["137", "exit"]


@pytest.mark.parametrize("end", ["cancel", "timeout"])
def test_what_clings_to_life_when_its_command_is_called_off_still_keeps_others_out(
    end: str, far: Far, tmp_path: Path
) -> None:
    busy, log = tmp_path / "busy", tmp_path / "log"
    (tmp_path / "clinging").write_text(f"trap '' TERM; while :; do touch {busy}; sleep 0.05; done")
    limit = 1 if end == "timeout" else 60
    # The shell that leads the command dies of TERM at once; what it started does not.
    holder = far.begin_fenced("a", "a.b.web:1", f"sh {tmp_path}/clinging & wait", limit=limit)
    _until(busy)
    next_one = far.begin_fenced("b", "a.b.web:1", f"rm {busy}; sleep 0.5; test ! -e {busy} || echo overlap >>{log}")
    if end == "cancel":
        assert far.ask("end", "a", why="cancel").words[:2] == ["143", "cancel"]
    assert far.hear(holder).words[1] == end
    assert far.hear(next_one).words[:2] == ["0", "exit"]
    assert not log.exists()


def test_a_daemon_that_a_command_leaves_behind_keeps_no_lock(far: Far) -> None:
    assert far.fenced("a", "a.b.web:1", "sleep 20 & echo started").streams[0] == b"started\n"
    assert far.fenced("b", "a.b.web:1", "echo next", wait=5).streams[0] == b"next\n"


def test_what_a_killed_keeper_and_its_killed_command_left_running_keeps_the_lock_until_it_ends(
    far: Far, tmp_path: Path
) -> None:
    holder = far.begin_fenced(
        "a", "a.b.web:1", f"touch {tmp_path}/begun; until test -e {tmp_path}/go; do sleep 0.05; done"
    )
    _until(tmp_path / "begun")
    leader = _group(far, "a")
    os.kill(int((far.folder("a") / "pid").read_text().split()[0]), signal.SIGKILL)
    os.kill(leader, signal.SIGKILL)
    assert far.fenced("b", "a.b.web:1", f"touch {tmp_path}/ran", wait=1).words[6:8] == ["fence", "locked"]
    (tmp_path / "go").touch()
    assert far.fenced("c", "a.b.web:1", "echo next").streams[0] == b"next\n"
    assert far.hear(holder).words[:2] == ["-", "vanished"]
    assert not (tmp_path / "ran").exists()


def test_a_lock_from_before_a_reboot_is_open(far: Far) -> None:
    place = far.root / "tokens" / "a.b.web"
    place.mkdir(parents=True)
    (place / "lock.4").write_text(f"{os.getpid()} 1 another-boot a\n")
    assert far.fenced("b", "a.b.web:1", "echo next").streams[0] == b"next\n"
    assert "lock.5.free" in {path.name for path in place.iterdir()}


def test_a_component_acted_on_again_and_again_keeps_few_files(far: Far) -> None:
    for token in range(9, 29):
        assert far.fenced(f"j{token}", f"a.b.web:{token}", "true").words[:2] == ["0", "exit"]
    assert len(list((far.root / "tokens" / "a.b.web").iterdir())) <= 27
    assert far.fenced("late", "a.b.web:27", "true").words[6:] == ["fence", "old", "a.b.web", "28"]


def test_tokens_that_cannot_be_written_down_let_nothing_run(far: Far, tmp_path: Path) -> None:
    far.root.mkdir()
    (far.root / "tokens").write_text("a file where a folder should be")
    assert far.fenced("a", "a.b.web:1", f"touch {tmp_path}/ran").words[6:] == ["fence", "directory"]
    assert not (tmp_path / "ran").exists()


@one_shell
def test_a_disk_that_is_full_for_everything_but_the_end_lets_nothing_look_as_if_it_had_run(
    far: Far, tmp_path: Path
) -> None:
    # What refuses cannot write why: the answer is still that nothing was run.
    (far.bin / "mv").write_text('#!/bin/sh\ncase $2 in */verdict) [ ! -e "$2" ] || exit 1 ;; esac\nexec /bin/mv "$@"\n')
    (far.bin / "mv").chmod(0o755)
    far.fenced("a", "a.b.web:2", "true")
    assert far.fenced("b", "a.b.web:1", f"touch {tmp_path}/ran").words[6:] == ["fence", "waiting"]
    assert not (tmp_path / "ran").exists()
