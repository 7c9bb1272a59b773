"""The limit per hour, with real hosts: what would pass it asks, and says who acted on what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client, WorkflowHandle

from activities.records import Records, upgrade
from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import ComponentsOrder, OperationEnd, OperationOutcome
from starter.dossier.freshness import freshness
from starter.dossier.publishing import publish, read_all
from tests.chaos.fleet import Fleet
from tests.hosts import AsyncsshHost
from tests.servers import real_server
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide
from worker import running

Operation = WorkflowHandle[object, OperationOutcome]


@asynccontextmanager
async def two_applications(home: Path) -> AsyncIterator[tuple[Client, Records]]:
    """A running installation in which one host an hour may be acted on."""
    with AsyncsshHost() as host, real_server(home / "home") as server:
        fleet = Fleet(host, applications=2, components=1)
        fleet.write_dossiers(home / "dossiers")
        upgrade(server.settings.records_url)
        client, records = await server.client(), Records(server.settings.records_url)
        async with running(server.settings.model_copy(update={"acted_hosts_per_hour": 1}), client):
            await publish(client, records, read_all([home / "dossiers"]), "test")
            yield client, records
        records.close()
        fleet.close()


async def _restart(client: Client, application: str, *, rehearse: bool = False) -> Operation:
    kind = "start-up"
    return await client.start_workflow(
        kind,
        ComponentsOrder(application=application, by="ann", rehearse=rehearse),
        id=operation_id(kind, application, f"t{rehearse}"),
        task_queue=WORKFLOW_QUEUE,
        result_type=OperationOutcome,
    )


async def test_an_operation_above_the_limit_asks_an_operator_and_continues_after_approval(tmp_path: Path) -> None:
    async with two_applications(tmp_path) as (client, records):
        first = await (await _restart(client, "acme.app0")).result()
        rehearsal = await (await _restart(client, "acme.app1", rehearse=True)).result()
        second = await _restart(client, "acme.app1")
        gate = await until_asked(second)
        await decide(second, "approve", by="ann")
        outcome = await second.result()
        proofs = {f.instruction: f for name in ("acme.app0", "acme.app1") for f in freshness(records, name)}
    assert (first.end, rehearsal.end) == (OperationEnd.NOTHING_TO_DO, OperationEnd.REHEARSED)
    assert gate.question.text == "Start up acme.app1: continue above the action rate limit?"
    assert "acts on 1 host of acme.app1: h1." in gate.question.plan
    assert "Driftvakt would then have acted on 2 hosts (limit: 1)" in gate.question.plan
    assert "start-up.acme.app0.tFalse: 1 host of acme.app0, Start up acme.app0, by ann" in gate.question.plan
    assert outcome.end is OperationEnd.NOTHING_TO_DO
    assert proofs["start-up"].rehearsed is not None
    assert proofs["start-up"].carried_out is not None


async def test_an_operation_above_the_limit_without_approval_does_nothing(tmp_path: Path) -> None:
    async with two_applications(tmp_path) as (client, _):
        await (await _restart(client, "acme.app0")).result()
        second = await _restart(client, "acme.app1")
        await until_asked(second)
        await decide(second, "refuse", by="ann", note="One is enough for today")
        outcome = await second.result()
    assert outcome.end is OperationEnd.REFUSED
    assert outcome.summary == "not approved: Start up acme.app1: continue above the action rate limit?"
