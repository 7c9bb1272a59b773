"""An alarm that reaches an incident as it ends is raised again within seconds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from models.alarms import AlarmReceipt, Disposition
from models.beginning import EndIncident, IncidentEnded
from models.dossier.agreement import CauseCode
from models.dossier.instructions import Approval
from models.incident import CloseIncident, IncidentOutcome
from models.names import watch_id
from models.probes import HealthVerdict, WatchHealth
from models.watch import OpenByHand, OpenReceipt
from tests.servers import pass_time
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import World, alarm, incident, report, status, watch_status

WAITING = Approval(roles=["approver"], within=timedelta(days=7))


async def _nothing() -> None:
    """Nothing happens."""


@dataclass
class Ending(World):
    """Something happens once, while the first incident closes: it has decided to end, and that is being written."""

    while_closing: Callable[[], Awaitable[None]] = _nothing

    @activity.defn(name="end_incident")
    async def end_incident(self, request: EndIncident) -> IncidentEnded:
        happens, self.while_closing = self.while_closing, _nothing
        await happens()
        return await super().end_incident(request)


async def _seconds_until_next(client: Client, first: IncidentOutcome, number: int = 1) -> float:
    """How long after the end of the first incident the next run of an incident began."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(RPCError):
                described = await incident(client, number).describe()
                if described.start_time > first.closed_at:
                    return (described.start_time - first.closed_at).total_seconds()
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("handed_on", [False, True])
async def test_an_alarm_that_joins_an_incident_while_it_closes_is_raised_again_within_seconds(
    skipping: WorkflowEnvironment, handed_on: bool
) -> None:
    client, receipts = skipping.client, list[AlarmReceipt]()
    world = Ending(down={"web"})

    async def meanwhile() -> None:
        world.down.add("db")
        if handed_on:
            await client.get_workflow_handle(watch_id(APPLICATION)).signal("hand_on")
        receipts.extend((await report(client, alarm("db"))).receipts)

    world.while_closing = meanwhile
    async with world.worker(client):
        await report(client, alarm("web"))
        first = await end_of(incident(client, 1))
        if handed_on:  # the new run of the watch has to look it up
            await pass_time(skipping, timedelta(seconds=6))
        seconds = await _seconds_until_next(client, first)
        second = await end_of(incident(client, 1))
    assert [r.disposition for r in receipts] == [Disposition.JOINED]
    assert (first.end.value, second.end.value) == ("recovered", "recovered")
    assert seconds < 10
    assert world.commands[-1] == "started db"


async def test_an_alarm_that_joins_an_incident_that_a_person_closes_does_not_wait_an_hour(
    skipping: WorkflowEnvironment,
) -> None:
    client = skipping.client
    world = Ending(down={"web", "db"}, approval=WAITING)

    async def meanwhile() -> None:
        await report(client, alarm("db"))

    world.while_closing = meanwhile
    async with world.worker(client):
        await report(client, alarm("web"))
        await until_asked(incident(client, 1))
        order = CloseIncident(by=OPERATOR, cause=CauseCode.NO_FAULT, reason="planned")
        await incident(client, 1).execute_update("close_incident", order)
        first = await end_of(incident(client, 1))
        seconds = await _seconds_until_next(client, first, 2)
        seen = await watch_status(client)
    assert seconds < 10
    # What the person knew to fire is left alone for the usual hour.
    assert {a.alarm.component: a.incident for a in seen.alarms} == {"web": "inc.acme.shop.1", "db": "inc.acme.shop.2"}


async def test_a_persons_report_to_a_closing_incident_opens_another(
    skipping: WorkflowEnvironment,
) -> None:
    client, told = skipping.client, list[OpenReceipt]()
    world = Ending(down={"web"})

    async def meanwhile() -> None:
        world.down.add("web")
        watch = client.get_workflow_handle(watch_id(APPLICATION))
        order = OpenByHand(title="Customers cannot pay", component="web", by=OPERATOR)
        told.append(await watch.execute_update("open_incident", order, result_type=OpenReceipt))

    world.while_closing = meanwhile
    async with world.worker(client):
        await report(client, alarm("web"))
        first = await end_of(incident(client, 1))
        seconds = await _seconds_until_next(client, first)
        second = await end_of(incident(client, 1))
    assert [t.incident for t in told] == ["inc.acme.shop.1"]
    assert second.end.value == "recovered"
    assert any("Customers cannot pay" in line for line in world.timeline)
    assert seconds < 10


async def test_health_of_what_joins_during_the_proof_is_proven_before_the_incident_ends(
    skipping: WorkflowEnvironment,
) -> None:
    client = skipping.client
    world = Joining(client=client, down={"web"})
    async with world.worker(client):
        await report(client, alarm("web"), alarm(None, fingerprint="embedded/all", point=False))
        ended = await end_of(incident(client, 1))
    assert ended.end.value == "recovered"
    proofs = [{t.point for t in look.targets} for look in world.looked if look.healthy_for is not None]
    assert ["acme.shop.mail-up" in points for points in proofs] == [False, True]


@dataclass
class Joining(World):
    """An alarm of a component that nothing else is connected to joins during the first proof of health."""

    client: Client | None = None

    @activity.defn(name="watch_health")
    async def watch_health(self, request: WatchHealth) -> HealthVerdict:
        verdict = await super().watch_health(request)
        client, proves = self.client, request.healthy_for is not None
        if client is not None and proves:
            self.client = None
            await report(client, alarm("mail"))
            while all(a.component != "mail" for a in (await status(incident(client))).alarms):
                await asyncio.sleep(0.02)
        return verdict
