"""Records the watch's own histories: alarm discipline and orders; `python -m tests.replay.watches` records these alone."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.client import Client

from models.base import Model
from models.deadman import DeadMansSwitchOrder, SourcesBeat, WatchSources
from models.dossier.monitoring import Flapping
from models.history import HistoryBeat, HistoryOrder, KeepHistory
from models.names import watch_id
from models.watch import (
    BeginOperation,
    EndOperation,
    LiftSilence,
    MergeIncidents,
    OpenByHand,
    ReopenIncident,
    SilenceOrder,
    SplitIncident,
    WatchStatus,
)
from tests.servers import real_server
from tests.workflows.shop import APPLICATION, OPERATOR
from tests.workflows.test_watch_orders import WORKFLOWS, Ordered
from tests.workflows.waiting import end_of
from tests.workflows.world import alarm, begin_watching, cleared, incident, report, watch_status
from workflows.monitoring.deadman import DeadMansSwitch
from workflows.monitoring.history import History
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import BoundedWorker

DIRECTORY = Path(__file__).parent / version("driftvakt")


async def suppressing(client: Client, names: tuple[str, str] = ("watch-suppressing", "watch-ordered")) -> None:
    """Silenced, under an operation, flapping, merged, split, ended, back again, handed on."""
    world = Ordered(
        plan={
            "reopen_within": timedelta(minutes=30),
            "flapping": Flapping(within=timedelta(seconds=5), enter=3, leave=0),
        }
    )
    async with world.worker(client, workflows=WORKFLOWS):
        await begin_watching(client)
        watch = client.get_workflow_handle(watch_id(APPLICATION))
        first = (await watch.describe()).run_id
        soon = datetime.now(UTC) + timedelta(seconds=3)
        await watch.execute_update("silence", SilenceOrder(by=OPERATOR, reason="Disk", until=soon, components=["mail"]))
        silence = SilenceOrder(by=OPERATOR, reason="Disk", until=soon)
        await watch.execute_update("silence", silence)
        await watch.execute_update("lift_silence", LiftSilence(id="s2", by=OPERATOR))
        begin = BeginOperation(holder="change.4", title="Change 4", by=OPERATOR, until=soon, components=["db"])
        await watch.execute_update("begin_operation", begin)
        await report(client, alarm("mail"), alarm("db"))
        await watch.signal("operation_ends", EndOperation(holder="change.4"))
        await until(client, lambda s: len(s.incidents) == 2)
        for number in range(1, 6):
            await report(client, cleared("db", number=number - 1), alarm("db", number=number))
        await report(client, cleared("db", number=5))
        await report(client, alarm("web"))
        await until(client, lambda s: s.flapping == 0)
        split = SplitIncident(incident="1", by=OPERATOR, reason="Two matters", components=["web"])
        await report(client, alarm("app"))
        await watch.execute_update("split_incident", split)
        merge = MergeIncidents(incident="3", into="1", by=OPERATOR, reason="One matter")
        await watch.execute_update("merge_incidents", merge)
        await watch.execute_update("open_incident", OpenByHand(title="Cannot pay", by=OPERATOR, separate=True))
        await incident(client, 1).signal("end", "recovered")
        await end_of(incident(client, 1))
        await until(client, lambda s: len(s.incidents) == 2)
        await incident(client, 4).signal("end", "closed-by-hand")
        await until(client, lambda s: len(s.incidents) == 1)
        await report(client, cleared("web"), alarm("web", number=30))
        await watch.execute_update("reopen_incident", ReopenIncident(incident="4", by=OPERATOR, reason="It is back"))
        await asyncio.sleep(0.5)
        await keep(client, first, names[0])
        await watch.signal("hand_on")
        while (await watch.describe()).run_id == first:
            await asyncio.sleep(0.1)
        await keep(client, first, names[1])


@activity.defn(name="watch_sources")
async def watch_sources(request: WatchSources) -> SourcesBeat:
    """Look once."""
    return SourcesBeat(looked_at=datetime.now(UTC))


@activity.defn(name="keep_history")
async def keep_history(request: KeepHistory) -> HistoryBeat:
    """Find nothing to fold."""
    return HistoryBeat(checked_at=datetime.now(UTC))


async def dead_mans_switch(client: Client) -> None:
    """A run that ends and hands on."""
    order = DeadMansSwitchOrder(lasts=timedelta(milliseconds=1))
    await handed_on(client, DeadMansSwitch, watch_sources, "dead-mans-switch", order)


async def history(client: Client) -> None:
    """A run that ends and hands on."""
    await handed_on(client, History, keep_history, "history", HistoryOrder(lasts=timedelta(milliseconds=1)))


async def handed_on(client: Client, kind: type, does: Callable[..., Any], name: str, order: Model) -> None:
    """Keep the first run of a workflow that continues as new after its one activity."""
    async with BoundedWorker(
        client, task_queue="switches", workflows=[kind], activities=[does], workflow_runner=workflow_runner()
    ):
        handle = await client.start_workflow(name, order, id=name, task_queue="switches")
        while (await handle.describe()).run_id == handle.first_execution_run_id:
            await asyncio.sleep(0.1)
        await keep(client, handle.first_execution_run_id, name, name)
        await handle.terminate()


async def until(client: Client, wanted: Callable[[WatchStatus], bool]) -> None:
    """Wait until the watch sees it."""
    await _true(lambda: _sees(client, wanted))


async def _sees(client: Client, wanted: Callable[[WatchStatus], bool]) -> bool:
    return wanted(await watch_status(client))


async def _true(ask: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await ask():
            await asyncio.sleep(0.05)


async def keep(client: Client, run: str | None, name: str, id: str = watch_id(APPLICATION)) -> None:
    """Write a history down."""
    handle: Any = client.get_workflow_handle(id, run_id=run)
    history = await handle.fetch_history()
    (DIRECTORY / f"{name}.json").write_text(json.dumps(history.to_json_dict(), indent=1) + "\n")


async def main() -> None:
    """Record them."""
    with tempfile.TemporaryDirectory() as home, real_server(Path(home)) as server:
        client = await server.client()
        await suppressing(client)
        await dead_mans_switch(client)
        await history(client)
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
