"""The intake's server under attack and load: senders with a token are served, whatever others do."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.alarms.gathering import GatheringReporter
from activities.records import Records
from models.settings import Settings
from starter.intake import bodies, connections, server
from starter.intake.app import Intake
from starter.intake.connections import Connections
from starter.intake.delivery import IntakeDelivery
from starter.intake.sources import Sources
from tests.intake.conftest import PROVIDER, TOKEN, FakeReporter

PROVEN = f"Authorization: Bearer {TOKEN}\r\n"


@dataclass
class Live:
    """An intake that listens."""

    port: int
    reporter: FakeReporter
    records: Records

    async def post(self, body: bytes = b'{"application": "acme.shop"}', token: str = TOKEN) -> httpx.Response:
        async with httpx.AsyncClient(timeout=60, verify=False) as http:
            headers = {"Authorization": f"Bearer {token}"}
            return await http.post(f"http://127.0.0.1:{self.port}/alarms", content=body, headers=headers)

    async def raw(self, *sent: str) -> str:
        """Send bytes as they are; gives what is answered until the connection is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        async with asyncio.timeout(60):
            for part in sent:
                writer.write(part.encode())
                await writer.drain()
            try:
                return (await reader.read()).decode()
            except ConnectionError:
                return ""
            finally:
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()


def head(path: str = "/alarms", *lines: str) -> str:
    return f"POST {path} HTTP/1.1\r\nHost: intake\r\n" + "".join(lines) + "\r\n"


def whole(body: str) -> str:
    return head("/alarms", PROVEN, f"Content-Length: {len(body)}\r\n", "Connection: close\r\n") + body


@pytest.fixture
async def live(records: Records, token_file: Path, tmp_path: Path) -> AsyncIterator[Live]:
    sources, reporter = Sources({"prometheus": f"file:{token_file}"}), FakeReporter()
    app = Intake(sources, IntakeDelivery(GatheringReporter(reporter), records, PROVIDER), {}).app()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        running = asyncio.create_task(server._run(server._server(Settings(home=tmp_path), app, sources), listener))
        yield Live(listener.getsockname()[1], reporter, records)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_hundreds_of_idle_connections_without_a_token_silence_nobody(live: Live) -> None:
    idle = [await asyncio.open_connection("127.0.0.1", live.port) for _ in range(520)]
    answers = await asyncio.gather(*(live.raw(whole('{"application": "acme.shop"}')) for _ in range(20)))
    assert {a[:12] for a in answers} == {"HTTP/1.1 200"}
    for _, writer in idle:
        writer.close()


@pytest.mark.parametrize(
    "begun", ["", "POST /alarms HTTP/1.1\r\nHost: intake\r\n", "POST /alarms HTTP/1.1\r\n" + PROVEN]
)
async def test_headers_that_do_not_come_end_the_connection(
    live: Live, monkeypatch: pytest.MonkeyPatch, begun: str
) -> None:
    monkeypatch.setattr(connections, "HEADERS_WITHIN_S", 0.2)
    assert await live.raw(begun) == ""


async def test_a_body_that_does_not_come_is_asked_for_again(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "READ_TIMEOUT_S", 0.2)
    answer = await live.raw(head("/alarms", PROVEN, "Content-Length: 10\r\n", "Connection: close\r\n"), "{")
    assert answer.startswith("HTTP/1.1 503")
    assert "retry-after: 5" in answer.lower()


async def test_without_a_token_the_body_is_not_waited_for(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADERS_WITHIN_S", 0.2)
    answer = await live.raw(head("/alarms", "Content-Length: 4900000\r\n"))
    assert answer.startswith("HTTP/1.1 401")


async def test_a_sender_with_a_wrong_token_and_a_large_body_gets_the_reason(live: Live) -> None:
    answer = await live.post(b"x" * 4_900_000, token="wrong")
    assert (answer.status_code, live.reporter.taken) == (401, [])


@pytest.mark.parametrize("chunk", ["zz\r\n", "5\r\nhello!!\r\n", "-1\r\n"])
async def test_a_malformed_chunk_after_a_good_token_is_asked_for_again(live: Live, chunk: str) -> None:
    chunked = head("/alarms", PROVEN, "Transfer-Encoding: chunked\r\n")
    assert (await live.raw(chunked, chunk)).startswith("HTTP/1.1 503")
    assert (await live.raw(chunked + chunk)).startswith("HTTP/1.1 503")
    assert (await live.post()).status_code == 200


async def test_data_that_is_not_http_is_refused(live: Live) -> None:
    assert (await live.raw("no HTTP\r\n\r\n")).startswith("HTTP/1.1 400")


async def test_a_burst_on_one_application_is_taken_in_few_updates(live: Live) -> None:
    sent = [whole(json.dumps({"application": "acme.shop", "title": f"t{n}"})) for n in range(200)]
    answers = await asyncio.gather(*(live.raw(one) for one in sent))
    assert {a[:12] for a in answers} == {"HTTP/1.1 200"}
    assert sorted(a.title for a in live.reporter.taken) == sorted(f"t{n}" for n in range(200))


async def test_junk_from_a_source_takes_little_memory(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = most = 0
    real: Callable[..., list[str]] = live.records.quarantine.add_all

    def counted(source: str, found: list[tuple[bytes, str]]) -> list[str]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return real(source, [(body[:100], reason) for body, reason in found])
        finally:
            at_once -= 1

    monkeypatch.setattr(live.records.quarantine, "add_all", counted)
    answers = await asyncio.gather(*(live.post(b"%d junk" % n * 100_000) for n in range(20)))
    assert {a.status_code for a in answers} == {200}
    assert most <= 2


def test_the_oldest_connection_without_a_token_makes_room() -> None:
    aborted: list[str] = []
    now = 0.0

    @dataclass(eq=False)
    class Fake:
        name: str
        idle: bool = True

        def abort(self) -> None:
            aborted.append(self.name)

    guard: Any = Connections(lambda _: True, unproven=2, young=4, proven=1, clock=lambda: now)
    made = {name: Fake(name) for name in "abcdefg"}
    for name in "abcd":  # a burst
        guard.opened(made[name])
    assert aborted == []
    guard.opened(made["e"])
    assert aborted == ["a"]
    now = 5.0
    guard.proved(made["b"])
    guard.opened(made["f"])
    assert aborted == ["a", "c", "d"]
    made["b"].idle = False
    guard.proved(made["e"])
    assert aborted == ["a", "c", "d"]
    made["b"].idle = True
    guard.proved(made["f"])
    assert aborted == ["a", "c", "d", "b"]
