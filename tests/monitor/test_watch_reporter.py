"""OutgoingNotice alarms to watches on the real server."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from activities.alarms.reporter import WatchReporter
from models.alarms import Alarm
from models.errors import WatchUnavailableError
from models.names import watch_id
from tests.monitor.stand_in_watch import StandInWatch
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import BoundedWorker


def alarm(application: str, number: int) -> Alarm:
    now = datetime.now(UTC)
    return Alarm(
        application=application, fingerprint=f"f{number}", title="t", source="embedded", since=now, seen_at=now
    )


async def test_alarms_reach_the_watch_of_each_application_in_order(client: Client) -> None:
    key = uuid.uuid4().hex[:8]
    first, second = f"acme.a{key}", f"acme.b{key}"
    alarms = [alarm(application, n) for n in range(600) for application in (first, second)]
    reporter = WatchReporter(client, task_queue=key)
    async with BoundedWorker(client, task_queue=key, workflows=[StandInWatch], workflow_runner=workflow_runner()):
        receipts = await reporter.report(alarms)
        for application in (first, second):
            handle = client.get_workflow_handle(watch_id(application))
            assert [a.fingerprint for a in await handle.query(StandInWatch.alarms)] == [f"f{n}" for n in range(600)]
            await handle.terminate()
    assert [len(receipt.receipts) for receipt in receipts] == [500, 100, 500, 100]


async def test_a_watch_that_does_not_answer_is_an_error_and_not_a_hang(client: Client) -> None:
    key = uuid.uuid4().hex[:8]
    reporter = WatchReporter(client, task_queue=key, patience=timedelta(milliseconds=500))
    with pytest.raises(WatchUnavailableError, match="did not acknowledge"):
        await reporter.report([alarm(f"acme.a{key}", 0)])
    await client.get_workflow_handle(watch_id(f"acme.a{key}")).terminate()


async def test_being_cancelled_is_not_taken_for_a_watch_that_is_away(client: Client) -> None:
    key = uuid.uuid4().hex[:8]
    reporter = WatchReporter(client, task_queue=key)
    task = asyncio.create_task(reporter.report([alarm(f"acme.a{key}", 0)]))
    await asyncio.sleep(0.5)  # there is no sign of the request being on its way
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await client.get_workflow_handle(watch_id(f"acme.a{key}")).terminate()
