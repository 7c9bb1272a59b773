"""A component that dies again at once is healed again: the host's own counter says so, not our records of jobs."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import WorkflowHandle

from activities.records import Records
from models.names import watch_id
from models.records import EntryKind
from models.watch import WatchStatus
from starter.connection.temporal import connect
from tests.chaos.fleet import Fleet, names
from tests.chaos.installation import Installation, tell_until_healthy
from tests.hosts import SshHost
from tests.servers import server_settings

pytestmark = [pytest.mark.needs("openssh"), pytest.mark.slow]

ROUNDS = 2
PARTS = 2


async def test_a_reopened_incident_runs_its_remedy_again_and_shows_new_evidence(tmp_path: Path) -> None:
    with SshHost() as host:
        fleet = Fleet(host, 1, PARTS)
        fleet.write_dossiers(tmp_path / "dossiers")
        installation = Installation(server_settings(tmp_path / "home"), tmp_path / "dossiers")
        try:
            installation.until_running()
            records = Records(installation.settings.records_url)
            watch = (await connect(installation.settings)).get_workflow_handle(watch_id("acme.app0"))
            began = time.monotonic()
            for round in range(1, ROUNDS + 1):
                await asyncio.gather(*(_break_and_heal(installation, fleet, name) for name in names(1, PARTS)))
                await _all_closed(records, watch, times=round)
                # Counted by the components themselves, on their host.
                assert {fleet.count(name, "start") for name in names(1, PARTS)} == {round}
            took = time.monotonic() - began
            incidents = records.incidents()
            evidence = {i.id: _evidence(records, i.id) for i in incidents}
            records.close()
        finally:
            installation.stop()
            fleet.close()
    print(f"{ROUNDS} rounds in {took:.0f} s")  # those of one 65 seconds share the beginning of their run ids
    assert [(i.outcome, i.reopened) for i in incidents] == [("recovered", ROUNDS - 1)] * PARTS
    for of_one in evidence.values():
        assert len(of_one) == len(set(of_one)) == ROUNDS


async def _break_and_heal(installation: Installation, fleet: Fleet, name: tuple[str, str]) -> None:
    settings = installation.settings
    url, token = f"http://127.0.0.1:{settings.intake_port}/alarms", settings.default_token.read_text().strip()
    fleet.break_it(name)
    async with httpx.AsyncClient(timeout=20, trust_env=False) as client, asyncio.timeout(240):
        await tell_until_healthy(client, url, token, fleet, name)


async def _all_closed(records: Records, watch: WorkflowHandle[Any, Any], times: int) -> None:
    """Wait until all incidents are closed in the records, and the watch knows it: only then is a new alarm a new occurrence."""
    async with asyncio.timeout(240):
        while [i.reopened for i in records.incidents() if i.closed_at is not None] != [times - 1] * PARTS:
            await asyncio.sleep(0.1)
        while (await watch.query("status", result_type=WatchStatus)).incidents:
            await asyncio.sleep(0.1)


def _evidence(records: Records, id: str) -> list[Any]:
    """What the incident shows as collected, all its runs together."""
    return [e.data["detail"] for e in records.timeline(id) if e.kind == EntryKind.EVIDENCE.value]
