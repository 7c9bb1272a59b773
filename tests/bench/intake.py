"""Benchmark: alarms stored by the intake, in batches per application, beside bare update-with-start.

Server, worker and intake are processes of their own; the watch is a
stand-in that takes alarms and does nothing else, so that the figure is the way in, and not what follows. Both ways are measured
in turns, so that a noisy machine does harm to both.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any, Final

from pydantic import TypeAdapter
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import Worker

from activities.records import Records, upgrade
from models.alarms import Alarm, AlarmBatch, BatchReceipt
from models.names import WORKFLOW_QUEUE, watch_id
from models.settings import Settings
from models.watch import WatchOrder
from starter.connection.temporal import connect
from starter.intake import serve
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.intake.standin import StandInWatch
from tests.records.dossiers import shop
from tests.servers import real_server, wait_for_port
from workflows.runtime.sandbox import workflow_runner

_APPLICATIONS: Final = size(__name__, "applications", 100, 4)
_BATCH: Final = 10
_AT_ONCE: Final = 32
_ROUNDS: Final = size(__name__, "rounds", 5, 1)
TARGETS: Final = ("alarms stored >= 0.6 x ceiling",)
_TOKEN: Final = "bench"
_ALARMS: Final = TypeAdapter(list[Alarm])


def _work(pipe: Connection, settings: Settings) -> None:
    async def main() -> None:
        client = await connect(settings)
        async with Worker(
            client, task_queue=WORKFLOW_QUEUE, workflows=[StandInWatch], workflow_runner=workflow_runner()
        ):
            pipe.send("up")
            await asyncio.to_thread(pipe.recv)

    asyncio.run(main())


def _serve(pipe: Connection, settings: Settings) -> None:
    async def main() -> None:
        serving = asyncio.create_task(serve(settings))
        pipe.send("up")
        await asyncio.to_thread(pipe.recv)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(main())


def _alarms(application: str, turn: int) -> list[Alarm]:
    now = datetime.now(UTC)
    return [
        Alarm(
            application=application,
            fingerprint=f"{turn}.{n}",
            title=f"Host {n} does not answer",
            component="web",
            source="bench",
            since=now,
            seen_at=now,
            detail="No answer for one minute. " * 4,
        )
        for n in range(_BATCH)
    ]


async def _rate(applications: list[str], turn: int, send: Callable[[str, list[Alarm]], Awaitable[None]]) -> float:
    """Alarms a second, with so many requests at once."""
    free = asyncio.Semaphore(_AT_ONCE)
    batches = {a: _alarms(a, turn) for a in applications}

    async def one(application: str) -> None:
        async with free:
            await send(application, batches[application])

    began = time.perf_counter()
    await asyncio.gather(*(one(a) for a in applications))
    return len(applications) * _BATCH / (time.perf_counter() - began)


@dataclass
class _Sender:
    """Sends over one kept connection, as cheaply as it can be done: what senders spend is not the intake's."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, body: bytes) -> None:
        head = (
            f"POST /alarms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {_TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
        text = await self.reader.readexactly(int(length[1])) if length else b""
        if b" 200 " not in answer.splitlines()[0]:
            raise RuntimeError(f"the intake did not take the alarms: {answer.decode()}{text.decode()}")


@asynccontextmanager
async def _sender(port: int) -> AsyncIterator[_Sender]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield _Sender(reader, writer)
    finally:
        writer.close()


async def _measure(settings: Settings, applications: list[str]) -> tuple[list[float], list[float]]:
    client = await connect(settings)
    bare: list[float] = []
    ours: list[float] = []
    async with AsyncExitStack() as stack:
        free = [await stack.enter_async_context(_sender(settings.intake_port)) for _ in range(_AT_ONCE)]

        async def post(application: str, alarms: list[Alarm]) -> None:
            sender = free.pop()
            await sender.post(_ALARMS.dump_json(alarms))
            free.append(sender)

        async def update(application: str, alarms: list[Alarm]) -> None:
            await _update(client, AlarmBatch(application=application, alarms=alarms))

        await _rate(applications, 0, update)  # starts the watches
        for turn in range(1, _ROUNDS + 1):
            bare.append(await _rate(applications, 2 * turn, update))
            ours.append(await _rate(applications, 2 * turn + 1, post))
    return bare, ours


async def _update(client: Client, batch: AlarmBatch) -> None:
    start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        "watch",
        WatchOrder(application=batch.application),
        id=watch_id(batch.application),
        task_queue=WORKFLOW_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    await client.execute_update_with_start_workflow(
        "report_alarms", batch, start_workflow_operation=start, result_type=BatchReceipt
    )


def _publish(settings: Settings, count: int) -> list[str]:
    upgrade(settings.records_url)
    records = Records(settings.records_url)
    applications = []
    for n in range(count):
        dossier = shop(application=f"shop{n}")
        records.publish_dossier(dossier, "bench")
        applications.append(dossier.id)
    records.close()
    return applications


def run(applications: int = _APPLICATIONS) -> list[Figure]:
    """Measure."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as directory, real_server(Path(directory)) as server:
        (Path(directory) / "token").write_text(_TOKEN)
        settings = server.settings.model_copy(update={"intake_sources": {"bench": f"file:{directory}/token"}})
        names = _publish(settings, applications)
        pipes = []
        processes = []
        for part in (_work, _serve):
            ours, theirs = context.Pipe()
            process = context.Process(target=part, args=(theirs, settings), daemon=True)
            process.start()
            ours.recv()
            pipes.append(ours)
            processes.append(process)
        try:
            assert server.process is not None
            wait_for_port(settings.intake_port, server.process)
            bare, through = asyncio.run(_measure(settings, names))
        finally:
            for pipe, process in zip(pipes, processes, strict=True):
                pipe.send("end")
                process.join(30)
    return [
        Figure(
            f"alarms stored by the intake, batches of {_BATCH}",
            median(through),
            "/s",
            median(bare),
            "bare update-with-start",
            Goal(0.6, at_most=False, of_ceiling=True),
        )
    ]
