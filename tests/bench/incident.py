"""Benchmark: an incident on a real host that recovers by its remedy: its history, its activities, and the time to
the first command.

Real server, real worker, real SSH. One component is down, one further probe confirms the fault (so confirming waits for
nothing), one remedy (stop and start) repairs it, and recovery is proven. The host writes the time of the first remote command.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import Worker

from activities.alarms.reporter import WatchReporter
from activities.records import Records, upgrade
from models.alarms import Alarm, AlarmBatch
from models.dossier import Dossier
from models.dossier.load import read_dossier
from models.incident import IncidentEnd, IncidentOutcome
from models.names import incident_id, watch_id
from starter.connection.temporal import connect
from starter.dossier.publishing import publish
from tests.bench.bare import Bare, BareOrder, nothing
from tests.bench.figures import Figure, Goal
from tests.bench.many_hosts import sshd
from tests.bench.sizes import size
from tests.chaos.fleet import Fleet
from tests.hosts import AsyncsshHost, Host, SshHost
from tests.servers import real_server
from worker import running
from workflows.runtime.sandbox import workflow_runner

_INCIDENTS: Final = size(__name__, "incidents", 8, 2)
"""The first is not counted: it connects to the host."""
TARGETS: Final = (
    "history events <= 68 events",
    "activities <= 9 activities",
    "alarm accepted to first remote command <= 0.5 s",
)
_LIMIT: Final = 120.0
_REMOTE_BEFORE_EVIDENCE: Final = 4
"""Activities up to the first remote command: beginning, confirming, the instruction, and the collecting that runs it."""


@dataclass(frozen=True)
class _Recovered:
    """One incident."""

    to_receipt: float
    """Seconds from the alarm's sending to its receipt."""
    to_command: float
    """Seconds from the receipt to the first remote command."""
    events: int
    activities: int


def ssh_host() -> Host:
    """OpenSSH's server where it is installed, else asyncssh's."""
    return SshHost() if sshd() else AsyncsshHost()


def _dossier(fleet: Fleet, directory: Path, commanded: Path) -> Dossier:
    fleet.write_dossiers(directory)
    path = directory / "app0.yaml"
    raw: dict[str, Any] = yaml.safe_load(path.read_text())
    raw["agreement"]["incidents"]["confirm_checks"] = 1
    for part, instruction in raw["instructions"]["troubleshooting"].items():
        note = f"date +%s.%N >{commanded / part.removesuffix('-down')}"
        instruction["collect"] = [{"type": "run", "command": note, "read_only": True}]
    path.write_text(yaml.safe_dump(raw))
    return read_dossier(path)


def _alarm(application: str, component: str) -> Alarm:
    now = datetime.now(UTC)
    return Alarm(
        application=application,
        fingerprint=component,
        title=f"{component} is down",
        component=component,
        measuring_point=f"{component}-up",
        source="bench",
        since=now,
        seen_at=now,
    )


async def _recover(client: Client, fleet: Fleet, commanded: Path, number: int) -> _Recovered:
    name = ("acme.app0", f"c{number}")
    fleet.break_it(name)
    batch = AlarmBatch(application=name[0], alarms=[_alarm(*name)])
    sent = time.time()
    await WatchReporter(client).deliver(batch)
    accepted = time.time()
    handle = client.get_workflow_handle(incident_id(name[0], number + 1), result_type=IncidentOutcome)
    while not (commanded / name[1]).exists():  # the incident may not have begun; only the host knows
        await asyncio.sleep(0.02)
    outcome = await handle.result()
    if outcome.end is not IncidentEnd.RECOVERED:
        raise RuntimeError(f"the incident did not recover: {outcome.summary}")
    kinds = Counter(e.event_type for e in (await handle.fetch_history()).events)
    return _Recovered(
        to_receipt=accepted - sent,
        to_command=float((commanded / name[1]).read_text()) - accepted,
        events=sum(kinds.values()),
        activities=kinds[EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED],
    )


async def _bare(client: Client, queue: str, order: BareOrder) -> tuple[float, int]:
    """Seconds from the acknowledged start to the call of the last activity; events."""
    handle = await client.start_workflow(Bare.run, order, id=f"bare.{uuid.uuid4()}", task_queue=queue)
    accepted = time.time()
    called = await handle.result()
    return called[-1] - accepted, len((await handle.fetch_history()).events)


async def _measure(directory: Path, fleet: Fleet) -> list[Figure]:
    commanded = directory / "commanded"
    commanded.mkdir()
    with real_server(directory / "home") as server:
        upgrade(server.settings.records_url)
        client = await connect(server.settings)
        records = Records(server.settings.records_url)
        dossier = _dossier(fleet, directory / "dossiers", commanded)
        await publish(client, records, [dossier], "bench")
        records.close()
        async with running(server.settings, client):
            recovered = []
            bare_latency = []
            bare = Worker(
                client,
                task_queue="bench-bare",
                workflows=[Bare],
                activities=[nothing],
                workflow_runner=workflow_runner(),
            )
            async with bare:
                for number in range(_INCIDENTS):
                    recovered.append(await _recover(client, fleet, commanded, number))
                    order = BareOrder(activities=_REMOTE_BEFORE_EVIDENCE)
                    bare_latency.append((await _bare(client, "bench-bare", order))[0])
                same = BareOrder(activities=recovered[-1].activities)
                _, bare_events = await _bare(client, "bench-bare", same)
            await client.get_workflow_handle(watch_id(dossier.id)).terminate()
    return _figures(recovered, bare_latency, bare_events)


def _figures(recovered: list[_Recovered], bare_latency: list[float], bare_events: int) -> list[Figure]:
    warm = recovered[1:]
    last = recovered[-1]
    return [
        Figure(
            "history events of an incident that recovers by its remedy",
            max(h.events for h in warm),
            "events",
            bare_events,
            f"bare workflow with {last.activities} activities",
            Goal(68),
        ),
        Figure(
            "  its activities",
            max(h.activities for h in warm),
            "activities",
            goal=Goal(9),
        ),
        Figure(
            "alarm accepted to first remote command, idle",
            statistics.median(h.to_command for h in warm),
            "s",
            statistics.median(bare_latency[1:]),
            "bare workflow, started to its 4th activity",
            Goal(0.5),
        ),
        Figure("  the same, first incident (connects to the host)", recovered[0].to_command, "s"),
        Figure("  from the sent alarm to its receipt", statistics.median(h.to_receipt for h in warm), "s"),
    ]


def run() -> list[Figure]:
    """Measure."""

    async def bounded() -> list[Figure]:
        async with asyncio.timeout(_LIMIT):
            return await _measure(Path(directory), fleet)

    with tempfile.TemporaryDirectory() as directory, ssh_host() as host:
        fleet = Fleet(host, applications=1, components=_INCIDENTS)
        try:
            return asyncio.run(bounded())
        finally:
            fleet.close()
