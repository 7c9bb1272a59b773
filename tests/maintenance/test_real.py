"""The whole of it for real: a schedule that apply made, a worker of its own, OpenSSH's server, and marks counted on hosts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, ScheduleBackfill, ScheduleOverlapPolicy, WorkflowHandle

from activities.records import Records
from models.operation import OperationEnd, OperationOutcome
from models.settings import Settings
from starter.provisioning.applying import apply_schedules
from starter.terminal.session import CommandSession
from tests.chaos.field import Application, Field, field
from tests.chaos.marks import Marks, Part
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide

pytestmark = [pytest.mark.needs("openssh"), pytest.mark.slow]

SHOP = "acme.shop"
SCHEDULE = f"maintenance.{SHOP}.patches"


def parts(marks: Marks, fresh_for: str = "always", **routine: Any) -> Part:
    """A routine over four hosts, two at a time, each of which leaves a mark."""
    command = marks.command(SHOP, "patch", "sleep 0.3", rolling=True)
    patches = {
        "title": "Patches",
        "hosts": ["h1", "h2", "h3", "h4"],
        "frequency": "daily 03:00",
        "window": {"time_zone": "UTC", "hours": "00:00-24:00"},
        "at_once": 2,
        "steps": [{"type": "run", "command": command}],
        **routine,
    }
    return {"routines": {"maintenance": {"patches": patches}}, "instructions": {"fresh_for": fresh_for}}


async def applied(on: Field, home: Path) -> None:
    """As `driftvakt apply` does."""
    records = Records(Settings(home=home).records_url)
    await apply_schedules(CommandSession(on.client, records, Settings(home=home)), "ann@example.com")
    records.close()


async def triggered(client: Client) -> None:
    """By hand, and not in the first second of a minute, which is a time of the schedule's own."""
    while datetime.now(UTC).second in {59, 0}:
        await asyncio.sleep(0.1)
    await client.get_schedule_handle(SCHEDULE).trigger()


async def run_of(client: Client, count: int = 1) -> list[WorkflowHandle[Any, OperationOutcome]]:
    """The runs that the schedule has started, once there are so many."""
    handle = client.get_schedule_handle(SCHEDULE)
    async with asyncio.timeout(90):
        while len(started := (await handle.describe()).info.recent_actions) < count:
            await asyncio.sleep(0.1)
    return [
        client.get_workflow_handle(one.action.workflow_id, result_type=OperationOutcome)
        for one in started  # type: ignore[union-attr]
    ]


async def test_a_schedule_triggered_by_hand_rolls_over_real_hosts_one_first_then_in_batches(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "marks")
    async with field(tmp_path, marks, [Application(SHOP, parts(marks), 4)]) as on:
        await applied(on, tmp_path / "home")
        await triggered(on.client)
        [run] = await run_of(on.client)
        outcome = await run.result()
        described = await run.describe()

    seen = marks.seen(SHOP)
    assert outcome.end is OperationEnd.DONE, outcome.summary
    assert outcome.data["done"] == ["h1", "h2", "h3", "h4"]
    assert seen[:2] == ["begin patch h1", "end patch h1"]
    assert set(seen[2:6]) == {"begin patch h2", "end patch h2", "begin patch h3", "end patch h3"}
    assert seen[6:] == ["begin patch h4", "end patch h4"]
    assert described.id.startswith(f"{SCHEDULE}-")
    assert await described.static_summary() == "Patches (acme.shop)"


async def test_runs_that_the_server_catches_up_with_are_each_seen_and_recorded(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "marks")
    night = {"window": {"time_zone": "UTC", "hours": "03:00-03:30"}, "missed": "skip"}
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    async with field(tmp_path, marks, [Application(SHOP, parts(marks, **night), 4)]) as on:
        await applied(on, tmp_path / "home")
        span = ScheduleBackfill(today - timedelta(days=3), today, overlap=ScheduleOverlapPolicy.ALLOW_ALL)
        await on.client.get_schedule_handle(SCHEDULE).backfill(span)
        outcomes = await asyncio.gather(*[run.result() for run in await run_of(on.client, 3)])
        records = Records(Settings(home=tmp_path / "home").records_url)
        kept = records.operations(SHOP, kind="maintenance")
        records.close()

    assert [outcome.end for outcome in outcomes] == [OperationEnd.MISSED] * 3
    assert all(outcome.data["missed"] for outcome in outcomes)
    assert [row.outcome for row in kept] == ["missed"] * 3
    assert marks.seen(SHOP) == []


async def test_an_unproven_routine_asks_first_and_continues_after_a_failed_host(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "marks")
    broken = tmp_path / "broken"
    broken.touch()
    command = marks.command(SHOP, "patch", f"test ! -e {broken}", rolling=True)
    steps = [{"type": "run", "command": command}]
    async with field(tmp_path, marks, [Application(SHOP, parts(marks, "180d", steps=steps), 4)]) as on:
        await applied(on, tmp_path / "home")
        await triggered(on.client)
        [run] = await run_of(on.client)
        first = await until_asked(run, "approve")
        untouched = marks.seen(SHOP)
        await decide(run, "approve", by="ann@example.com")
        gate = await until_asked(run, "retry")
        stopped = marks.seen(SHOP)
        broken.unlink()
        await decide(run, "retry", by="ann@example.com")
        outcome = await run.result()

    assert "Approval is needed:" in first.question.text
    assert untouched == []
    assert "failed on h1" in gate.question.text
    assert stopped == ["begin patch h1", "end patch h1"]
    assert outcome.end is OperationEnd.DONE
    assert marks.seen(SHOP).count("begin patch h1") == 2
    assert all(marks.seen(SHOP).count(f"begin patch h{n}") == 1 for n in (2, 3, 4))
