"""Forty incidents heal on a real host while worker, intake and Temporal server are killed again and again."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from activities.records import Records
from models.records import EntryKind
from models.settings import Settings
from tests.chaos.fleet import Fleet, names
from tests.chaos.installation import Installation, tell_until_healthy
from tests.hosts import SshHost
from tests.servers import server_settings

pytestmark = [pytest.mark.needs("openssh"), pytest.mark.slow]

PARTS = ("worker", "worker", "intake", "temporal")
"""Who is killed; the worker twice as often, because it does the work."""


KILLS = 20
"""At most, so that a slow machine comes to an end too; they are spread over the time in which incidents open."""


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    # Everything is on one host here, so its own limits must not be what is tested.
    with SshHost() as host:
        fleet = Fleet(host)
        yield fleet
        fleet.close()


@pytest.fixture
def running(tmp_path: Path, fleet: Fleet) -> Iterator[Installation]:
    fleet.write_dossiers(tmp_path / "dossiers")
    installation = Installation(server_settings(tmp_path / "home"), tmp_path / "dossiers")
    try:
        installation.until_running()
        yield installation
    finally:
        installation.stop()


async def test_forty_incidents_recover_under_kills_and_no_command_runs_twice(
    running: Installation, fleet: Fleet
) -> None:
    settings = running.settings
    token = settings.default_token.read_text().strip()
    url = f"http://127.0.0.1:{settings.intake_port}/alarms"
    chance = random.Random(20260301)
    records = Records(settings.records_url)
    started = time.monotonic()

    async def breaking() -> list[dict[str, str]]:
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            taken = []
            for name in names():
                fleet.break_it(name)
                taken.append(asyncio.create_task(tell_until_healthy(client, url, token, fleet, name)))
                await asyncio.sleep(chance.uniform(0.25, 1.25))
            return list(await asyncio.gather(*taken))

    async def killing() -> None:
        # In rounds that hold every part, in any order: a run that is over early has killed them all too.
        for part in [part for _ in range(KILLS // len(PARTS)) for part in chance.sample(PARTS, len(PARTS))]:
            await asyncio.sleep(chance.uniform(2, 5))
            killed[part] += running.kill_part(part)

    killed: Counter[str] = Counter()
    killer = asyncio.create_task(killing())
    receipts = await breaking()
    killer.cancel()
    async with asyncio.timeout(300):
        while len(ended := [i for i in records.incidents(limit=1000) if i.closed_at]) < len(names()):
            await asyncio.sleep(1)
    every = records.incidents(limit=1000)
    records.close()

    print(f"{len(ended)} incidents ended after {time.monotonic() - started:.0f} s and {dict(killed)} kills")
    assert all(killed[part] for part in PARTS), f"each part was to be killed, and {dict(killed)} were"
    assert len(every) == len(names()), "each fault has one incident, no more"
    assert {r["incident"] for r in receipts} == {i.id for i in every}
    assert [name for name in names() if not fleet.up(name).exists()] == []
    assert decided(settings, "Start") == {name: fleet.count(name, "start") for name in names()}
    assert decided(settings, "Stop") == {name: fleet.count(name, "stop") for name in names()}
    assert {i.outcome for i in ended} == {"recovered"}


def decided(settings: Settings, verb: str) -> dict[tuple[str, str], int]:
    """How often the incidents say that they started or stopped each component."""
    counts = dict.fromkeys(names(), 0)
    records = Records(settings.records_url)
    for incident in records.incidents(limit=1000):
        for entry in records.timeline(incident.id):
            if entry.kind == EntryKind.ACTION.value and entry.data.get("changed"):
                title = str(entry.data["title"])
                if title.startswith(verb):
                    counts[(incident.application, title.split()[1])] += 1
    records.close()
    return counts
