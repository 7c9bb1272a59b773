"""A workflow hears the same in a replay, in the same order, as it did live: on a real server, with records that hang."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle

from models.lease import LeaseRevoked
from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import ComponentsOrder, OperationEnd, OperationOutcome
from models.records import WriteRecords
from tests.fakes import FakeHosts, application_plan, working
from tests.replaying import replayed
from tests.workflows.shop import APPLICATION, OPERATOR
from workflows.runtime.calls import call, look_up
from workflows.start_stop.workflow import StartUp

_TASK = timedelta(seconds=1)
"""A workflow task; the SDK would keep one open with a heartbeat after 0.8 s."""
_HANGS = 2.0
"""Seconds, before and after the signal: over two heartbeats each."""
_SIGNALS = 5


class Hanging(FakeHosts):
    """The records hang from the second write on, until the test lets them go on."""

    def __init__(self) -> None:
        super().__init__(application_plan({"db": [], "web": ["db"]}))
        self.hung = asyncio.Event()
        self.back = asyncio.Event()

    def activities(self) -> list[Callable[..., Any]]:
        """The fakes, with records that hang."""
        others = [a for a in super().activities() if getattr(a, "__name__", "") != "_write_records"]
        return [*others, self.write]

    @activity.defn(name="write_records")
    async def write(self, request: WriteRecords) -> None:
        """Hang, and write."""
        self.records.append(request)
        if len(self.records) == 2:
            self.hung.set()
            await self.back.wait()


async def test_a_lease_that_is_revoked_while_the_records_hang_replays(client: Client) -> None:
    hosts = Hanging()
    async with working(client, hosts, StartUp):
        handle: WorkflowHandle[Any, OperationOutcome] = await client.start_workflow(
            "start-up",
            ComponentsOrder(application=APPLICATION, by=OPERATOR),
            id=operation_id("start-up", APPLICATION, uuid4().hex[:8]),
            task_queue=WORKFLOW_QUEUE,
            task_timeout=_TASK,
            result_type=OperationOutcome,
        )
        await hosts.hung.wait()
        began = await _events(handle)
        await asyncio.sleep(_HANGS)
        await handle.signal("lease_revoked", LeaseRevoked(holder=handle.id, by=OPERATOR))
        await handle.query("status")
        await asyncio.sleep(_HANGS)
        during = await _events(handle) - began
        hosts.back.set()
        outcome = await handle.result()
    assert outcome.end is OperationEnd.FAILED
    assert during <= 6  # the signal with its workflow task, and the start of the write


async def _events(handle: WorkflowHandle[Any, Any]) -> int:
    return len((await handle.fetch_history()).events)


@activity.defn(name="answer_after")
async def answer_after(milliseconds: int) -> int:
    """Answer after so many milliseconds."""
    await asyncio.sleep(milliseconds / 1000)
    return milliseconds


@workflow.defn(name="test-hears")
class Hears:
    """Does next what depends on all that it has heard until then."""

    def __init__(self) -> None:
        self._heard = 0

    @workflow.run
    async def run(self, lanes: list[list[int]]) -> int:
        """Two kinds of calls in each lane, side by side, with a patch wherever an odd number was heard."""
        await asyncio.gather(*(self._lane(number, lane) for number, lane in enumerate(lanes)))
        await workflow.wait_condition(lambda: self._heard == _SIGNALS)
        return self._heard

    async def _lane(self, number: int, lane: list[int]) -> None:
        for place, milliseconds in enumerate(lane):
            await look_up(answer_after, milliseconds, summary="Look up")
            if self._heard % 2 and workflow.patched(f"odd-{number}-{place}"):
                await call(answer_after, milliseconds, summary="Call")

    @workflow.signal
    def hear(self) -> None:
        """A signal that makes no command."""
        self._heard += 1

    @workflow.query
    def heard(self) -> int:
        """How many signals were heard."""
        return self._heard


async def test_calls_with_signals_patches_and_queries_between_them_replay(client: Client) -> None:
    queue, ended = f"hears-{uuid4().hex[:8]}", asyncio.Event()

    async def ask(handle: WorkflowHandle[Any, Any]) -> None:
        while not ended.is_set():
            await handle.query("heard")
            await asyncio.sleep(0.005)

    async with replayed(client, task_queue=queue, workflows=[Hears], activities=[answer_after]):
        lanes = [[(7 * n + 11 * lane) % 40 for n in range(6)] for lane in range(2)]
        handles = [
            await client.start_workflow("test-hears", lanes, id=f"{queue}.{n}", task_queue=queue, task_timeout=_TASK)
            for n in range(10)
        ]
        asking = [asyncio.create_task(ask(handle)) for handle in handles]
        for _ in range(_SIGNALS):
            for handle in handles:
                await handle.signal("hear")
        heard = [await handle.result() for handle in handles]
        ended.set()
        await asyncio.gather(*asking)
    assert heard == [_SIGNALS] * len(handles)
