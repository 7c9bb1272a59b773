"""Benchmark: HTTP probes per core-second with expectations checked, beside bare asyncio GETs in the same run."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Final, TypeVar

from activities.probes.runner import ProbeRunner
from models.probes import HttpProbe, ProbeTarget, Seen
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size

_T = TypeVar("_T")

_ADDRESSES: Final = 20
_TARGETS: Final = size(__name__, "targets", 2000, 50)
TARGETS: Final = ("HTTP probes, connections kept >= 650 /core-s",)
_ANSWER: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 14\r\n\r\nall is healthy"


class _Fast(asyncio.Protocol):
    """Answers every request with the same page; as little work as Python allows."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(_ANSWER * data.count(b"\r\n\r\n"))


def _serve(pipe: Connection, ports: int) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        servers = [
            await loop.create_server(_Fast, f"127.0.0.{1 + n % _ADDRESSES}", 0, backlog=512) for n in range(ports)
        ]
        pipe.send([s.sockets[0].getsockname() for s in servers])
        await loop.run_in_executor(None, pipe.recv)

    asyncio.run(main())


async def _per_core_second(count: int, rounds: int, act: Callable[[], Awaitable[None]]) -> float:
    core = time.process_time()
    for _ in range(rounds):
        await act()
    return count * rounds / (time.process_time() - core)


async def _spread(act: Callable[[_T], Awaitable[None]], items: list[_T], at_once: int) -> None:
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await act(item)

    await asyncio.gather(*(work() for _ in range(at_once)))


async def _bare(addresses: list[tuple[str, int]], at_once: int) -> tuple[float, float]:
    """Plain streams: kept connections, and a new one for each request; the least that Python can do."""
    kept = [await asyncio.open_connection(*a) for a in addresses]
    request = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"

    async def get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(14)
        assert b" 200 " in head
        assert b"healthy" in body

    async def warm(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        await get(*connection)

    async def cold(address: tuple[str, int]) -> None:
        reader, writer = await asyncio.open_connection(*address)
        await get(reader, writer)
        writer.close()

    figures = (
        await _per_core_second(len(addresses), 1, lambda: _spread(cold, addresses, at_once)),
        await _per_core_second(len(addresses), 3, lambda: _spread(warm, kept, at_once)),
    )
    for _, writer in kept:
        writer.close()
    return figures


async def _ours(addresses: list[tuple[str, int]], at_once: int) -> tuple[float, float]:
    targets = [
        ProbeTarget(
            point=f"bench.http.point-{n}",
            probe=HttpProbe(
                url=f"http://{host}:{port}/health", expect_body="healthy", max_latency=timedelta(seconds=9)
            ),
        )
        for n, (host, port) in enumerate(addresses)
    ]
    checks = ProbeRunner(http_clients=len(targets))

    async def look() -> None:
        samples = await checks.probe_all(targets, at_once)
        wrong = [s for s in samples if s.seen is not Seen.OK]
        assert not wrong, wrong[:3]

    figures = (
        await _per_core_second(len(targets), 1, look),
        await _per_core_second(len(targets), 3, look),
    )
    await checks.close()
    return figures


def run(targets: int = _TARGETS, at_once: int = 50) -> list[Figure]:
    """Measure; the servers run in another process, so that the figure is the prober's own CPU."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs, targets), daemon=True)
    server.start()
    try:
        addresses = ours.recv()
        bare_cold, bare_warm = asyncio.run(_bare(addresses, at_once))
        cold, warm = asyncio.run(_ours(addresses, at_once))
    finally:
        ours.send("end")
        server.join(10)
    streams = "bare asyncio streams, headers not parsed"
    unit = "/core-s"
    return [
        Figure("HTTP probes, expectations checked, connections kept", warm, unit, bare_warm, streams, Goal(650, False)),
        Figure("  the same, new connections", cold, unit, bare_cold, streams),
    ]
