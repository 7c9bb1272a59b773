"""The runbooks over SSH, with the real activities: what the fakes promise, a host keeps."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.ssh.activities import Ssh
from activities.ssh.pool import Pool
from models.hosts import Commands
from models.jobs import Outcome
from models.plans import RoutedHost
from models.runbooks import RunbookInput, RunbookReport
from runbooks.collect_evidence import CollectEvidence, CollectEvidenceInput
from runbooks.free_disk_space import FreeDiskSpace, FreeDiskSpaceInput
from runbooks.restart_with_dependants import RestartWithDependants, RestartWithDependantsInput
from tests.fakes import FakeHosts, application_plan, carry_out
from tests.hosts import AsyncsshHost
from tests.workflows.shop import OPERATOR
from workflows.runtime.serving import BoundedWorker

SITE = "site.real"


@pytest.fixture(scope="module")
def host() -> Iterator[AsyncsshHost]:
    with AsyncsshHost() as host:
        yield host


def hosts_on(host: AsyncsshHost, state: Path) -> FakeHosts:
    """A shop whose one component runs on the host: running is a file."""
    running = state / "running"
    control = Commands(
        start=f"touch '{running}'; echo start >> '{state}/log'",
        stop=f"rm -f '{running}'; echo stop >> '{state}/log'",
        status=f"test -e '{running}' || exit 3",
    )
    plan = application_plan({"web": []}, without_health=["web"])
    place = RoutedHost(host=host.target(name="web-1"), queue=SITE)
    web = plan.components["web"].model_copy(update={"routed_hosts": [place], "control": control})
    return FakeHosts(plan.model_copy(update={"components": {"web": web}, "hosts": {"web-1": place}}))


async def run(client: Client, hosts: FakeHosts, runbook: type, order: RunbookInput) -> RunbookReport:
    pool = Pool()
    ssh = Ssh(pool)
    with ThreadPoolExecutor(4) as threads:
        site = BoundedWorker(
            client,
            task_queue=SITE,
            activities=[ssh.run_batch, ssh.ensure_component],
            activity_executor=threads,
        )
        try:
            async with site:
                return await carry_out(client, hosts, runbook, order, fake_sites=False)
        finally:
            pool.close()


def common(rehearse: bool) -> dict[str, object]:
    return {"application": "acme.shop", "requested_by": OPERATOR, "component": "web", "rehearse": rehearse}


async def test_old_files_are_shown_in_a_rehearsal_removed_in_a_run_and_left_alone_afterwards(
    client: Client, host: AsyncsshHost, tmp_path: Path
) -> None:
    hosts = hosts_on(host, tmp_path)
    old, young = tmp_path / "it's old.gz", tmp_path / "young.gz"
    for file in (old, young):
        file.write_text("x")
    os.utime(old, (time.time() - 30 * 86_400,) * 2)

    def order(*, rehearse: bool) -> FreeDiskSpaceInput:
        given = {"above_percent": 1, "directories": [str(tmp_path)], "patterns": ["*.gz"], **common(rehearse)}
        return FreeDiskSpaceInput.model_validate(given)

    rehearsed = await run(client, hosts, FreeDiskSpace, order(rehearse=True))
    kept = old.exists()
    first = await run(client, hosts, FreeDiskSpace, order(rehearse=False))
    second = await run(client, hosts, FreeDiskSpace, order(rehearse=False))

    assert (rehearsed.outcome, kept) == (Outcome.OK, True)
    assert "the check ended with exit status 1, so the command would be run" in rehearsed.steps[-1].detail
    assert (first.outcome, old.exists(), young.exists()) == (Outcome.OK, False, True)
    assert any(step.changed for step in first.steps)
    assert second.outcome is Outcome.OK
    assert not any(step.changed for step in second.steps)


async def test_a_restart_stops_and_starts_once_and_its_rehearsal_does_not(
    client: Client, host: AsyncsshHost, tmp_path: Path
) -> None:
    hosts = hosts_on(host, tmp_path)
    (tmp_path / "running").touch()

    rehearsed = await run(
        client, hosts, RestartWithDependants, RestartWithDependantsInput.model_validate(common(rehearse=True))
    )
    touched = (tmp_path / "log").exists()
    report = await run(
        client, hosts, RestartWithDependants, RestartWithDependantsInput.model_validate(common(rehearse=False))
    )

    assert (rehearsed.outcome, touched) == (Outcome.OK, False)
    assert report.outcome is Outcome.OK
    assert (tmp_path / "log").read_text().split() == ["stop", "start"]


async def test_evidence_is_read_from_the_host(client: Client, host: AsyncsshHost, tmp_path: Path) -> None:
    log = tmp_path / "web log"
    log.write_text("one\ntwo\nthree\n")
    order = CollectEvidenceInput.model_validate({"log": str(log), "log_lines": 2, **common(rehearse=False)})

    report = await run(client, hosts_on(host, tmp_path), CollectEvidence, order)

    assert report.outcome is Outcome.OK
    assert report.steps[-1].detail.endswith("two\nthree")
