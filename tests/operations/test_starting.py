"""Starting up and shutting down in order, against scripted hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.client import Client, WorkflowHandle

from models.jobs import Outcome
from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import ComponentsOrder, OperationEnd, OperationOutcome
from tests.fakes import Answer, FakeHosts, application_plan, working
from tests.workflows.waiting import until_asked
from tests.workflows.world import OPERATOR, decide, unique
from workflows.starting import ShutDown, StartUp

SHOP = {"db": [], "app": ["db"], "web": ["app"], "mail": []}


def shop() -> FakeHosts:
    return FakeHosts(application_plan(SHOP))


@asynccontextmanager
async def started(
    client: Client, hosts: FakeHosts, kind: str = "start-up", **order: object
) -> AsyncIterator[WorkflowHandle[object, OperationOutcome]]:
    async with working(client, hosts, StartUp if kind == "start-up" else ShutDown):
        yield await client.start_workflow(
            kind,
            ComponentsOrder.model_validate({"application": "acme.shop", "by": OPERATOR} | order),
            id=operation_id(kind, "acme.shop", unique("t")),
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
        )


async def test_it_starts_what_is_needed_before_what_needs_it_and_proves_each_healthy(client: Client) -> None:
    hosts = shop()
    async with started(client, hosts) as handle:
        outcome = await handle.result()
    assert outcome.end is OperationEnd.DONE
    acted = [line for line in hosts.lines if "start" in line or line.startswith("watch ")]
    for before, after in (
        ("db-1: start db", "watch db-up"),
        ("watch db-up", "app-1: start app"),
        ("watch app-up", "web-1: start web"),
    ):
        assert acted.index(before) < acted.index(after)
    assert hosts.given_back


async def test_a_failed_step_is_tried_again_when_people_say_so_and_the_rest_follows(client: Client) -> None:
    hosts = shop()
    hosts.answer("app-1: start app", Answer(outcome=Outcome.FAILED), Answer())
    async with started(client, hosts) as handle:
        gate = await until_asked(handle, "retry")
        assert "app" in gate.question.text
        assert "web-1: start web" not in hosts.lines
        await decide(handle, "retry")
        outcome = await handle.result()
    assert outcome.end is OperationEnd.DONE
    assert hosts.lines.count("db-1: start db") == 1
    assert hosts.lines.count("app-1: start app") == 2
    assert "web-1: start web" in hosts.lines
