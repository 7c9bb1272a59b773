from __future__ import annotations

import asyncio
import gc
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from activities.probes.kinds import WayOfProbing
from activities.probes.runner import ProbeRunner
from models.errors import CredentialError, HostKeyError, HostUnreachableError
from models.hosts import HostTarget
from models.probes import DnsProbe, HttpProbe, ProbeTarget, Seen, SqlProbe, SshCommandProbe, TcpProbe
from tests.probes.conftest import target
from tests.probes.servers import http_server, page, serving

HOST = HostTarget(name="web-1", address="192.0.2.1", user="ops", host_keys=["ssh-ed25519 AAAA"], credential="agent:")
COMMAND = SshCommandProbe(host="web-1", command="df", timeout=timedelta(milliseconds=300))
ON_HOST = ProbeTarget(point="acme.shop.disk", probe=COMMAND, ssh_host=HOST)


@dataclass
class Said:
    """What a command on a host gave."""

    exit_status: int | None = 0
    stdout: str = ""
    stderr: str = ""


@pytest.mark.parametrize(
    ("said", "seen", "value"),
    [
        (Said(0, "/dev/sda1 93%\n"), Seen.OK, 93),
        (Said(0, ""), Seen.NO_DATA, None),
        (Said(0, "3,5"), Seen.NO_DATA, None),
        (Said(1, "93", "secret"), Seen.FAILED, None),
        (Said(None, "93"), Seen.NO_DATA, None),
        (HostUnreachableError("web-1 does not answer"), Seen.NO_DATA, None),
        (HostKeyError("web-1 shows another key"), Seen.NO_DATA, None),
        (CredentialError("web-1 refuses the key"), Seen.NO_DATA, None),
        (RuntimeError("secret"), Seen.NO_DATA, None),
    ],
)
async def test_a_command_gives_a_number_or_says_why_not(
    said: Said | Exception, seen: Seen, value: float | None
) -> None:
    asked = []

    def look(host: HostTarget, command: str, timeout: timedelta) -> Said:
        asked.append((host, command, timeout))
        if isinstance(said, Exception):
            raise said
        return said

    checks = ProbeRunner(look)
    [sample] = await checks.probe_all([ON_HOST])
    await checks.close()

    assert asked == [(HOST, "df", COMMAND.timeout)]
    assert (sample.seen, sample.value) == (seen, value)
    assert "secret" not in sample.detail


async def test_a_command_without_a_host_or_without_ssh_is_no_data() -> None:
    checks, deaf = ProbeRunner(lambda host, command, timeout: Said()), ProbeRunner()
    [[hostless], [sshless]] = await checks.probe_all([target(COMMAND)]), await deaf.probe_all([ON_HOST])
    await checks.close()
    await deaf.close()

    assert (hostless.seen, sshless.seen) == (Seen.NO_DATA, Seen.NO_DATA)


async def test_samples_come_in_the_order_asked_for_and_one_bad_target_spoils_no_other(
    checks: ProbeRunner, closed_port: int
) -> None:
    async with http_server(lambda _: page()) as server:
        good = HttpProbe(url=server.url())
        bad = [
            TcpProbe(host="127.0.0.1", port=closed_port),
            SqlProbe(database="nonsense", query=""),
            DnsProbe(name="a", server="nonsense"),
            HttpProbe(url=server.url(), headers={"A": "env:DRIFT_NOT_SET"}),
            COMMAND,
        ]
        targets = [target(p, f"p{n}") for n, p in enumerate([good, *bad] * 20)]
        samples = await checks.probe_all(targets, 7)

    assert [s.point for s in samples] == [t.point for t in targets]
    assert [s.seen is Seen.OK for s in samples] == [n % 6 == 0 for n in range(120)]


async def test_a_fault_of_a_probe_itself_is_no_data_without_its_text(
    checks: ProbeRunner, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    def fault(*_: object) -> None:
        raise KeyError("canary")

    monkeypatch.setattr("activities.probes.runner.way_of", lambda _: WayOfProbing(fault, keeps_time=True))
    [sample] = await checks.probe_all([target(TcpProbe(host="127.0.0.1", port=9))])

    assert sample.seen is Seen.NO_DATA
    assert "KeyError at test_runner.py" in sample.detail
    assert "canary" not in sample.detail + caplog.text


async def test_no_more_probes_run_at_once_than_asked_for(checks: ProbeRunner) -> None:
    async def slow(_: str) -> bytes:
        await asyncio.sleep(0.005)
        return page(headers="connection: close\r\n")

    async with http_server(lambda head: slow(head), close_after=True) as server:
        samples = await checks.probe_all([target(HttpProbe(url=server.url()))] * 60, 4)

    assert all(s.seen is Seen.OK for s in samples), samples
    assert server.connections == 60
    assert server.most_open <= 8  # the server may see an end later than the prober


@pytest.mark.parametrize("at_once", [1, 500])
async def test_nothing_to_probe_gives_no_samples(checks: ProbeRunner, at_once: int) -> None:
    assert await checks.probe_all([], at_once) == []


async def test_cancelling_ends_every_look_and_leaves_no_task_and_no_socket() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as server:
        tasks, files = len(asyncio.all_tasks()), _open_files()
        checks = ProbeRunner()
        probes = [HttpProbe(url=server.url()), SqlProbe(database=f"postgresql://u@127.0.0.1:{server.port}/d", query="")]
        looking = asyncio.create_task(checks.probe_all([target(p) for p in probes * 10], 20))
        while server.open < 20:
            await asyncio.sleep(0.01)

        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
        await checks.close()

        gc.collect()
        async with asyncio.timeout(90):
            while server.open or _open_files() > files:
                await asyncio.sleep(0.01)
        assert len(asyncio.all_tasks()) == tasks


async def test_closing_leaves_no_socket_and_no_thread(tmp_path: Path) -> None:
    async with http_server(lambda _: page()) as server:
        files, threads = _open_files(), threading.active_count()
        checks = ProbeRunner(lambda host, command, timeout: Said(0, "1"))
        url = f"http://localhost:{server.port}"
        await checks.probe_all([target(HttpProbe(url=server.url())), target(HttpProbe(url=url)), ON_HOST])
        await asyncio.get_running_loop().shutdown_default_executor()  # the loop's own, for looking up localhost
        assert server.open == 2
        await checks.close()

        async with asyncio.timeout(90):
            while server.open or threading.active_count() > threads or _open_files() > files:
                await asyncio.sleep(0.01)


def _open_files() -> int:
    directory = Path("/proc/self/fd") if Path("/proc/self/fd").exists() else Path("/dev/fd")
    return len(list(directory.iterdir()))
