"""The activity and the workflow that keep the history."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.history.activities import HistoryActivities
from activities.history.progress import FoldProgress, fold_progress
from activities.records.database import Database
from models.errors import StoreUnavailableError
from models.history import HistoryOrder, KeepHistory
from models.history_tables import PointDayRow
from models.names import HISTORY_ID
from tests.history.kept import PAGE, history, in_force, keeper, rows, shop, short, slipped_in
from workflows.monitoring.history import History
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import BoundedWorker

SECOND = timedelta(seconds=1)


class Scripted:
    """A keeper that does what the test says: at each check the next script."""

    def __init__(self, *scripts: list[int | Exception]) -> None:
        self.scripts = list(scripts)
        self.checks = 0

    def steps(self, now: datetime) -> Iterator[int]:
        self.checks += 1
        for step in self.scripts.pop(0) if self.scripts else []:
            if isinstance(step, Exception):
                raise step
            yield step


def progress(until: date) -> FoldProgress:
    return FoldProgress(has_samples=True, folded_until=until, checked_at=None, reasons={})


async def test_records_that_are_away_are_said_in_the_heartbeat_and_the_fold_goes_on_after() -> None:
    scripted = Scripted([20, StoreUnavailableError("the records are away")], [20, 7])
    today = datetime.now(UTC).date()
    activities = HistoryActivities(scripted, lambda: progress(today), check_every=timedelta(milliseconds=50))
    environment, beats = ActivityEnvironment(), list[Any]()
    environment.on_heartbeat = lambda beat: beats.append(beat)
    beat = await environment.run(activities.keep_history, KeepHistory(lasts=SECOND))
    assert any(b.faults == ["the records are away"] for b in beats)
    assert (beat.folded, beat.folded_until, beat.faults) == (47, today, [])
    assert scripted.checks > 2


async def test_a_history_that_lags_is_said_in_the_heartbeat() -> None:
    old = datetime.now(UTC).date() - timedelta(days=4)
    activities = HistoryActivities(Scripted(), lambda: progress(old), check_every=SECOND)
    beat = await ActivityEnvironment().run(activities.keep_history, KeepHistory(lasts=timedelta(milliseconds=10)))
    assert beat.faults == [f"the days from {old} on are not folded yet, and their samples are kept until then"]


async def test_a_real_worker_folds_what_there_is_and_continues_as_new(database: Database, client: Client) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=3)
    in_force(database, shop(), since)
    slipped_in(database, rows(since, today - timedelta(days=1), failed=[100, 101]))
    activities = HistoryActivities(keeper(database), lambda: fold_progress(database), check_every=SECOND)
    queue = f"history-{time.time_ns()}"
    worker = BoundedWorker(
        client,
        task_queue=queue,
        workflows=[History],
        activities=[activities.keep_history],
        workflow_runner=workflow_runner(),
    )
    async with worker:
        order = HistoryOrder(lasts=timedelta(seconds=2))
        handle = await client.start_workflow(History.run, order, id=f"{HISTORY_ID}-{queue}", task_queue=queue)
        while (await handle.describe()).run_id == handle.first_execution_run_id:
            await asyncio.sleep(0.1)
        first = client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        events = len((await first.fetch_history()).events)
        await client.get_workflow_handle(handle.id).terminate()
    assert events <= 12
    with database.reading() as session:
        assert session.execute(select(func.count(col(PointDayRow.day)))).scalar() == 3 - (
            datetime.now(UTC) < today + timedelta(hours=1)
        )
    found = history(database, today).spans([PAGE], since, since + timedelta(days=1))[PAGE]
    assert short(found) == [
        ("up", f"{since:%d} 00:00", f"{since:%d} 16:40"),
        ("down", f"{since:%d} 16:40", f"{since:%d} 17:00"),
        ("up", f"{since:%d} 17:00", f"{since + timedelta(days=1):%d} 00:00"),
    ]
