"""Connections: pinned, shared, opened once, replaced when dead, closed when idle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import asyncssh
import paramiko
import pytest

from activities.ssh import Pool, Ssh
from models.errors import CredentialError, HostKeyError, HostUnreachableError
from tests.hosts import Host, SshHost
from tests.ports import free_port
from tests.proxy import Proxy
from tests.ssh.kinds import one_kind

SOON = timedelta(seconds=10)


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def _foreign(kind: str = "ssh-ed25519") -> str:
    return asyncssh.generate_private_key(kind).export_public_key().decode().strip()


def test_a_pinned_host_is_reached_and_says_what_it_says(host: Host, pool: Pool) -> None:
    seen = Ssh(pool).run_read_only(host.target(), "echo out; echo err >&2; exit 3", SOON)
    assert (seen.exit_status, seen.stdout, seen.stderr) == (3, "out\n", "err\n")


def test_a_host_with_several_keys_shows_the_pinned_one(host: Host, pool: Pool) -> None:
    seen = Ssh(pool).run_read_only(host.target(host_keys=[host.rsa_host_key]), "exit 0", SOON)
    assert seen.exit_status == 0


@pytest.mark.parametrize("keys", [[_foreign()], [_foreign("ecdsa-sha2-nistp256")], ["ssh-ed25519 AAAA"], ["nonsense"]])
def test_a_host_that_is_not_the_pinned_one_is_refused(keys: list[str], host: Host, pool: Pool) -> None:
    with pytest.raises(HostKeyError, match="web-1"):
        Ssh(pool).run_read_only(host.target(host_keys=keys), "true", SOON)


def test_a_key_that_the_host_does_not_know_is_tried_once(host: Host, pool: Pool, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "wrong").write_bytes(key.export_private_key())
    with Proxy(host.port) as proxy:
        target = host.target(credential=f"file:{tmp_path / 'wrong'}", port=proxy.port)
        ready = threading.Barrier(5)

        def attempt(_: int) -> str:
            ready.wait()
            with pytest.raises(CredentialError) as caught:
                Ssh(pool).run_read_only(target, "true", SOON)
            return str(caught.value)

        with ThreadPoolExecutor(5) as threads:
            said = set(threads.map(attempt, range(5)))
        assert len(said) == 1
        assert proxy.accepted == 1


def test_nobody_listening_is_unreachable(pool: Pool, host: Host) -> None:
    with pytest.raises(HostUnreachableError, match="refused"):
        Ssh(pool).run_read_only(host.target(port=free_port()), "true", SOON)


def test_a_name_that_does_not_resolve_is_unreachable(pool: Pool, host: Host) -> None:
    with pytest.raises(HostUnreachableError, match="resolving"):
        Ssh(pool).run_read_only(host.target(address="no-such-host.invalid"), "true", SOON)


def test_many_threads_share_one_connection_and_respect_its_sessions(host: Host, pool: Pool) -> None:
    with Proxy(host.port) as proxy, ThreadPoolExecutor(24) as threads:
        target = host.target(port=proxy.port)
        seen = list(
            threads.map(lambda n: Ssh(pool).run_read_only(target, f"echo {n}", timedelta(seconds=30)), range(48))
        )
        assert [look.stdout for look in seen] == [f"{n}\n" for n in range(48)]
        assert proxy.accepted == 1


@pytest.mark.needs("openssh")
def test_a_host_that_allows_fewer_sessions_is_waited_for(pool: Pool) -> None:
    with SshHost(max_sessions=2) as host, ThreadPoolExecutor(8) as threads:
        seen = list(
            threads.map(lambda _: Ssh(pool).run_read_only(host.target(), "sleep 0.1", timedelta(seconds=30)), range(8))
        )
        assert [look.exit_status for look in seen] == [0] * 8


def test_a_dead_connection_is_replaced_without_anybody_noticing(host: Host, pool: Pool) -> None:
    with Proxy(host.port) as proxy:
        target = host.target(port=proxy.port)
        Ssh(pool).run_read_only(target, "true", SOON)
        proxy.mode = "fin"
        time.sleep(0.2)
        proxy.mode = "pass"
        assert Ssh(pool).run_read_only(target, "echo again", SOON).stdout == "again\n"
        assert proxy.accepted == 2


@one_kind
def test_a_connection_that_has_gone_silent_is_replaced(host: Host, pool: Pool) -> None:
    with Proxy(host.port) as dead, Proxy(host.port) as alive:
        target = host.target(port=dead.port)
        Ssh(pool).run_read_only(target, "true", SOON)
        dead.mode = "blackhole"
        began = time.monotonic()
        with pytest.raises(HostUnreachableError):
            Ssh(pool).run_read_only(target, "true", timedelta(seconds=2))
        assert time.monotonic() - began < 4
        assert Ssh(pool).run_read_only(host.target(port=alive.port), "echo up", SOON).stdout == "up\n"


def test_a_jump_host_is_gone_through_and_is_itself_pinned(host: Host, pool: Pool) -> None:
    jump = host.target(name="gate")
    assert Ssh(pool).run_read_only(host.target(jump=jump), "echo far", SOON).stdout == "far\n"
    with pytest.raises(HostKeyError, match="gate"):
        Ssh(pool).run_read_only(host.target(jump=host.target(name="gate", host_keys=[_foreign()])), "true", SOON)
    with pytest.raises(HostUnreachableError, match="gate"):
        Ssh(pool).run_read_only(host.target(jump=jump, port=free_port()), "true", SOON)


@one_kind
def test_idle_connections_are_closed_and_their_threads_end(host: Host) -> None:
    before = set(threading.enumerate())
    pool = Pool(idle_seconds=0.3)
    jump = host.target(name="gate")
    Ssh(pool).run_read_only(host.target(jump=jump), "true", SOON)
    _until(lambda: not [t for t in set(threading.enumerate()) - before if isinstance(t, paramiko.Transport)])
    assert Ssh(pool).run_read_only(host.target(jump=jump), "echo back", SOON).stdout == "back\n"
    pool.close()
    assert set(threading.enumerate()) - before == set()


@one_kind
def test_failures_leave_no_threads_and_no_sockets(host: Host, tmp_path: Path) -> None:
    def sockets() -> int:
        return sum(1 for fd in Path("/proc/self/fd").iterdir() if _points_to(fd).startswith("socket:"))

    threads, open_before = set(threading.enumerate()), sockets()
    pool = Pool(connect_timeout=1)
    ssh = Ssh(pool)
    with Proxy(host.port) as silent:
        silent.mode = "blackhole"
        for overrides in (
            {"host_keys": [_foreign()]}, {"credential": "file:/none"}, {"port": free_port()}, {"port": silent.port},
            {"jump": host.target(host_keys=[_foreign()])},
        ):  # fmt: skip
            with pytest.raises((HostKeyError, CredentialError, HostUnreachableError)):
                ssh.run_read_only(host.target(**overrides), "true", SOON)
    pool.close()
    _until(lambda: set(threading.enumerate()) - threads == set())
    _until(lambda: sockets() <= open_before)


def _points_to(fd: Path) -> str:
    try:
        return str(fd.readlink())
    except OSError:
        return ""
