"""An outage of the records under open incidents, and what it cost them; for the tests and for the benchmark."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from models.incident import AlarmsJoined, IncidentEnd, IncidentOrder, IncidentState
from models.names import WORKFLOW_QUEUE
from tests.replaying import replayed
from tests.servers import pass_time
from tests.workflows.opened import opened_by_watch
from tests.workflows.shop import APPLICATION, QUEUE
from tests.workflows.waiting import end_of
from tests.workflows.world import World, alarm, status
from workflows.incident.workflow import Incident
from workflows.runtime.serving import BoundedWorker

_OF_THE_RECORDS = {
    *("begin_incident", "load_incident_plan", "read_clock", "write_records", "request_lease", "release_lease"),
    *("open_gate", "use_decision", "send_notice", "end_incident"),
}


class Outage(Interceptor):
    """The records do not answer those activities; counts what was refused, by activity."""

    def __init__(self, *away: str) -> None:
        self.away = set(away)
        self.refused: Counter[str] = Counter()
        self.waiting: set[str] = set()
        """The workflows that were refused something."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Stand before the activities."""
        return _Refusing(next, self)


class _Refusing(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, outage: Outage) -> None:
        super().__init__(next)
        self._outage = outage

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        if info.activity_type in self._outage.away:
            self._outage.refused[info.activity_type] += 1
            self._outage.waiting.add(info.workflow_id or "")
            raise ApplicationError("the records do not answer", type="StoreUnavailableError")
        return await super().execute_activity(input)


def _order(number: int) -> IncidentOrder:
    return IncidentOrder(
        application=APPLICATION, number=number, dossier="d1", title="web is down", opened_by="test", alarms=[alarm()]
    )


async def _events(handle: WorkflowHandle[Any, Any]) -> int:
    return len((await handle.fetch_history()).events)


@dataclass(frozen=True)
class Cost:
    """What an outage of half an hour did to incidents."""

    ends: set[IncidentEnd | None]
    asked: int
    """How often the incidents asked for their plan in vain."""
    during: Sequence[int]
    """Events in the history of each incident, written while the records were away."""
    after: Sequence[int]
    """Events of each incident at its end."""


async def half_an_hour_under(incidents: int, environment: WorkflowEnvironment) -> Cost:
    """Take the records away from so many confirmed incidents, give them back, and wait until all have ended."""
    world, client, outage = World(down={"web"}), environment.client, Outage("load_incident_plan")
    activities = world.activities
    async with (
        replayed(
            client,
            task_queue=WORKFLOW_QUEUE,
            workflows=[Incident],
            at_most=10,
            activities=activities,
            interceptors=[outage],
        ),
        BoundedWorker(client, task_queue=QUEUE, activities=activities),
    ):
        handles = await opened_by_watch(client, [_order(number) for number in range(1, incidents + 1)])
        async with asyncio.timeout(240):
            while len(outage.waiting) < incidents:  # all have confirmed the fault
                await asyncio.sleep(0.05)
        outage.away = _OF_THE_RECORDS
        before = [await _events(handle) for handle in handles]
        await pass_time(environment, timedelta(minutes=15))
        for handle in handles:  # people and the watch go on reporting to them
            await handle.signal("join_alarms", AlarmsJoined(alarms=[alarm("app")]))
            assert (await status(handle)).state is IncidentState.CONFIRMING
        await pass_time(environment, timedelta(minutes=15))
        during = [await _events(handle) - began for handle, began in zip(handles, before, strict=True)]
        outage.away = set()
        outcomes = [await end_of(handle, 240) for handle in handles]
        after = [await _events(handle) for handle in handles]
    return Cost({outcome.end for outcome in outcomes}, outage.refused["load_incident_plan"], during, after)
