"""Every kind of page that offers something to paste, brought to where it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.records import Records, upgrade
from activities.records.halts import HaltActivities, Halts
from models.dossier.instructions import Approval
from models.gates import APPROVE, REFUSE, GateOption, Question
from models.halts import Halt, HaltOrder
from models.incident import Acknowledge, Waiting
from models.jobs import Outcome
from models.lease import LeaseAnswer, LeaseState
from models.names import WORKFLOW_QUEUE
from models.operation_kinds import (
    CHANGE,
    DRILL,
    MAINTENANCE,
    REPORT,
    RESTORE,
    REVIEW,
    ROUTINE,
    SHUT_DOWN,
    START_UP,
    OperationKind,
)
from runbooks.restart_with_dependants import RestartWithDependants
from tests.changes.scene import Scene as ChangeScene
from tests.changes.scene import changing, review_of, until_asked_of
from tests.e2e.test_routine import installation
from tests.e2e.test_routine import order as order_routine
from tests.fakes import Answer, FakeHosts, application_plan, working
from tests.maintenance import scene as maintenance
from tests.operations.test_starting import shop, started
from tests.records.dossiers import shop as halted_shop
from tests.replay import restores
from tests.replaying import replayed
from tests.report import scene as reports
from tests.servers import pass_time
from tests.workflows import led
from tests.workflows.scenarios.scene import Scene
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.waiting import until_asked
from tests.workflows.world import World, unique
from workflows.halt.workflow import Halting
from workflows.restore.drill import RestoreDrill
from workflows.restore.workflow import RestoreFromBackup

Handle = WorkflowHandle[Any, Any]


@dataclass
class Worlds:
    """What a page may need to be brought about."""

    client: Client
    """Of a real server."""
    skipping: WorkflowEnvironment
    home: Path


Opened = Callable[[Worlds], AbstractAsyncContextManager[Handle]]


@dataclass(frozen=True)
class Place:
    """A page at a moment."""

    name: str
    workflow: str
    """Its type."""
    opened: Opened
    offers: tuple[str, ...]
    """The updates for which it has something to paste."""


def _too_many() -> LeaseAnswer:
    question = Question(
        text="May it be done, beyond the limit?",
        plan="what is to be done",
        options=[GateOption(name=APPROVE, means="It is done."), GateOption(name=REFUSE, means="It is not done.")],
        deciders=[OPERATOR],
    )
    return LeaseAnswer(state=LeaseState.ASKED, reason="too many", question=question)


def _scene(worlds: Worlds, **world: Any) -> Scene:
    usual = {"down": {"mail"}, "cures": False, "now": worlds.skipping.get_current_time}
    return Scene(worlds.skipping, World(**(usual | world)))


@asynccontextmanager
async def _asking(worlds: Worlds) -> AsyncIterator[Handle]:
    scene = _scene(worlds)
    async with scene.played():
        await scene.fault()
        await scene.forward(timedelta(minutes=31))
        yield scene.incident()


@asynccontextmanager
async def _approving(worlds: Worlds) -> AsyncIterator[Handle]:
    scene = _scene(worlds, approval=Approval(roles=["approver"], within=timedelta(hours=1), count=2))
    async with scene.played():
        await scene.fault()
        yield scene.incident()


@asynccontextmanager
async def _waiting(worlds: Worlds, *, deaf: bool) -> AsyncIterator[Handle]:
    scene = _scene(worlds, deaf={"desk@betalt.example"} if deaf else set())
    async with scene.played():
        await scene.fault()
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        await scene.tell("wait_for", Waiting(party="betalt", by=OPERATOR, note="Card payments fail"))
        yield scene.incident()


@asynccontextmanager
async def _major(worlds: Worlds, *, over: bool) -> AsyncIterator[Handle]:
    client = worlds.skipping.client
    async with led.leading(client):
        incident = await led.incident(client)
        major = await led.open_major(client, "acme.shop.1")
        async with asyncio.timeout(60):
            while not (await led.status_of(major)).members:
                await asyncio.sleep(0.02)
        if over:
            await incident.signal("over", "recovered")
            await incident.result()
            await pass_time(worlds.skipping, timedelta(minutes=2))
        yield major


@asynccontextmanager
async def _components(worlds: Worlds, kind: OperationKind[Any]) -> AsyncIterator[Handle]:
    hosts = shop()
    verb = "start" if kind == START_UP else "stop"
    hosts.answer(f"app-1: {verb} app", Answer(outcome=Outcome.FAILED), Answer())
    async with started(worlds.client, hosts, kind.name) as handle:
        await until_asked(handle)
        yield handle


@asynccontextmanager
async def _maintenance(worlds: Worlds) -> AsyncIterator[Handle]:
    hosts = maintenance.hosts()
    hosts.answer("web3", Answer(outcome=Outcome.FAILED), Answer())
    dossier = maintenance.dossier(window={"time_zone": "UTC", "hours": "00:00-24:00"})
    async with maintenance.workers(worlds.client, hosts, maintenance.OneDossier(dossier)):
        handle = await maintenance.start(worlds.client, maintenance.order())
        await until_asked(handle)
        yield handle


@asynccontextmanager
async def _change(worlds: Worlds) -> AsyncIterator[Handle]:
    async with changing(worlds.client, ChangeScene()) as handle:
        for who in ("jonas.berg@driftbolaget.example", "karin.holm@acme.example"):
            await until_asked_of(handle, who)
        yield handle


@asynccontextmanager
async def _change_that_fails(worlds: Worlds) -> AsyncIterator[Handle]:
    scene = ChangeScene(on_failure="ask")
    scene.answer("app1: start app", Answer(outcome=Outcome.FAILED), Answer())
    async with changing(worlds.client, scene, kind="emergency") as handle:
        await until_asked(handle, "retry")
        yield handle


@asynccontextmanager
async def _review(worlds: Worlds) -> AsyncIterator[Handle]:
    async with changing(worlds.client, ChangeScene(), kind="emergency") as handle:
        await handle.result()
        approval = review_of(worlds.client, handle, ".approval")
        await until_asked(approval)
        yield approval


@asynccontextmanager
async def _restore(worlds: Worlds) -> AsyncIterator[Handle]:
    hosts = restores.Shop()
    hosts.answer("db-1: sh -c", restores.POINTS, restores.GOOD, Answer())
    async with working(worlds.client, hosts, RestoreFromBackup):
        handle = await restores.started(worlds.client, RESTORE.name, unique("pasted"))
        await until_asked(handle)
        yield handle


@asynccontextmanager
async def _drill(worlds: Worlds) -> AsyncIterator[Handle]:
    hosts = restores.Shop()
    hosts.lease_answers = [_too_many()]
    hosts.answer("db-1: sh -c", restores.POINTS, restores.GOOD, Answer())
    async with working(worlds.client, hosts, RestoreDrill):
        handle = await restores.started(worlds.client, DRILL.name, unique("pasted"))
        await until_asked(handle)
        yield handle


@asynccontextmanager
async def _routine(worlds: Worlds) -> AsyncIterator[Handle]:
    async with installation(worlds.home, approval={"roles": ["operator"], "within": "1h"}) as (client, _, _):
        handle = await order_routine(client, "pasted")
        await until_asked(handle)
        yield handle


@asynccontextmanager
async def _report(worlds: Worlds) -> AsyncIterator[Handle]:
    office = reports.Office(worlds.home)
    async with reports.working(worlds.client, office):
        handle = await reports.start(worlds.client)
        await until_asked(handle)
        yield handle
    office.close()


@asynccontextmanager
async def _runbook(worlds: Worlds) -> AsyncIterator[Handle]:
    hosts = FakeHosts(application_plan({"db": [], "web": ["db"]}))
    hosts.lease_answers = [_too_many()]
    order = {"application": APPLICATION, "requested_by": OPERATOR, "reason": "web hangs", "component": "web"}
    async with working(worlds.client, hosts, RestartWithDependants):
        handle = await worlds.client.start_workflow(
            "runbook.restart-with-dependants", order, id=unique("runbook"), task_queue=WORKFLOW_QUEUE
        )
        await until_asked(handle)
        yield handle


@asynccontextmanager
async def _halt(worlds: Worlds) -> AsyncIterator[Handle]:
    records_url = f"sqlite:///{worlds.home}/records.db"
    upgrade(records_url)
    records = Records(records_url)
    records.publish_dossier(halted_shop(), "ann")
    halts = HaltActivities(Halts(records)).activities()
    with ThreadPoolExecutor(4) as threads:
        async with replayed(
            worlds.client,
            task_queue=WORKFLOW_QUEUE,
            workflows=[Halting],
            activities=[*halts, World().send_notice],
            activity_executor=threads,
        ):
            order = HaltOrder(customer="acme", by="ann@example.com", reason="smoke")
            yield await worlds.client.start_workflow(
                "halt", order, id=unique("halt"), task_queue=WORKFLOW_QUEUE, result_type=Halt
            )
    records.close()


_OPERATION = ("decide", "abort")

PLACES = [
    Place("incident that nobody has taken up", "incident", _asking, ("acknowledge", "decide")),
    Place("incident whose remedy two must approve", "incident", _approving, ("decide",)),
    Place("incident that waits for somebody", "incident", partial(_waiting, deaf=False), ("resume", "decide")),
    Place(
        "incident that waits for somebody who was not reached",
        "incident",
        partial(_waiting, deaf=True),
        ("wait_for", "resume", "decide"),
    ),
    Place("major incident", "major", partial(_major, over=False), ("update_customers",)),
    Place("major incident whose incidents are over", "major", partial(_major, over=True), ("close_major",)),
    Place("start-up with a failed step", START_UP.name, partial(_components, kind=START_UP), _OPERATION),
    Place("shut-down with a failed step", SHUT_DOWN.name, partial(_components, kind=SHUT_DOWN), _OPERATION),
    Place("maintenance with a failed step", MAINTENANCE.name, _maintenance, _OPERATION),
    Place("change that two parties approve", CHANGE.name, _change, _OPERATION),
    Place("change with a failed step", CHANGE.name, _change_that_fails, _OPERATION),
    Place("review of an emergency change", REVIEW.name, _review, _OPERATION),
    Place("restore whose point is chosen", RESTORE.name, _restore, _OPERATION),
    Place("drill beyond the limit", DRILL.name, _drill, _OPERATION),
    Place("routine that was ordered", ROUTINE.name, _routine, _OPERATION),
    Place("report that waits for its approval", REPORT.name, _report, ("decide", "add_commentary", "abort")),
    Place("runbook beyond the limit", "runbook.restart-with-dependants", _runbook, ("decide",)),
    Place("halt", "halt", _halt, ("lift",)),
]
