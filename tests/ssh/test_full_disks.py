"""Hosts without a byte, or an inode, left: help does not depend on what is broken, and the reason is said."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.ssh import Pool, Ssh
from activities.ssh.batch import run_batch
from activities.ssh.components import ensure
from activities.ssh.jobs import run
from models.errors import HostRefusedError
from models.hosts import Commands
from models.jobs import EnsureComponent, Outcome, RunBatch, RunJob, Verb
from runbooks.collect_evidence import _STANDARD
from runbooks.free_disk_space import FreeDiskSpaceInput, _removal
from tests.hosts import Host, MountedHost
from tests.ssh.remote import Far, one_shell

_ids = itertools.count()

real = pytest.mark.needs("openssh", "mounts")

_SAID = {"bytes": "is full", "inodes": "has no inode left"}


def _full(kind: str, place: Path | str, keeping: Path | str = "") -> str:
    """Shell text that mounts a small disk and fills it; with `keeping`, a directory in it is made first."""
    room, filling = {
        "bytes": ("size=256k", f"{{ head -c 999999 /dev/zero >{place}/fill 2>/dev/null; :; }}"),
        "inodes": ("nr_inodes=40", f"{{ n=0; while touch {place}/fill$n 2>/dev/null; do n=$((n + 1)); done; :; }}"),
    }[kind]
    return f"mount -t tmpfs -o {room} tmpfs {place} && mkdir -p {keeping or place} && {filling}"


class FullHost(MountedHost):
    """A host whose user's home is full; with `everywhere`, every other place, too. What is mounted is its own.

    With `but_memory`, only the disk in memory has room.
    """

    def __init__(self, kind: str, *, everywhere: bool = False, but_memory: bool = False) -> None:
        super().__init__()
        steps = [_full(kind, self.home)]
        if everywhere or but_memory:
            # /tmp holds this very host, which must stay where it is.
            keep = f"mount --bind /mnt {self.root}"
            steps = [f"mount --bind {self.root} /mnt", _full(kind, "/tmp", self.root), keep, *steps]
        for place in ("/var/tmp", "/dev/shm"):
            full = everywhere or (but_memory and place != "/dev/shm")
            steps.append(_full(kind, place) if full else f"mount -t tmpfs tmpfs {place}")
        self.mounts = " && ".join(steps)


def _job(at: Host, command: str, **fields: Any) -> RunJob:
    values: dict[str, Any] = {"job": f"full-{next(_ids)}", "host": at.target(), "command": command} | fields
    return RunJob.model_validate(values)


def _ensure(at: Host, token: int) -> EnsureComponent:
    return EnsureComponent(
        job=f"full-{next(_ids)}",
        host=at.target(),
        component="acme.shop.web",
        control=Commands(start="true", stop="true", status="exit 0"),
        verb=Verb.STARTED,
        token=token,
    )


@real
@pytest.mark.parametrize("kind", ["bytes", "inodes"])
def test_jobs_run_once_and_under_their_tokens_although_the_users_home_is_full(
    kind: str, pool: Pool, tmp_path: Path
) -> None:
    with FullHost(kind) as host:
        why = f"the disk of {host.home} on web-1 {_SAID[kind]}, so the job was kept in /var/tmp/driftvakt-{host.user}"
        job = _job(host, f"echo x >>{tmp_path}/effects; df $HOME | tail -n 1", fences={"acme.shop.web": 7})
        first = run(pool, job)
        assert (first.outcome, first.stdout.text.split()[-1]) == (Outcome.OK, str(host.home))
        assert first.reason.endswith(why)
        assert why in ensure(pool, _ensure(host, 7)).reason
        assert Ssh(pool).run_read_only(host.target(), "rm -f $HOME/fill*", timedelta(seconds=20)).exit_status == 0
        # There is room again: the job is found where it is, and the token counts that was seen meanwhile.
        again = run(pool, job)
        assert (again.attached, again.reason) == (True, first.reason)
        assert (tmp_path / "effects").read_text() == "x\n"
        late = run(pool, _job(host, f"touch {tmp_path}/ran", fences={"acme.shop.web": 6}))
        assert "has seen token 7" in late.reason
        assert "kept in" not in late.reason
        assert "has seen token 7" in ensure(pool, _ensure(host, 6)).reason
        assert not (tmp_path / "ran").exists()


@real
def test_with_no_room_anywhere_what_only_reads_runs_and_what_changes_something_is_refused_with_the_reason(
    pool: Pool, tmp_path: Path
) -> None:
    with FullHost("bytes", everywhere=True) as host:
        seen = run(pool, _job(host, "echo evidence", read_only=True))
        assert (seen.outcome, seen.stdout.text, seen.changed) == (Outcome.OK, "evidence\n", False)
        assert f"the disk of {host.home} on web-1 is full and the disk of /var/tmp on web-1 is full" in seen.reason
        assert seen.reason.endswith("so it was run without a job's folder")
        with pytest.raises(HostRefusedError, match=f"the disk of {host.home} on web-1 is full"):
            run(pool, _job(host, "touch $HOME/../ran"))
        [result] = run_batch(pool, RunBatch(jobs=[_job(host, "touch $HOME/../ran")])).results
        assert result.reason.endswith("nothing was run")
        assert not (host.root / "ran").exists()


@real
@pytest.mark.parametrize("kind", ["bytes", "inodes"])
def test_evidence_is_collected_and_disk_space_freed_although_all_disks_are_full(kind: str, pool: Pool) -> None:
    with FullHost(kind, but_memory=True) as host:
        assert (
            Ssh(pool)
            .run_read_only(host.target(), f"touch -d 2020-01-01 {host.home}/fill*", timedelta(seconds=20))
            .stderr
            == ""
        )
        for evidence in _STANDARD.values():
            seen = run(pool, _job(host, evidence, read_only=True))
            assert (seen.outcome, bool(seen.stdout.text)) == (Outcome.OK, True), seen
            assert f"the disk of {host.home} on web-1 {_SAID[kind]}" in seen.reason
        order = FreeDiskSpaceInput(
            application="acme.shop",
            requested_by="anna@acme.example",
            component="web",
            directories=[str(host.home)],
            patterns=["fill*"],
        )
        [step] = _removal(order, ["web-1"])
        cleaned = run(pool, RunJob(job="full-clean", host=host.target(), command=step.command, check=step.check))
        assert (cleaned.outcome, cleaned.changed) == (Outcome.OK, True), cleaned
        assert cleaned.reason.endswith(f"so the job was kept in /dev/shm/driftvakt-{host.user}")
        room = Ssh(pool).run_read_only(host.target(), "head -c 65536 /dev/zero >$HOME/room", timedelta(seconds=20))
        assert room.exit_status == 0, room


@one_shell
def test_a_lock_that_is_held_in_one_place_keeps_out_an_operation_in_another(far: Far, tmp_path: Path) -> None:
    far.root.write_text("a file where a folder should be")
    begun, end = tmp_path / "begun", tmp_path / "end"
    holder = far.begin_fenced("a", "a.b.web:2", f"touch {begun}; until test -e {end}; do sleep 0.05; done")
    while not begun.exists():
        time.sleep(0.02)
    far.root.unlink()
    assert far.fenced("b", "a.b.web:3", f"touch {tmp_path}/ran", wait=1).words[6:8] == ["fence", "locked"]
    end.touch()
    assert far.hear(holder).words[:2] == ["0", "exit"]
    assert far.fenced("c", "a.b.web:1", f"touch {tmp_path}/ran").words[6:] == ["fence", "old", "a.b.web", "2"]
    assert not (tmp_path / "ran").exists()
    assert far.fenced("d", "a.b.web:3", "echo next").streams[0] == b"next\n"


@one_shell
@pytest.mark.parametrize("trap", ["link", pytest.param("folder", marks=pytest.mark.needs("mounts"))])
def test_a_place_where_everybody_may_write_is_used_only_where_its_folder_is_the_users(
    trap: str, far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = f"{trap}-{tmp_path.parent.name}-{tmp_path.name}"
    monkeypatch.setenv("LOGNAME", user)
    far.root.write_text("a file where a folder should be")
    far.home.write_text("another")
    theirs, ours = Path(f"/var/tmp/driftvakt-{user}"), Path(f"/tmp/driftvakt-{user}")
    (tmp_path / "elsewhere").mkdir()
    try:
        if trap == "link":
            theirs.symlink_to(tmp_path / "elsewhere")
        else:
            theirs.mkdir()
            os.chown(theirs, 65534, 65534)
        answer = far.run("j", "echo out")
        assert (answer.streams[0], answer.notes[-1]) == (b"out\n", f"kept {ours}")
        assert (ours.stat().st_mode & 0o777, (ours / "jobs").stat().st_mode & 0o777) == (0o700, 0o700)
        assert not list((tmp_path / "elsewhere").iterdir())
        assert trap == "link" or not list(theirs.iterdir())
    finally:
        theirs.unlink() if theirs.is_symlink() else theirs.rmdir()
        shutil.rmtree(ours)
