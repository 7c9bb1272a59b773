"""The example customer's shop: its own scripts start, stop and show it as a dossier's commands must."""

from __future__ import annotations

import os
import subprocess

import httpx
import pytest

from starter.demo.customer import Shop
from starter.demo.hosts import environment


def control(shop: Shop, verb: str, component: str) -> int:
    directory = shop.machines[component].directory
    command = ["/bin/sh", "shop/control.sh", verb, component]
    return subprocess.run(
        command, cwd=directory, env=environment(directory), capture_output=True, timeout=90
    ).returncode


async def test_started_it_serves_its_page_from_the_database_through_all_three_components(shop: Shop) -> None:
    await shop.start()
    async with httpx.AsyncClient() as client:
        assert await shop.health(client) == {"web": True, "app": True, "db": True}
        page = await client.get(shop.url("web"))
    assert page.status_code == 200
    assert "Secateurs" in page.text


async def test_a_component_that_dies_takes_down_those_above_it_and_no_other(shop: Shop) -> None:
    await shop.start()
    shop.kill("app")
    async with httpx.AsyncClient() as client:
        assert await shop.health(client) == {"web": False, "app": False, "db": True}
    assert await shop.page_status() == 503


@pytest.mark.parametrize("component", ["web", "app", "db"])
def test_status_tells_running_from_stopped_from_killed(shop: Shop, component: str) -> None:
    assert control(shop, "status", component) == 3
    assert control(shop, "start", component) == 0
    assert control(shop, "status", component) == 0
    shop.kill(component)
    while control(shop, "status", component) == 0:
        pass  # the kernel takes a moment to take it away
    assert control(shop, "status", component) == 3


def test_starting_what_runs_and_stopping_what_does_not_changes_nothing(shop: Shop) -> None:
    assert control(shop, "stop", "db") == 0
    assert control(shop, "start", "db") == 0
    first = shop.pid("db")
    assert control(shop, "start", "db") == 0
    assert shop.pid("db") == first


def test_a_process_that_hangs_is_stopped(shop: Shop) -> None:
    control(shop, "start", "db")
    pid = shop.freeze("db")
    assert control(shop, "stop", "db") == 0
    assert control(shop, "status", "db") == 3
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_process_that_does_not_start_gives_the_reason(shop: Shop) -> None:
    directory = shop.machines["db"].directory
    (directory / "shop" / "settings").write_text("PORT=none\nNEEDS=\n")
    command = ["/bin/sh", "shop/control.sh", "start", "db"]
    ended = subprocess.run(
        command, cwd=directory, env=environment(directory), capture_output=True, text=True, timeout=90
    )
    assert ended.returncode == 1
    assert "invalid literal" in ended.stderr
