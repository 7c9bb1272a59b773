"""The monitor as a workflow on the real server, its site worker in a process that is killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Replayer

from activities.monitor.notes import NoteBudget, carried_over
from activities.monitor.store import MonitorStore
from activities.records.database import Database
from models.alarms import Alarm
from models.monitor import Beat, MonitorOrder
from models.names import monitor_id, site_queue, watch_id
from tests.monitor.dossiers import dossier, point, publish
from tests.monitor.stand_in_watch import StandInWatch
from tests.servers import TemporalServer
from workflows.monitoring.monitor import Monitor
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import BoundedWorker


class Site:
    """A site with a monitor, and a worker to start, stop and kill."""

    def __init__(self, server: TemporalServer, client: Client, database: Database, directory: Path) -> None:
        self.key = uuid.uuid4().hex[:8]
        self.site, self.application, self.queue = f"s{self.key}", f"a{self.key}", f"test-{self.key}"
        self.database, self.client = database, client
        self.failing = directory / "failing"
        self.failing.write_text("")
        self._address = server.settings.temporal_target
        self._url = database.engine.url.render_as_string()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.monitor.site_worker", self._address, self._url]
        self._process = subprocess.Popen([*command, self.site, self.queue, str(self.failing)], stdout=subprocess.PIPE)
        assert self._process.stdout
        assert self._process.stdout.readline() == b"working\n"

    def end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        how(process)
        assert process.stdout
        process.stdout.close()
        return process.wait(20)

    def publish(self) -> None:
        written = point(site=self.site, every="200ms", thresholds={"down": {"duration": "500ms"}})
        publish(self.database, dossier({"page": written, "other": written}, self.application))

    def fail(self, *names: str) -> None:
        self.failing.write_text(" ".join(f"acme.{self.application}.{name}" for name in names))

    async def monitor(self, heartbeat: str = "3s", lasts: str = "24h") -> WorkflowHandle[Monitor, None]:
        order = MonitorOrder(site=self.site, queue=site_queue(self.site), heartbeat_timeout=heartbeat, lasts=lasts)
        return await self.client.start_workflow(Monitor.run, order, id=monitor_id(self.site), task_queue=self.queue)

    async def alarms(self) -> list[Alarm]:
        handle = self.client.get_workflow_handle(watch_id(f"acme.{self.application}"))
        try:
            return await handle.query(StandInWatch.alarms)
        except RPCError:
            return []

    async def told(self, count: int) -> list[tuple[str, str]]:
        """The faults and ends of faults that the watch was told of, once they are so many.

        The same one may come again when a worker died before it had noted the acknowledgement; by fingerprint and
        beginning the watch knows it.
        """
        async with asyncio.timeout(90):
            while len(told := {(a.fingerprint, a.since, a.state): a for a in await self.alarms()}) < count:
                await asyncio.sleep(0.05)
        return [(alarm.fingerprint, alarm.state.value) for alarm in told.values()]

    async def acknowledged(self, *reported: str) -> None:
        """Wait until the monitor has noted that the watch took its reports; the watch knows them a moment before."""
        async with asyncio.timeout(90):
            while [r["reported"] for r in MonitorStore(self.database).load_states(self.site)] != list(reported):
                await asyncio.sleep(0.02)

    async def beat(self) -> Beat | None:
        """The heartbeat that the server knows."""
        description = await self.client.get_workflow_handle(monitor_id(self.site)).describe()
        pending = description.raw_description.pending_activities
        if not pending or not pending[0].HasField("heartbeat_details"):
            return None
        (beat,) = await self.client.data_converter.decode(pending[0].heartbeat_details.payloads, [Beat])
        assert isinstance(beat, Beat)
        return beat

    async def taken_over(self, moment: datetime, *, samples: int = 1) -> Beat:
        """The heartbeat of an attempt that began after a moment."""
        async with asyncio.timeout(90):
            while (beat := await self.beat()) is None or beat.started_at < moment or beat.samples < samples:
                await asyncio.sleep(0.05)
        return beat


@pytest.fixture
async def site(
    temporal_server: TemporalServer, client: Client, database: Database, tmp_path: Path
) -> AsyncIterator[Site]:
    made = Site(temporal_server, client, database, tmp_path)
    made.publish()
    async with working(made):
        made.start()
        yield made
        for name in (monitor_id(made.site), watch_id(f"acme.{made.application}")):
            try:
                await client.get_workflow_handle(name).terminate()
            except RPCError:
                continue
        made.end(subprocess.Popen.kill)


@asynccontextmanager
async def working(site: Site) -> AsyncIterator[None]:
    async with BoundedWorker(
        site.client, task_queue=site.queue, workflows=[Monitor, StandInWatch], workflow_runner=workflow_runner()
    ):
        yield


FIRED, CLEARED = ("embedded/page/down", "firing"), ("embedded/page/down", "cleared")


async def test_kill_9_neither_forgets_a_firing_alarm_nor_raises_it_twice(site: Site) -> None:
    monitor = await site.monitor()
    site.fail("page")
    assert await site.told(1) == [FIRED]

    site.end(subprocess.Popen.kill)
    killed = datetime.now(UTC)
    site.start()
    beat = await site.taken_over(killed)

    assert beat.started_at - killed < timedelta(seconds=30)
    assert (beat.attempt, beat.firing, beat.points) == (2, 1, 2)
    assert await site.told(1) == [FIRED]
    site.fail()
    assert await site.told(2) == [FIRED, CLEARED]
    history = await monitor.fetch_history()
    assert len(history.events) <= 20
    await Replayer(
        workflows=[Monitor], workflow_runner=workflow_runner(), data_converter=site.client.data_converter
    ).replay_workflow(history)


async def test_a_fault_that_begins_or_ends_without_a_worker_is_reported_later(site: Site) -> None:
    await site.monitor()
    site.fail("page")
    assert await site.told(1) == [FIRED]
    site.end(subprocess.Popen.kill)
    site.fail("other")
    site.start()
    assert sorted((await site.told(3))[1:]) == [("embedded/other/down", "firing"), CLEARED]


async def test_a_worker_that_shuts_down_hands_over_at_once(site: Site) -> None:
    await site.monitor(heartbeat="10m")
    site.fail("page")
    assert await site.told(1) == [FIRED]
    await site.acknowledged("firing")
    assert site.end(subprocess.Popen.terminate) == 0
    stopped = datetime.now(UTC)
    site.start()
    beat = await site.taken_over(stopped, samples=0)
    assert beat.started_at - stopped < timedelta(seconds=30), "long before the heartbeat timeout"
    site.fail()
    assert await site.told(2) == [FIRED, CLEARED]


async def test_a_cancelled_monitor_ends_and_leaves_its_states_saved(site: Site) -> None:
    monitor = await site.monitor()
    site.fail("page")
    await site.told(1)
    await monitor.cancel()
    async with asyncio.timeout(90):
        while (await monitor.describe()).status is not WorkflowExecutionStatus.CANCELED:
            await asyncio.sleep(0.05)
    assert [r["state"] for r in MonitorStore(site.database).load_states(site.site)] == ["firing"]


async def test_a_run_that_is_over_goes_on_with_a_fresh_history(site: Site) -> None:
    monitor = await site.monitor(lasts="2s")
    first = monitor.first_execution_run_id
    site.fail("page")
    async with asyncio.timeout(90):
        while (await monitor.describe()).run_id == first:
            await asyncio.sleep(0.1)
    assert await site.told(1) == [FIRED]
    status = await site.client.get_workflow_handle(monitor_id(site.site)).query(Monitor.status)
    assert status.beat is not None
    assert status.beat.points == 2
    history = await site.client.get_workflow_handle(monitor_id(site.site), run_id=first).fetch_history()
    assert len(history.events) <= 16


async def test_the_workflow_gets_the_state_of_the_sampling(site: Site) -> None:
    monitor = await site.monitor()
    before = await monitor.query(Monitor.status)
    assert before.message.startswith("Waiting for a worker") or before.beat
    async with asyncio.timeout(90):
        while (status := await monitor.query(Monitor.status)).beat is None:
            await asyncio.sleep(0.05)
    assert status.message.startswith("2 points, 0 thresholds firing")


def beat(at: datetime, points: int = 1, **more: object) -> Beat:
    return Beat.model_validate({"started_at": at, "attempt": 1, "round_at": at, "points": points, **more})


def test_notes_stay_below_200_events_a_day_however_often_things_change() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    budget, sent = carried_over(None, start), 0
    for second in range(0, 86_400, 5):
        now = start + timedelta(seconds=second)
        change = beat(start, points=second)
        if budget.allows(change, now):
            budget.spend(change, now)
            sent += 1
    assert 30 < sent <= 42
    assert sent * 4 + 11 <= 200


def test_restarts_do_not_renew_the_notes() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    last, sent = None, 0
    for attempt in range(1000):
        now = start + timedelta(seconds=30 * attempt)
        budget = carried_over(last, now)
        told = beat(now)
        if budget.allows(told, now):
            budget.spend(told, now)
            sent += 1
        last = beat(now, notes_left=budget.left, noted_at=budget.noted_at)
    assert sent <= 20


def test_a_quiet_monitor_still_gives_a_sign_every_hour() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    budget = NoteBudget(6, start)
    same = beat(start)
    notes = []
    for minute in range(24 * 60):
        now = start + timedelta(minutes=minute)
        if budget.allows(same, now):
            budget.spend(same, now)
            notes.append(minute)
    assert notes == list(range(0, 24 * 60, 60))
