"""What becomes of a runbook when the workflow that carries it out is reset: on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio import activity, workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle

from models.fences import HeldLease
from models.jobs import Outcome
from models.names import WORKFLOW_QUEUE
from models.plans import ApplicationPlan
from models.probes import HealthVerdict, WatchHealth
from runbooks.restart_with_dependants import RestartWithDependants
from tests.fakes import FakeHosts, application_plan, working
from tests.workflows.shop import OPERATOR
from tests.workflows.world import unique
from workflows.steps.runner import Steps


@workflow.defn(name="test-carries-out-a-runbook")
class CarriesOut:
    """Carries one runbook out, as an incident or a routine does."""

    @workflow.run
    async def run(self, plan: ApplicationPlan) -> Outcome:
        """Restart the component web, under a lease."""
        fences = {f"{plan.application}.{name}": 1000 for name in plan.components}
        lease = HeldLease(holder=workflow.info().workflow_id, fences=fences)
        steps = Steps(plan, requester=OPERATOR, lease=lease)
        return await steps.runbook("restart-with-dependants", {"component": "web"}, "Restart web")


async def reset(client: Client, id: str) -> WorkflowHandle[Any, Outcome]:
    """Reset a workflow to its beginning."""
    described = await client.get_workflow_handle(id).describe()
    answer = await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace="default",
            workflow_execution=WorkflowExecution(workflow_id=id, run_id=described.run_id),
            reason="a mistake was mended",
            workflow_task_finish_event_id=3,
            request_id=unique("reset"),
        )
    )
    return client.get_workflow_handle(id, run_id=answer.run_id, result_type=Outcome)


async def test_a_runbook_that_has_ended_is_read_and_not_run_again(client: Client) -> None:
    hosts = FakeHosts(application_plan({"web": []}))
    async with working(client, hosts, CarriesOut, RestartWithDependants):
        id = unique("routine")
        first: Outcome = await client.execute_workflow(CarriesOut.run, hosts.plan, id=id, task_queue=WORKFLOW_QUEUE)
        again = await (await reset(client, id)).result()
    assert first is again is Outcome.OK
    assert [line for line in hosts.lines if not line.startswith("watch")] == ["web-1: stop web", "web-1: start web"]


class Looking(FakeHosts):
    """A look at health takes until the test lets it end."""

    def __init__(self) -> None:
        super().__init__(application_plan({"web": []}))
        self.checks = asyncio.Event()
        self.may_end = asyncio.Event()

    def activities(self) -> list[Callable[..., Any]]:
        """The fakes, with looks that take their time."""
        others = [a for a in super().activities() if getattr(a, "__name__", "") != "_watch_health"]
        return [*others, self.look]

    @activity.defn(name="watch_health")
    async def look(self, request: WatchHealth) -> HealthVerdict:
        """Look, when the test says so."""
        self.checks.set()
        await self.may_end.wait()
        return await self._watch_health(request)


async def test_a_runbook_that_still_runs_is_waited_for_and_then_read(client: Client) -> None:
    hosts = Looking()
    async with working(client, hosts, CarriesOut, RestartWithDependants):
        id = unique("routine")
        await client.start_workflow(CarriesOut.run, hosts.plan, id=id, task_queue=WORKFLOW_QUEUE)
        await hosts.checks.wait()
        again = await reset(client, id)
        async with asyncio.timeout(90):
            while not any(
                event.HasField("start_child_workflow_execution_failed_event_attributes")
                for event in (await again.fetch_history()).events
            ):
                await asyncio.sleep(0.05)
        hosts.may_end.set()
        outcome = await again.result()
    assert outcome is Outcome.OK
    assert [line for line in hosts.lines if not line.startswith("watch")] == ["web-1: stop web", "web-1: start web"]
