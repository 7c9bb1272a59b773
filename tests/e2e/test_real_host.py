"""What an incident does on a real host, and what it says when it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from temporalio.client import Client, WorkflowHandle

from activities.alarms.reporter import WatchReporter
from activities.records import Records, upgrade
from models.alarms import Alarm, AlarmState
from models.incident import CancelIncident, IncidentEnd, IncidentOutcome, IncidentReply, IncidentState
from models.records import EntryKind
from starter.dossier.publishing import publish, read_all
from tests.chaos.fleet import Fleet
from tests.hosts import AsyncsshHost, Host, SshHost
from tests.servers import TemporalServer, real_server
from tests.workflows.waiting import end_of, until_asked
from tests.workflows.world import decide, status
from worker import running

NAME = ("acme.app0", "c0")


@pytest.fixture(params=["asyncssh", pytest.param("openssh", marks=pytest.mark.needs("openssh"))])
def fleet(request: pytest.FixtureRequest) -> Iterator[Fleet]:
    host: Host = SshHost() if request.param == "openssh" else AsyncsshHost()
    with host:
        fleet = Fleet(host, applications=1, components=1)
        yield fleet
        fleet.close()


@dataclass
class Site:
    """A running installation with one application."""

    client: Client
    records: Records
    fleet: Fleet

    async def alarm(self, state: AlarmState = AlarmState.FIRING) -> None:
        """The component breaks, and its monitoring says so; or it takes that back."""
        now = datetime.now(UTC)
        fields: dict[str, Any] = {
            "component": "c0",
            "measuring_point": "c0-up",
            "source": "test",
            "state": state,
            "since_known": False,
            "since": now,
            "seen_at": now,
        }
        alarm = Alarm(application=NAME[0], fingerprint="c0", title="c0 is down", **fields)
        await WatchReporter(self.client).report([alarm])

    @property
    def incident(self) -> WorkflowHandle[Any, IncidentOutcome]:
        """The first incident."""
        return self.client.get_workflow_handle(f"inc.{NAME[0]}.1", result_type=IncidentOutcome)

    def timeline(self, kind: EntryKind) -> list[str]:
        """What the records say of it."""
        return [e.text for e in self.records.timeline(f"inc.{NAME[0]}.1") if e.kind == kind.value]


@asynccontextmanager
async def site(
    server: TemporalServer, fleet: Fleet, home: Path, change: Any = lambda dossier: None
) -> AsyncIterator[Site]:
    """An installation whose dossier is changed before it is published."""
    fleet.write_dossiers(home / "dossiers")
    file = home / "dossiers" / "app0.yaml"
    dossier = yaml.safe_load(file.read_text())
    change(dossier)
    file.write_text(yaml.safe_dump(dossier))
    upgrade(server.settings.records_url)
    client = await server.client()
    records = Records(server.settings.records_url)
    async with running(server.settings, client):
        await publish(client, records, read_all([file]), "test")
        yield Site(client, records, fleet)
    records.close()


async def test_a_component_that_died_is_started_again_and_proven_healthy(tmp_path: Path, fleet: Fleet) -> None:
    with real_server(tmp_path / "home") as server:
        async with site(server, fleet, tmp_path) as running_site:
            fleet.break_it(NAME)
            await running_site.alarm()
            outcome = await end_of(running_site.incident)
            said = running_site.timeline(EntryKind.EVIDENCE)
            records = running_site.records.incident(outcome.id)
    assert (outcome.end, outcome.remedy) == (IncidentEnd.RECOVERED, "restart")
    assert fleet.up(NAME).exists()
    assert (fleet.count(NAME, "start"), fleet.count(NAME, "stop")) == (1, 0)
    assert len(said) == 1
    assert records.outcome == "recovered"


async def test_cancelling_ends_what_runs_on_the_host_and_says_so(tmp_path: Path, fleet: Fleet) -> None:
    marker = fleet.directory / "long"

    def change(dossier: dict[str, Any]) -> None:
        step = {"type": "run", "component": "c0", "command": f"echo began > {marker}; sleep 300; echo ended > {marker}"}
        remedies = dossier["instructions"]["troubleshooting"]["c0-down"]["remedies"]
        remedies["restart"] = {"title": "Something long", "steps": [step]}

    with real_server(tmp_path / "home") as server:
        async with site(server, fleet, tmp_path, change) as running_site:
            fleet.break_it(NAME)
            await running_site.alarm()
            async with asyncio.timeout(90):
                while not marker.exists():
                    await asyncio.sleep(0.05)
            await running_site.alarm(AlarmState.CLEARED)
            while (await status(running_site.incident)).alarms:
                await asyncio.sleep(0.05)
            order = CancelIncident(by="ann", reason="The command takes too long")
            await running_site.incident.execute_update("cancel_incident", order, result_type=IncidentReply)
            await end_of(running_site.incident)
            [said] = [t for t in running_site.timeline(EntryKind.STATE) if t.startswith("Cancelled during")]
            left = [p for p in Path("/proc").glob("[0-9]*/cmdline") if _runs(p, str(marker))]
    assert "Carry out: Something long" in said
    assert left == []
    assert marker.read_text() == "began\n"


async def test_a_host_with_another_key_is_not_touched_and_a_person_is_asked(tmp_path: Path, fleet: Fleet) -> None:
    def change(dossier: dict[str, Any]) -> None:
        with AsyncsshHost() as other:
            dossier["architecture"]["hosts"]["h1"]["host_keys"] = other.target().host_keys

    with real_server(tmp_path / "home") as server:
        async with site(server, fleet, tmp_path, change) as running_site:
            fleet.break_it(NAME)
            await running_site.alarm()
            await until_asked(running_site.incident, "close")
            stands = await status(running_site.incident)
            await decide(running_site.incident, "close", by="ann", note="Key is being replaced")
            outcome = await end_of(running_site.incident)
    assert stands.state is IncidentState.DECIDING
    assert any("which is not pinned" in e.text and "failed" in e.text for e in stands.timeline)
    assert (fleet.count(NAME, "start"), fleet.count(NAME, "stop")) == (0, 0)
    assert outcome.end is IncidentEnd.CLOSED_BY_HAND


def _runs(cmdline: Path, text: str) -> bool:
    try:
        return text in cmdline.read_text()
    except OSError:
        return False
