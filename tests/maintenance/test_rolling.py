"""Rolling over hosts: one first, then batches, each proven; what fails stops it, and it goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from temporalio.client import Client

from models.jobs import Outcome
from models.operation import AbortOperation, OperationEnd, OperationOutcome, OperationReply
from tests.fakes import Answer, FakeHosts
from tests.maintenance.scene import HOSTS, OPERATOR, PATCH, OneDossier, Run, dossier, hosts, order, started
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide

ALWAYS = {"time_zone": "UTC", "hours": "00:00-24:00"}
CHECK = {"type": "run", "command": "needrestart", "timeout": "1m"}


def records(**routine: Any) -> OneDossier:
    return OneDossier(dossier(window=ALWAYS, **routine))


def patched(fakes: FakeHosts) -> list[str]:
    """What happened after the look at the health before: hosts that were patched, and `-` for each look at health."""
    assert fakes.lines[0].startswith("watch ")
    return ["-" if line.startswith("watch ") else line.partition(":")[0] for line in fakes.lines[1:]]


def breaks(fakes: FakeHosts, *components: str) -> None:
    """While the first host is maintained, these components break."""
    fakes.on_line = lambda line: fakes.failing.update(components) if line.startswith("web1: ") else None


def heals(fakes: FakeHosts) -> None:
    """All are healthy again, and stay so."""
    fakes.on_line = lambda line: None
    fakes.failing.clear()


async def run(client: Client, fakes: FakeHosts, kept: OneDossier, **fields: Any) -> OperationOutcome:
    async with started(client, fakes, kept, order(**fields)) as handle:
        return await handle.result()


async def answered(handle: Run, *options: str) -> OperationOutcome:
    for option in options:
        await until_asked(handle, option)
        await decide(handle, option, note="seen to it")
    return await handle.result()


async def test_one_host_is_first_and_batches_follow_each_proven_healthy_before_the_next(client: Client) -> None:
    fakes = hosts()

    outcome = await run(client, fakes, records(at_once=3))

    assert patched(fakes) == ["web1", "-", "web2", "web3", "web4", "-", "web5", "-", "-"]  # and a last look at the end
    assert outcome.end is OperationEnd.DONE
    assert outcome.summary == "Done on 5 of 5 hosts"
    assert outcome.data["done"] == HOSTS
    assert fakes.leases[0].components.names == ["web"]
    assert fakes.given_back


async def test_nothing_to_do_on_any_host_says_so(client: Client) -> None:
    fakes = hosts()
    fakes.answer("web", Answer(nothing_to_do=True))

    outcome = await run(client, fakes, records(steps=[{**PATCH, "check": "true"}]))

    assert outcome.end is OperationEnd.NOTHING_TO_DO


async def test_a_failure_of_the_first_host_stops_it_however_many_are_allowed(client: Client) -> None:
    fakes = hosts()
    fakes.answer("web1", Answer(outcome=Outcome.FAILED))

    async with started(client, fakes, records(abort_after_failures=5), order()) as handle:
        gate = await until_asked(handle, "stop")
        outcome = await answered(handle, "stop")

    assert "Security updates failed on web1: apt-get upgrade: it ended failed" in gate.question.text
    assert "Done: 0 of 5 hosts; not started: 4." in gate.question.text
    assert gate.question.plan.startswith("1. on each host run ")
    assert patched(fakes)[0] == "web1"
    assert "web2" not in patched(fakes)
    assert outcome.end is OperationEnd.FAILED
    assert outcome.data["left"] == HOSTS[1:]
    assert list(outcome.data["failed"]) == ["web1"]


@pytest.mark.parametrize(("allowed", "stopped_after"), [(1, ["web1", "web2"]), (2, ["web1", "web2", "web3", "web4"])])
async def test_so_many_failed_hosts_stop_it(client: Client, allowed: int, stopped_after: Sequence[str]) -> None:
    fakes = hosts()
    for host in ("web2", "web4"):
        fakes.answer(host, Answer(outcome=Outcome.FAILED))

    async with started(client, fakes, records(abort_after_failures=allowed), order()) as handle:
        outcome = await answered(handle, "stop")

    assert [host for host in patched(fakes) if host != "-"] == stopped_after
    assert outcome.end is OperationEnd.FAILED


async def test_fewer_failures_than_allowed_are_reported_at_the_end(client: Client) -> None:
    fakes = hosts()
    fakes.answer("web3", Answer(outcome=Outcome.UNKNOWN))

    outcome = await run(client, fakes, records(abort_after_failures=2))

    assert outcome.end is OperationEnd.FAILED
    assert outcome.summary == "Done on 4 of 5 hosts; failed on web3"
    assert outcome.data["failed"] == {"web3": "apt-get upgrade: it ended unknown"}


async def test_tried_again_a_host_goes_on_with_the_step_that_failed_and_the_rest_follows(client: Client) -> None:
    fakes = hosts()
    fakes.answer("web2: needrestart", Answer(outcome=Outcome.FAILED), Answer())

    async with started(client, fakes, records(steps=[PATCH, CHECK], at_once=2), order()) as handle:
        outcome = await answered(handle, "retry")

    assert outcome.end is OperationEnd.DONE
    assert fakes.hosts_by_line["web2"] == ["apt-get upgrade", "needrestart", "needrestart"]
    assert all(fakes.hosts_by_line[host] == ["apt-get upgrade", "needrestart"] for host in HOSTS if host != "web2")


async def test_people_may_go_on_without_a_failed_host(client: Client) -> None:
    fakes = hosts()
    fakes.answer("web1", Answer(outcome=Outcome.FAILED))
    fakes.answer("web4", Answer(outcome=Outcome.FAILED))

    async with started(client, fakes, records(), order()) as handle:
        outcome = await answered(handle, "go-on", "go-on")

    assert outcome.end is OperationEnd.FAILED
    assert outcome.summary == "Done on 3 of 5 hosts; failed on web1, web4"
    assert outcome.data["left"] == []


async def test_a_batch_that_leaves_it_unhealthy_stops_it_at_once(client: Client) -> None:
    fakes = hosts()
    breaks(fakes, "web")

    async with started(client, fakes, records(abort_after_failures=5), order()) as handle:
        gate = await until_asked(handle, "retry")
        heals(fakes)
        outcome = await answered(handle, "retry")

    assert "not healthy after web1: web-up failed" in gate.question.text
    assert outcome.end is OperationEnd.DONE
    assert [host for host in patched(fakes) if host != "-"] == HOSTS


async def test_another_run_goes_on_with_the_hosts_that_are_named(client: Client) -> None:
    fakes = hosts()

    outcome = await run(client, fakes, records(), hosts=["web3", "web5"])
    unknown = await run(client, fakes, records(), hosts=["db-1"])

    assert [host for host in patched(fakes) if host != "-"] == ["web3", "web5"]
    assert outcome.summary == "Done on 2 of 2 hosts"
    assert unknown.end is OperationEnd.REFUSED
    assert unknown.summary == "patches does not run on 'db-1'; its hosts are web1, web2, web3, web4, web5"


async def test_component_steps_touch_the_hosts_of_the_batch_alone(client: Client) -> None:
    fakes = hosts()
    steps = [
        {"type": "stop", "component": "web"},
        {"type": "run", "component": "web", "command": "install", "timeout": "1m"},
        {"type": "run", "component": "db", "command": "note", "timeout": "1m"},
        {"type": "start", "component": "web"},
        {"type": "restart", "component": "web"},
    ]

    await run(client, fakes, records(steps=steps, at_once=4))

    own = ["stop web", "install", "start web", "stop web", "start web"]
    assert all(fakes.hosts_by_line[host] == own for host in HOSTS)
    # What stands elsewhere is no host's: once for every batch. The lease covers it.
    assert fakes.hosts_by_line["db-1"] == ["note", "note"]
    assert fakes.leases[0].components.names == ["db", "web"]
    others = [n for n, line in enumerate(fakes.lines) if line.startswith(("web2", "web3", "web4", "web5"))]
    assert fakes.lines[: min(others)].count("web1: start web") == 2  # the first host is through


async def test_a_rehearsal_changes_nothing_and_needs_neither_lease_nor_window(client: Client) -> None:
    fakes = hosts()
    closed = dossier(window={"time_zone": "UTC", "hours": "03:00-03:01"}, frequency="daily 03:00")

    outcome = await run(client, fakes, OneDossier(closed), rehearse=True)

    assert outcome.end is OperationEnd.REHEARSED
    assert [job.host.name for job in fakes.jobs] == HOSTS
    assert all(job.rehearse for job in fakes.jobs)
    assert fakes.leases == []


async def test_stopped_by_somebody_the_batch_comes_to_its_end_and_no_other_begins(client: Client) -> None:
    fakes = hosts()
    fakes.answer("web2", Answer(outcome=Outcome.FAILED))

    async with started(client, fakes, records(), order()) as handle:
        await until_asked(handle, "stop")
        await handle.execute_update(
            "abort", AbortOperation(by=OPERATOR, reason="the customer calls"), result_type=OperationReply
        )
        outcome = await handle.result()

    assert outcome.end is OperationEnd.ABORTED
    assert "stopped by anna@supplier.example: the customer calls" in outcome.summary.lower()
    assert "web3" not in patched(fakes)


async def test_a_routine_that_is_not_there_is_named(client: Client) -> None:
    with pytest.raises(Exception, match="Workflow execution failed") as failure:
        await run(client, hosts(), records(), routine="patching")

    assert "acme.shop has no maintenance routine 'patching'; it has patches" in str(failure.value.__cause__)
