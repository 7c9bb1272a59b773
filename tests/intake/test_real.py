"""The intake over HTTP, with a real Temporal server, and a real Alertmanager in front."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client, RPCError

from activities.records import Records, upgrade
from models.alarms import Alarm, AlarmState
from models.errors import SettingsError
from models.names import WORKFLOW_QUEUE, watch_id
from models.settings import Settings
from starter.intake import serve
from tests.intake.conftest import TOKEN
from tests.intake.standin import StandInWatch
from tests.ports import free_ports
from tests.records.dossiers import shop
from tests.servers import TemporalServer, real_server, wait_for_port
from workflows.runtime.serving import BoundedWorker

EXAMPLE = Path(__file__).parents[2] / "docs" / "alertmanager.yml"


@dataclass
class Installation:
    """A Temporal server of its own, records with one application, and settings for the intake."""

    server: TemporalServer
    settings: Settings

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.intake_port}"

    async def post(self, body: Any, path: str = "/alarms") -> httpx.Response:
        async with httpx.AsyncClient(timeout=60) as http:
            return await http.post(self.url + path, json=body, headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("home")
    (home / "token").write_text(TOKEN)
    with real_server(home) as server:
        settings = server.settings.model_copy(update={"intake_sources": {"prometheus": f"file:{home}/token"}})
        upgrade(settings.records_url)
        records = Records(settings.records_url)
        records.publish_dossier(shop(), "ann")
        records.close()
        yield Installation(server, settings)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[None]:
    task = asyncio.create_task(serve(settings))
    try:
        await eventually(lambda: listening(settings.intake_port, task))
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def listening(port: int, task: asyncio.Task[None]) -> bool:
    if task.done():
        await task
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def eventually(condition: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
    """Wait until a condition gives something true, and give that."""
    async with asyncio.timeout(seconds):
        while not (found := await condition()):
            await asyncio.sleep(0.1)
    return found


@asynccontextmanager
async def watching(installation: Installation) -> AsyncIterator[Client]:
    client = await installation.server.client()
    async with BoundedWorker(client, task_queue=WORKFLOW_QUEUE, workflows=[StandInWatch]):
        yield client


async def reported(client: Client) -> list[Alarm]:
    """What the watch of acme.shop was told so far."""
    try:
        return await client.get_workflow_handle(watch_id("acme.shop")).query(StandInWatch.reported)
    except RPCError:
        return []


async def test_an_alarm_that_got_its_200_is_in_the_watch(installation: Installation) -> None:
    async with serving(installation.settings), watching(installation) as client:
        answer = await installation.post({"application": "acme.shop", "fingerprint": "first"})
        assert answer.status_code == 200
        assert answer.json()["receipts"][0]["incident"] == "inc.acme.shop.1"
        assert "server" not in answer.headers
        assert "prometheus/first" in {a.fingerprint for a in await reported(client)}
        async with httpx.AsyncClient() as http:
            ready = await http.get(installation.url + "/ready")
        assert ready.json() == {"ready": True, "checks": {"temporal": "ok", "database": "ok", "sources": "ok"}}


async def test_the_intake_starts_without_temporal_asks_to_send_again_and_takes_alarms_once_it_is_there(
    installation: Installation,
) -> None:
    installation.server.kill()
    async with serving(installation.settings):
        answer = await installation.post({"application": "acme.shop", "fingerprint": "second"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        installation.server.start()
        async with watching(installation) as client:

            async def taken() -> bool:
                again = await installation.post({"application": "acme.shop", "fingerprint": "second"})
                return again.status_code == 200

            await eventually(taken)
            assert "prometheus/second" in {a.fingerprint for a in await reported(client)}


async def test_a_burst_on_one_application_is_taken_in_few_updates(installation: Installation) -> None:
    async with serving(installation.settings), watching(installation) as client:
        await installation.post({"application": "acme.shop", "title": "before"})
        handle = client.get_workflow_handle(watch_id("acme.shop"))
        before = await handle.query(StandInWatch.updates)
        limits = httpx.Limits(max_connections=200)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(timeout=120, limits=limits, headers=headers) as http:
            bodies = [{"application": "acme.shop", "title": f"burst {n}"} for n in range(200)]
            answers = await asyncio.gather(*(http.post(installation.url + "/alarms", json=body) for body in bodies))
        assert {a.status_code for a in answers} == {200}
        assert {a.title for a in await reported(client)} >= {body["title"] for body in bodies}
        assert await handle.query(StandInWatch.updates) - before <= 100


@contextmanager
def process_of_the_intake(installation: Installation) -> Iterator[int]:
    """`driftvakt intake`; gives its process id."""
    settings = installation.settings
    own = {
        "HOME": str(settings.home),
        "TEMPORAL_PORT": str(settings.temporal_port),
        "INTAKE_PORT": str(settings.intake_port),
        "INTAKE_SOURCES": json.dumps(settings.intake_sources),
    }
    environment = os.environ | {f"DRIFTVAKT_{name}": value for name, value in own.items()}
    program = Path(sysconfig.get_path("scripts")) / "driftvakt"
    with (settings.home / "intake.log").open("ab") as log:
        process = subprocess.Popen([program, "intake"], env=environment, stdout=log, stderr=log)
    try:
        wait_for_port(settings.intake_port, process)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def memory_mb(pid: int, figure: str) -> int:
    """What Linux tells of a process: `VmRSS` is its memory now, `VmHWM` the most it ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{figure}:")[1].split()[0]) // 1024


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells how much memory a process had at most"
)
async def test_many_large_bodies_at_once_take_little_memory(installation: Installation) -> None:
    size = 4_900_000
    noise = random.Random(8).randbytes(size)
    text = "a text without end " * (size // 19)
    junk: list[Callable[[int], bytes]] = [
        lambda n: b"%d " % n + noise,
        lambda n: json.dumps({"n": n, "alarms": text}).encode(),
        lambda n: json.dumps({"application": "acme.shop", "fingerprint": f"large {n}", "detail": text}).encode(),
    ]
    url, headers = f"{installation.url}/alarms", {"Authorization": f"Bearer {TOKEN}"}
    limits = httpx.Limits(max_connections=100)
    with process_of_the_intake(installation) as pid:
        async with (
            watching(installation),
            httpx.AsyncClient(timeout=120, limits=limits, headers=headers) as http,
        ):
            assert (await http.post(url, json={"application": "acme.shop"})).status_code == 200
            before = memory_mb(pid, "VmRSS")
            answers = await asyncio.gather(*(http.post(url, content=junk[n % 3](n)) for n in range(24)))
            assert {a.status_code for a in answers} == {200}
            assert memory_mb(pid, "VmHWM") - before <= 130


async def test_an_address_that_is_taken_is_named(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"127.0.0.1:{port}.*intake_port"):
            await serve(installation.settings.model_copy(update={"intake_port": port}))


async def test_a_certificate_that_cannot_be_used_is_named(installation: Installation, tmp_path: Path) -> None:
    broken = tmp_path / "cert.pem"
    broken.write_text("no certificate")
    tls = {"intake_tls_certificate": broken, "intake_tls_key": broken}
    with pytest.raises(SettingsError, match="intake_tls_certificate"):
        await serve(installation.settings.model_copy(update=tls))


@contextmanager
def alertmanager(config: str, home: Path) -> Iterator[str]:
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    assert program is not None, "Alertmanager is missing; install prometheus-alertmanager"
    (home / "alertmanager.yml").write_text(config)
    [port] = free_ports(1)
    arguments = [f"--config.file={home}/alertmanager.yml", f"--storage.path={home}/data", "--cluster.listen-address="]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, *arguments, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
        )
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def example_for(installation: Installation) -> str:
    """The example as it stands, but for the addresses and for the patience that a test does not have."""
    text = EXAMPLE.read_text()
    changes = {
        "http://127.0.0.1:8480": installation.url,
        "/etc/alertmanager/driftvakt-token": f"{installation.settings.home}/token",
        "group_wait: 5s": "group_wait: 0s",
        "group_interval: 30s": "group_interval: 10s",
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


async def tell(alertmanager_url: str, name: str, **times: str) -> None:
    labels = {"alertname": name, "customer": "acme", "application": "shop", "component": "web", "severity": "critical"}
    alert = {"labels": labels, "annotations": {"summary": f"{name} is seen"}, **times}
    async with httpx.AsyncClient() as http:
        (await http.post(f"{alertmanager_url}/api/v2/alerts", json=[alert])).raise_for_status()


def seen(client: Client, title: str, state: AlarmState) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return any(a.title == f"{title} is seen" and a.state is state for a in await reported(client))

    return look


@pytest.mark.needs("alertmanager")
@pytest.mark.slow
async def test_a_real_alertmanager_fires_resolves_and_delivers_what_fired_while_the_intake_was_down(
    installation: Installation, tmp_path: Path
) -> None:
    async with watching(installation) as client:
        with alertmanager(example_for(installation), tmp_path) as url:
            await tell(url, "WhileDown")
            async with httpx.AsyncClient() as http:

                async def failed() -> bool:
                    text = (await http.get(f"{url}/metrics")).text
                    lines = [
                        x for x in text.splitlines() if "notification_requests_failed_total" in x and "webhook" in x
                    ]
                    return any(float(x.split()[-1]) > 0 for x in lines)

                await eventually(failed)
            async with serving(installation.settings):
                await eventually(seen(client, "WhileDown", AlarmState.FIRING), 90)
                await tell(url, "WhileDown", endsAt="2026-01-01T00:00:00Z")
                await eventually(seen(client, "WhileDown", AlarmState.CLEARED), 90)
    [fired, cleared] = [a for a in await reported_once_more(installation) if a.title == "WhileDown is seen"][:2]
    assert fired.fingerprint == cleared.fingerprint
    assert fired.component == "web"


async def reported_once_more(installation: Installation) -> list[Alarm]:
    async with watching(installation) as client:
        return await reported(client)
