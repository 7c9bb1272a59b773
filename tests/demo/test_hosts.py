"""The demo's hosts, over SSH."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from starter.demo.customer import Shop
from starter.demo.machines import DemoHost
from starter.installation.supervisor import Supervisor
from tests.demo.processes import none_left


@pytest.fixture
async def host(shop: Shop, tmp_path: Path) -> AsyncIterator[DemoHost]:
    supervisor = Supervisor()
    machine = shop.machines["db"]
    await supervisor.add(machine.part(tmp_path))
    yield machine
    await supervisor.stop()


def login(
    machine: DemoHost, shop: Shop, key: str | None = None
) -> asyncssh.connection._ACMWrapper[asyncssh.SSHClientConnection]:
    known = asyncssh.import_known_hosts(f"[127.0.0.1]:{machine.port} {machine.host_key}\n")
    return asyncssh.connect(
        "127.0.0.1", machine.port, username="anybody", client_keys=[key or str(shop.credential)], known_hosts=known
    )


async def test_commands_run_by_sh_at_home_with_the_shops_own_scripts(host: DemoHost, shop: Shop) -> None:
    async with login(host, shop) as connection:
        assert (await connection.run("pwd; echo $HOME")).stdout == f"{host.directory}\n" * 2
        assert (await connection.run("sh shop/control.sh status db")).exit_status == 3
        assert (await connection.run("sh shop/control.sh start db")).exit_status == 0
        assert (await connection.run("sh shop/control.sh status db")).exit_status == 0


async def test_a_foreign_key_is_refused(host: DemoHost, shop: Shop, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(foreign))
    with pytest.raises(asyncssh.PermissionDenied):
        async with login(host, shop, str(foreign)):
            pass


async def test_switched_off_it_takes_everything_that_ran_on_it_with_it(shop: Shop, tmp_path: Path) -> None:
    supervisor = Supervisor()
    machine = shop.machines["db"]
    await supervisor.add(machine.part(tmp_path))
    async with login(machine, shop) as connection:
        await connection.run("sh shop/control.sh start db", check=True)
    await supervisor.stop()
    assert none_left(machine.directory) == []
