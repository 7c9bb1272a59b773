from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from temporalio.testing import WorkflowEnvironment

from models.jobs import Outcome
from models.runbooks import RunbookReport
from runbooks.free_disk_space import FreeDiskSpace, FreeDiskSpaceInput, _removal
from tests.fakes import Answer, FakeHosts, application_plan, carry_out
from tests.workflows.shop import OPERATOR

FIND = "find -P /var/log/shop -xdev -type f -mtime +14 ( -name *.gz )"


def df(percent: int, used_kib: int = 1000) -> Answer:
    return Answer(
        stdout=f"Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 9000 {used_kib} 1000 {percent}% /\n"
    )


def order(**inputs: Any) -> FreeDiskSpaceInput:
    return FreeDiskSpaceInput.model_validate(
        {
            "application": "acme.shop",
            "requested_by": OPERATOR,
            "component": "web",
            "path": "/var",
            "directories": ["/var/log/shop"],
            "patterns": ["*.gz"],
            **inputs,
        }
    )


def two_hosts() -> FakeHosts:
    return FakeHosts(application_plan({"web": []}, hosts={"web": ["web-1", "web-2"]}))


async def free(env: WorkflowEnvironment, hosts: FakeHosts, **inputs: Any) -> RunbookReport:
    return await carry_out(env.client, hosts, FreeDiskSpace, order(**inputs))


async def test_only_hosts_that_are_full_enough_are_cleaned(skipping: WorkflowEnvironment) -> None:
    hosts = two_hosts()
    hosts.answer("web-1: df", df(91, used_kib=8192), df(60, used_kib=4096))
    hosts.answer("web-2: df", df(79))

    report = await free(skipping, hosts)

    assert report.outcome is Outcome.OK
    assert hosts.hosts_by_line == {
        "web-1": ["df -Pk /var", f"{FIND} -print -delete", "df -Pk /var"],
        "web-2": ["df -Pk /var"],
    }
    assert report.summary == "Freed on web-1: 4.0 MiB (91 % to 60 %)"
    assert ("web-2", "79 % used, below 80 %") in [(step.host, step.detail) for step in report.steps]


async def test_repeating_it_where_nothing_is_old_enough_changes_nothing(skipping: WorkflowEnvironment) -> None:
    hosts = two_hosts()
    hosts.answer("web-1: df", df(91))
    hosts.answer("web-2: df", df(10))
    hosts.answer("web-1: find", Answer(nothing_to_do=True))

    report = await free(skipping, hosts)

    assert report.outcome is Outcome.OK
    assert not any(step.changed for step in report.steps)


async def test_a_rehearsal_reads_and_removes_nothing(skipping: WorkflowEnvironment) -> None:
    hosts = two_hosts()
    hosts.answer("web-1: df", df(91))
    hosts.answer("web-2: df", df(92))

    report = await free(skipping, hosts, rehearse=True)

    assert report.outcome is Outcome.OK
    assert all(job.rehearse for job in hosts.jobs)
    assert [step.command for step in report.steps if "find" in step.command] == [f"{FIND} -print -delete"] * 2
    assert not any(step.changed for step in report.steps)
    assert report.summary == "Rehearsal, nothing was changed. above the threshold: 2 of 2 hosts"


async def test_a_host_that_cannot_be_cleaned_is_reported_and_the_others_are_cleaned(
    skipping: WorkflowEnvironment,
) -> None:
    hosts = two_hosts()
    hosts.answer("web-1: df", df(91), df(91))
    hosts.answer("web-2: df", df(91), df(50))
    hosts.answer("web-1: find", Answer(outcome=Outcome.FAILED))

    report = await free(skipping, hosts)

    assert report.outcome is Outcome.FAILED
    assert "web-1: 0.0 MiB (91 % to 91 %)" in report.summary
    assert "(91 % to 50 %)" in report.summary


async def test_a_host_that_cannot_be_read_is_not_changed(skipping: WorkflowEnvironment) -> None:
    hosts = two_hosts()
    hosts.answer("web-1: df", Answer(outcome=Outcome.UNKNOWN))
    hosts.answer("web-2: df", Answer(stdout="what is this"))

    report = await free(skipping, hosts)

    assert report.outcome is Outcome.UNKNOWN
    assert not any("find" in line for line in hosts.lines)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("directories", ["/"], "too close to the root"),
        ("directories", ["/var"], "too close to the root"),
        ("directories", ["/var//"], "too close to the root"),
        ("directories", ["//etc/cron.d"], "belongs to the operating system"),
        ("directories", ["/usr/lib/x"], "belongs to the operating system"),
        ("directories", ["/var/log/../../etc"], "holds . or .."),
        ("directories", ["/var/log/./x"], "holds . or .."),
        ("directories", ["log/shop"], "is not an absolute path"),
        ("directories", ["-delete"], "is not an absolute path"),
        ("directories", ["/var/log\n/etc/x"], "control characters"),
        ("directories", [], "at least 1 item"),
        ("patterns", ["*"], "would match nearly every file"),
        ("patterns", ["?*.*"], "would match nearly every file"),
        ("patterns", ["../*.log"], "a file's name alone"),
        ("patterns", ["a\0b"], "control characters"),
        ("patterns", [], "at least 1 item"),
        ("path", "var", "is not an absolute path"),
        ("older_than_days", 0, "greater than or equal to 1"),
        ("above_percent", 100, "less than or equal to 99"),
    ],
)
def test_inputs_that_could_remove_too_much_are_refused(field: str, value: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        order(**{field: value})

    assert said in str(caught.value)


def test_the_command_removes_old_plain_files_that_match_and_nothing_else(tmp_path: Path) -> None:
    """Run for real: names with blanks, quotes and shell signs, a link out of the directory, a young file."""
    directory, outside = tmp_path / "it's $(here)", tmp_path / "outside"
    directory.mkdir()
    outside.mkdir()
    old = [
        directory / "a b.gz",
        directory / "$(touch x).gz",
        directory / "sub" / "c.gz",
        directory / "d.gz" / "keep.txt",
    ]
    for file in [*old, outside / "linked.gz", directory / "other.log"]:
        file.parent.mkdir(exist_ok=True)
        file.write_text("x")
        os.utime(file, (time.time() - 30 * 86_400,) * 2)
    (directory / "young.gz").write_text("x")
    (directory / "way-out").symlink_to(outside)
    (directory / "link.gz").symlink_to(outside / "linked.gz")
    step = _removal(order(directories=[str(directory)], patterns=["*.gz", "$(touch pwned)"]), ["web-1"])[0]
    assert isinstance(step.command, list)
    assert isinstance(step.check, str)

    before = subprocess.run(["sh", "-c", step.check], cwd=tmp_path).returncode
    subprocess.run(step.command, cwd=tmp_path, check=True)
    after = subprocess.run(["sh", "-c", step.check], cwd=tmp_path).returncode

    assert (before, after) == (1, 0)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if not path.is_dir() or path.is_symlink()}
    assert left == {
        "outside/linked.gz",
        *(f"it's $(here)/{name}" for name in ("young.gz", "other.log", "way-out", "link.gz", "d.gz/keep.txt")),
    }


def test_the_check_does_not_take_a_missing_directory_for_nothing_to_do(tmp_path: Path) -> None:
    step = _removal(order(directories=[str(tmp_path / "gone")]), ["web-1"])[0]

    assert subprocess.run(["sh", "-c", str(step.check)], capture_output=True).returncode != 0
