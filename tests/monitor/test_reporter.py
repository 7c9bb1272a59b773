"""Telling the watches, which may be away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from activities.alarms.reporter import batched
from activities.monitor.plan import monitored_points
from activities.monitor.reporter import FaultReporter
from activities.monitor.states import SiteStates
from models.alarms import Alarm
from models.probes import Sample, Seen
from tests.monitor.dossiers import SITE, dossier, point
from tests.monitor.fakes import FakeWatches, until


def site(applications: Sequence[str], points: int = 1) -> SiteStates:
    states = SiteStates(SITE, [])
    written = {f"p{n}": point() for n in range(points)}
    plan = {p.name: p for a in applications for p in monitored_points(dossier(written, a), SITE)}
    states.follow(plan, datetime.now(UTC), time.monotonic())
    for name in plan:
        see(states, name, Seen.FAILED)
    return states


def see(states: SiteStates, name: str, seen: Seen) -> None:
    states.take(Sample(point=name, at=datetime.now(UTC), seen=seen), time.monotonic())
    saved(states)


def saved(states: SiteStates) -> None:
    _, gone = states.to_save()
    states.saved(gone, True)


@asynccontextmanager
async def reporting(
    states: SiteStates, watches: FakeWatches, repeat: timedelta = timedelta(minutes=5)
) -> AsyncIterator[FaultReporter]:
    reporter = FaultReporter(states, watches, repeat=repeat)
    task = asyncio.create_task(reporter.run())
    yield reporter
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_faults_are_reported_in_batches_of_one_application() -> None:
    watches = FakeWatches()
    async with reporting(site(["shop", "payroll"], points=600), watches):
        await until(lambda: len(watches.alarms) == 1200)
    assert watches.attempts == 4


async def test_a_report_that_failed_is_kept_and_one_watch_holds_up_no_other() -> None:
    watches = FakeWatches()
    watches.away = {"acme.shop"}
    states = site(["shop", "payroll"])
    async with reporting(states, watches) as reporter:
        await until(lambda: "acme.shop" in reporter.faults and watches.alarms)
        assert [alarm.application for alarm in watches.alarms] == ["acme.payroll"]
        see(states, "acme.shop.p0", Seen.OK)
        watches.away = set()
        await until(lambda: len(watches.alarms) == 3)
        assert reporter.faults == {}
    assert [(a.application, a.state.value) for a in watches.alarms[1:]] == [
        ("acme.shop", "firing"),
        ("acme.shop", "cleared"),
    ]


async def test_a_lasting_fault_is_reported_again() -> None:
    watches = FakeWatches()
    states = site(["shop"])
    async with reporting(states, watches, repeat=timedelta(milliseconds=300)):
        await until(lambda: len(watches.alarms) >= 3)
    assert len({(a.fingerprint, a.since, a.state) for a in watches.alarms}) == 1


def alarm(application: str, number: int, detail: str = "") -> Alarm:
    now = datetime.now(UTC)
    fingerprint = f"embedded/p{number}/down"
    return Alarm(
        application=application,
        fingerprint=fingerprint,
        title="t",
        source="embedded",
        since=now,
        seen_at=now,
        detail=detail,
    )


def test_batches_keep_the_order_and_stay_below_what_temporal_takes() -> None:
    alarms = [alarm("acme.shop", n, "ä" * 1000) for n in range(1200)] + [alarm("acme.payroll", 0)]
    batches = batched(alarms)
    assert list(batches) == ["acme.shop", "acme.payroll"]
    assert [a for batch in batches["acme.shop"] for a in batch.alarms] == alarms[:1200]
    assert max(len(batch.model_dump_json().encode()) for batch in batches["acme.shop"]) < 1_100_000
    assert max(len(batch.alarms) for batch in batches["acme.shop"]) <= 500
