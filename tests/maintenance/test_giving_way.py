"""A remedy of an incident goes before a routine, which is judged by what it has done itself and by nothing that others broke."""

from __future__ import annotations

import asyncio

from temporalio.client import Client

from models.lease import LeaseWanted
from models.notices import Occasion
from models.operation import AbortOperation, OperationEnd, OperationReply, OperationState, OperationStatus
from tests.fakes import FakeHosts
from tests.maintenance.scene import HOSTS, OPERATOR, Run, hosts, order, started
from tests.maintenance.test_rolling import answered, breaks, heals, patched, records
from tests.workflows.waiting import until_asked

INCIDENT = "inc.acme.shop.17"


async def wanted(handle: Run) -> None:
    """The remedy of an incident waits for the lease of a run."""
    await handle.signal("lease_wanted", LeaseWanted(holder=handle.id, by=INCIDENT, title="Restart app"))


async def given_back(fakes: FakeHosts, times: int = 1) -> None:
    """Wait until the lease was given back so often."""
    async with asyncio.timeout(60):
        while len(fakes.given_back) < times:
            await asyncio.sleep(0.02)


async def test_earlier_faults_and_faults_of_others_do_not_stop_a_routine(client: Client) -> None:
    fakes = hosts()
    fakes.failing = {"web"}

    async with started(client, fakes, records(at_once=5), order()) as handle:
        outcome = await handle.result()

    assert outcome.end is OperationEnd.DONE
    assert [host for host in patched(fakes) if host != "-"] == HOSTS


async def test_a_routine_waits_until_a_needed_component_that_others_broke_is_healthy_and_asks_nobody(
    client: Client,
) -> None:
    fakes = hosts()
    breaks(fakes, "web", "app")

    async with started(client, fakes, records(at_once=5), order()) as handle:
        fakes.on_look("watch app-up", 1, lambda: heals(fakes))
        outcome = await handle.result()

    assert outcome.end is OperationEnd.DONE
    assert not [n for n in fakes.notices if n.occasion is Occasion.DECISION]
    told = [entry.text for batch in fakes.records for one in batch.operations for entry in one.timeline]
    assert any(text.startswith("Waiting until app is healthy: this routine needs it") for text in told)


async def test_while_people_are_asked_the_lease_goes_to_a_remedy_and_an_answer_that_cannot_help_is_not_offered(
    client: Client,
) -> None:
    fakes = hosts()
    breaks(fakes, "web", "app")

    async with started(client, fakes, records(at_once=5), order()) as handle:
        gate = await until_asked(handle, "stop")
        await wanted(handle)
        await given_back(fakes)
        status: OperationStatus = await handle.query("status", result_type=OperationStatus)
        heals(fakes)
        outcome = await answered(handle, "go-on")

    assert [option.name for option in gate.question.options] == ["go-on", "stop"]
    assert "app is not healthy: it is needed, and this routine does not touch it" in gate.question.text
    assert status.lease == f"Handed its lease over to {INCIDENT}, whose remedy goes first: Restart app"
    assert status.state is OperationState.DECIDING
    assert (outcome.end, len(fakes.leases)) == (OperationEnd.DONE, 2)
    assert fakes.leases[0].yields
    assert fakes.leases[0].key != fakes.leases[1].key
    assert any("has handed its lease over" in n.facts.text for n in fakes.notices if n.occasion is Occasion.MESSAGE)


async def test_between_batches_the_lease_is_handed_over_and_waited_for_again_and_it_can_be_stopped_meanwhile(
    client: Client,
) -> None:
    fakes = hosts()

    async with started(client, fakes, records(), order()) as handle:
        loop = asyncio.get_running_loop()

        def wants(line: str) -> None:
            if line.startswith("web2: "):
                fakes.queue_next_lease(f"Restart app ({INCIDENT}) holds web")
                asyncio.run_coroutine_threadsafe(wanted(handle), loop)

        fakes.on_line = wants
        await given_back(fakes)
        async with asyncio.timeout(60):
            while (
                status := await handle.query("status", result_type=OperationStatus)
            ).state is not OperationState.WAITING:
                await asyncio.sleep(0.02)
        await handle.execute_update(
            "abort", AbortOperation(by=OPERATOR, reason="Another day"), result_type=OperationReply
        )
        outcome = await handle.result()

    assert INCIDENT in status.lease
    assert outcome.end is OperationEnd.ABORTED
    assert "web3" not in patched(fakes)
    assert outcome.data["done"] == ["web1", "web2"]
