"""A remedy of an incident, and a holder that yields, before the watch that grants both of them their leases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.lease.activities import Leases
from models.incident import IncidentEnd
from models.lease import LeaseAnswer, ReleaseLease, RequestLease
from models.names import WORKFLOW_QUEUE
from models.operation_kinds import MAINTENANCE
from models.records import TakeTokens, Tokens
from models.watch import WatchReply
from tests.workflows.shop import APPLICATION, DEPENDS_ON, OPERATOR
from tests.workflows.waiting import end_of
from tests.workflows.world import World, alarm, begin_watching, incident, report, watch_status
from workflows.incident.workflow import Incident
from workflows.steps.lease import HoldsLease
from workflows.watch.workflow import Watch

ROUTINE = "maintenance.acme.shop.patches"


@workflow.defn(name="yielding")
class Yielding(HoldsLease):
    """Holds the lease of the web server until it is wanted, and takes it again afterwards."""

    @workflow.run
    async def run(self) -> str:
        """Who wanted it."""
        await self._take()
        await workflow.wait_condition(lambda: self.wanted is not None)
        assert self.wanted is not None
        wanted = self.wanted
        await self.give_lease_back()
        await self._take()
        return f"{wanted.by}: {wanted.title}"

    async def _take(self) -> None:
        await self.take_lease(
            APPLICATION,
            MAINTENANCE.name,
            "Patches",
            OPERATOR,
            components=["web"],
            dossier="d1",
            lasts=timedelta(hours=1),
            yields=True,
        )


@dataclass
class Leased(World):
    """A world in which the watch itself grants leases."""

    client: Client | None = None

    def _leases(self) -> Leases:
        assert self.client is not None
        return Leases(self.client, _tokens, lambda application: list(DEPENDS_ON))

    @activity.defn(name="request_lease")
    async def request_lease(self, request: RequestLease) -> LeaseAnswer:
        """As the real one does it."""
        self.leases.append(request)
        return await self._leases().request_lease(request)

    @activity.defn(name="release_lease")
    async def release_lease(self, request: ReleaseLease) -> WatchReply:
        """As the real one does it."""
        return await self._leases().release_lease(request)


def _tokens(request: TakeTokens) -> Tokens:
    return Tokens(tokens=dict.fromkeys(request.components, 1000))


async def test_a_remedy_gets_the_lease_of_a_routine_that_is_in_its_way_and_the_routine_goes_on_afterwards(
    skipping: WorkflowEnvironment,
) -> None:
    world = Leased(down={"app"}, client=skipping.client)
    async with world.worker(skipping.client, workflows=[Watch, Incident, Yielding]):
        await begin_watching(skipping.client)
        routine = await skipping.client.start_workflow(Yielding.run, id=ROUTINE, task_queue=WORKFLOW_QUEUE)
        await _until(skipping.client, lambda seen: [lease.holder for lease in seen.leases] == [ROUTINE])
        await report(skipping.client, alarm("app"))
        outcome = await end_of(incident(skipping.client))
        wanted = await routine.result()
    waited = [text for text in world.timeline if text.startswith("Waiting before")]
    assert (outcome.end, outcome.remedy) == (IncidentEnd.RECOVERED, "restart-app")
    assert wanted == "inc.acme.shop.1: Restart app"
    assert waited
    assert "and releases it as soon as no host is half-way" in waited[0]
    assert [order.holder for order in world.leases][-1] == ROUTINE


async def _until(client: Client, holds: Callable[[Any], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds(await watch_status(client)):
            await asyncio.sleep(0.02)
