"""A scene: one application, its watch, its incidents, and people who act on them while time is skipped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from models.alarms import AlarmReceipt
from models.base import Model
from models.clock import ClockedTarget, ClockEvent, ClockEventKind, ClockEvents, ClockReading, TargetKind
from models.gates import GateState
from models.incident import IncidentOutcome, IncidentReply, IncidentStatus
from models.names import watch_id
from models.notices import Occasion
from models.watch import OpenByHand, OpenReceipt, WatchReply
from tests.servers import pass_time
from tests.workflow_tasks import failed_tasks
from tests.workflows.shop import APPLICATION
from tests.workflows.waiting import Patience, until_asked
from tests.workflows.world import World, alarm, begin_watching, incident, report, status

_AT_WORK = {EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED}
"""Events after which a worker has something to do; the server that skips time says so nowhere else."""

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

NOTHING_COMES_LATE = {"confirm_every": timedelta(milliseconds=1)}
"""Terms for a scene in which an alarm joins shortly before health is proven. The looks of this world take no time, so such an
alarm would often count as one that came after the last look, and open its incident again."""


@dataclass
class Scene:
    """One application on a server of its own."""

    env: WorkflowEnvironment
    world: World
    incidents: int = 1
    """How many of them there will have been."""

    @asynccontextmanager
    async def played(self) -> AsyncIterator[None]:
        """With workers at work, and without a workflow task that failed: such a one is tried again, and only looks well."""
        async with self.world.worker(self.env.client):
            yield
            assert await self._failed_tasks() == []

    async def _failed_tasks(self) -> list[str]:
        watch = self.env.client.get_workflow_handle(watch_id(APPLICATION))
        return [
            f"{handle.id}: {message}"
            for handle in (watch, *(self.incident(number) for number in range(1, self.incidents + 1)))
            for message in failed_tasks([event async for event in handle.fetch_history_events()])
        ]

    # --- act

    async def alarm(self, component: str = "mail", **fields: Any) -> AlarmReceipt:
        """An alarm comes in."""
        [receipt] = (await report(self.env.client, alarm(component, **fields))).receipts
        return receipt

    async def fault(self, component: str = "mail", **fields: Any) -> WorkflowHandle[Any, IncidentOutcome]:
        """An alarm comes in, the fault is real, no remedy helps: people are asked."""
        await self.alarm(component, **fields)
        await self.asked()
        return self.incident()

    async def asked(self, number: int = 1) -> GateState:
        """Wait until people are asked how an incident goes on; the question."""
        # Only then a query: one that meets the first task of a workflow which no worker remembers costs that task's timeout.
        await self.settled(number)
        return await until_asked(self.incident(number))

    def incident(self, number: int = 1) -> WorkflowHandle[Any, IncidentOutcome]:
        """The incident of that number."""
        return incident(self.env.client, number)

    async def tell(self, update: str, message: Model, number: int = 1) -> str:
        """Tell an incident something; its answer, once what follows at once has happened."""
        told: IncidentReply = await self.incident(number).execute_update(update, message, result_type=IncidentReply)
        await self.settled(number)
        return told.message

    async def begin_watching(self) -> None:
        """The watch begins, before anything has happened."""
        await begin_watching(self.env.client)

    async def order(self, update: str, message: Model) -> WatchReply:
        """Order something of the watch."""
        watch = self.env.client.get_workflow_handle(watch_id(APPLICATION))
        told: WatchReply = await watch.execute_update(update, message, result_type=WatchReply)
        return told

    async def refusal(self, update: str, message: Model, number: int = 1) -> str:
        """What an incident says to somebody who may not."""
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await self.incident(number).execute_update(update, message, result_type=IncidentReply)
        assert isinstance(refused.value.cause, ApplicationError)
        return refused.value.cause.message

    async def hand_on(self) -> None:
        """The watch goes on in a new run."""
        watch = self.env.client.get_workflow_handle(watch_id(APPLICATION))
        first = (await watch.describe()).run_id
        await watch.signal("hand_on")
        async with asyncio.timeout(60):
            while (await watch.describe()).run_id == first:
                await asyncio.sleep(0.01)

    async def open_by_hand(self, order: OpenByHand) -> OpenReceipt:
        """Somebody reports what they see."""
        watch = self.env.client.get_workflow_handle(watch_id(APPLICATION))
        receipt: OpenReceipt = await watch.execute_update("open_incident", order, result_type=OpenReceipt)
        return receipt

    # --- fast-forward

    async def forward(self, span: timedelta, number: int = 1) -> None:
        """Let time pass."""
        await self.pass_time(span)
        await self.settled(number)

    async def forward_to(self, moment: datetime, number: int = 1) -> None:
        """Let time pass until a moment."""
        await self.forward(moment - await self.now(), number)

    async def pass_time(self, span: timedelta) -> None:
        """Let time pass where no incident may have begun."""
        await pass_time(self.env, span)

    async def pass_time_to(self, moment: datetime) -> None:
        """Let time pass until a moment, where no incident may have begun."""
        now = await self.now()
        assert moment > now
        await self.pass_time(moment - now)

    async def now(self) -> datetime:
        """What the clock of this world says."""
        return await self.env.get_current_time()

    async def settled(self, number: int = 1, seconds: float = 60) -> None:
        """Wait until an incident has begun and has done all that is due."""
        quiet, patience = 0, Patience()
        async with asyncio.timeout(seconds):
            while True:
                idle = await self._idle(number)
                quiet = quiet + 1 if idle else 0
                if quiet == 2:
                    return
                if idle:
                    patience.renew()
                await patience.pause()

    async def _idle(self, number: int) -> bool:
        try:
            raw = await self._described(number)
            if raw.workflow_execution_info.status != WorkflowExecutionStatus.RUNNING:
                return True
            if raw.pending_activities:
                return False
            last = [event.event_type async for event in self.incident(number).fetch_history_events()][-1]
            return last not in _AT_WORK
        except RPCError:
            return False  # it has not begun

    async def _ended(self, number: int) -> bool:
        try:
            raw = await self._described(number)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False  # it has not begun
        return bool(raw.workflow_execution_info.status != WorkflowExecutionStatus.RUNNING)

    async def _described(self, number: int) -> DescribeWorkflowExecutionResponse:
        """Not by the handle, which cannot read the null that this server keeps for a search attribute that was taken away."""
        id = self.incident(number).id
        return await self.env.client.workflow_service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(
                namespace=self.env.client.namespace, execution=WorkflowExecution(workflow_id=id)
            )
        )

    async def runs_anew(self, before: str, number: int = 1, seconds: float = 60) -> None:
        """Wait until an incident runs again, in another run than before."""
        async with asyncio.timeout(seconds):
            while (await self._described(number)).workflow_execution_info.execution.run_id == before:
                await asyncio.sleep(0.01)
        await self.settled(number)

    async def over(self, number: int = 1, seconds: float = 60) -> IncidentOutcome:
        """Wait until an incident has ended; how."""
        patience = Patience(0.01)
        async with asyncio.timeout(seconds):
            while not await self._ended(number):
                await patience.pause()
        return await self.incident(number).result()

    # --- expect

    async def status(self, number: int = 1) -> IncidentStatus:
        """Where an incident stands."""
        return await status(self.incident(number))

    async def said(self, number: int = 1) -> list[str]:
        """Its timeline."""
        return [e.text for e in (await self.status(number)).timeline]

    async def page(self, number: int = 1) -> str:
        """Its page in the UI, without the marks that keep words from being read as Markdown."""
        shown = await self.incident(number).query("__temporal_workflow_metadata")
        return str(shown.current_details).replace("\\", "")

    async def reading(self, number: int = 1) -> ClockReading:
        """Its clocks, as it read them last."""
        reading = (await self.status(number)).clock
        assert reading is not None
        return reading

    async def target(self, which: TargetKind, number: int = 1) -> ClockedTarget:
        """One of its targets."""
        return next(p for p in (await self.reading(number)).targets if p.kind is which)

    async def events(self, *kinds: ClockEventKind, number: int = 1) -> list[ClockEvent]:
        """What happened to its clocks."""
        found: ClockEvents = await self.incident(number).query("clock", result_type=ClockEvents)
        return [e for e in found.events if not kinds or e.kind in kinds]

    def told(self, occasion: Occasion) -> list[str]:
        """Who was written to, or what level was asked, notice by notice."""
        return [_receiver(self.world, n) for n in self.world.told(occasion)]

    async def until(self, wanted: Callable[[], Any], seconds: float = 60) -> None:
        """Wait until something has happened in the world."""
        patience = Patience(0.01)
        async with asyncio.timeout(seconds):
            while not wanted():
                await patience.pause()


def _receiver(world: World, notice: Any) -> str:
    audience = notice.audience
    if audience.level is not None:
        asked = world.policy[audience.level - 1] if audience.level <= len(world.policy) else ["the end"]
        return f"{audience.level}: {', '.join(asked)}"
    return "customer" if audience.customer else audience.party or ", ".join(audience.contacts)
