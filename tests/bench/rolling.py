"""Benchmark: rolling maintenance of 200 hosts, one first and then batches, beside the same commands by ansible and pyinfra.

Ours is the workflow as a schedule would start it: real server, real worker, lease, fences on every host, and a record of each
step; the others only run the commands.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client

from activities.records import Records, upgrade
from activities.ssh import scripts
from activities.ssh.fences import fenced
from activities.ssh.following import Order
from models.dossier import Dossier
from models.hosts import HostTarget
from models.maintenance import MaintenanceOrder
from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import OperationEnd, OperationOutcome
from models.operation_kinds import MAINTENANCE
from starter.connection.temporal import connect
from starter.dossier.publishing import publish
from tests.bench import other_tools
from tests.bench.bare_ssh import command
from tests.bench.bare_ssh import connect as connect_bare
from tests.bench.figures import Figure, Goal
from tests.bench.many_hosts import ManyHosts, many_hosts, sshd
from tests.bench.sizes import size
from tests.servers import real_server
from worker import running

_HOSTS: Final = size(__name__, "hosts", 200, 4)
_BATCH: Final = size(__name__, "batch", 20, 2)
TARGETS: Final = (
    "connections <= 1 x ceiling",
    "seconds, beside ansible <= 0.5 x ceiling, beside pyinfra <= 1 x ceiling",
)
_PARTS: Final = {"ansible": 0.5, "pyinfra": 1.0}
"""What part of another tool's time we may take, although we do more."""
_APPLICATION: Final = "acme.fleet"
_LIMIT: Final = 240.0
_OPERATOR: Final = "ann@supplier.example"


def _batches(hosts: Sequence[HostTarget]) -> list[Sequence[HostTarget]]:
    """One, then so many at a time."""
    return [hosts[:1], *(hosts[n : n + _BATCH] for n in range(1, len(hosts), _BATCH))]


def _commands(directory: Path) -> list[str]:
    """Check, act, check again; the port of a host tells its output from the others'."""
    written = f"{directory}/${{SSH_CONNECTION##* }}"
    return [f"test ! -e {written}", f"echo patched >>{written}", f"grep -q patched {written}"]


def _script(host: HostTarget, line: str) -> str:
    """What a fenced job sends; for a component of its own, whose tokens ours need not beat."""
    order = Order(host=host, job=uuid.uuid4().hex, words=scripts.words(host, line), timeout=300)
    return fenced(order, {"acme.bare.web": time.monotonic_ns()}).line("run", scripts.new_mark())


def _bare(made: Callable[[HostTarget, str], str], work: other_tools.Rolling) -> None:
    def one(host: HostTarget) -> None:
        transport = connect_bare(host)
        try:
            for line in work.commands:
                command(transport, made(host, line))
        finally:
            transport.close()

    with ThreadPoolExecutor(_BATCH) as threads:
        for batch in work.batches:
            list(threads.map(one, batch))


def _dossier(work: other_tools.Rolling) -> Dossier:
    hosts = {
        host.name: {"site": "dc", **host.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)}
        for host in work.hosts
    }
    raw: dict[str, Any] = {
        "dossier": 1,
        "customer": "acme",
        "application": "fleet",
        "name": "Fleet",
        "agreement": {
            "number": "T-1",
            "signed": "2026-01-01",
            "signed_by": ["Ann, supplier", "Bob, acme"],
            "undertakings": ["incident", "maintenance"],
            "service_hours": {"always": "24x7"},
        },
        "parties": {"supplier": {"name": "Supplier", "kind": "supplier"}},
        "contacts": {
            "ann": {
                "name": "Ann",
                "party": "supplier",
                "function": "on call",
                "email": _OPERATOR,
                "roles": ["operator"],
            }
        },
        "architecture": {
            "sites": {"dc": {"name": "Data centre", "operated_by": "supplier"}},
            "hosts": hosts,
            "components": {"web": {"name": "Web", "hosts": list(hosts)}},
        },
        "monitoring": {"watched_by": "central"},
        "routines": {
            "maintenance": {
                "patches": {
                    "title": "Patches",
                    "components": ["web"],
                    "frequency": "daily 03:00",
                    "window": {"time_zone": "UTC", "hours": "00:00-24:00"},
                    "at_once": _BATCH,
                    "healthy_for": "0s",
                    "steps": [{"type": "run", "command": line} for line in work.commands],
                }
            }
        },
    }
    return Dossier.model_validate(raw)


async def _maintained(client: Client) -> float:
    """Seconds for the workflow."""
    began = time.perf_counter()
    async with asyncio.timeout(_LIMIT):  # where a step fails, it would ask
        outcome: OperationOutcome = await client.execute_workflow(
            MAINTENANCE.name,
            MaintenanceOrder(application=_APPLICATION, by=_OPERATOR, routine="patches"),
            id=operation_id(MAINTENANCE.name, _APPLICATION, "patches.1"),
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
        )
    seconds = time.perf_counter() - began
    if outcome.end is not OperationEnd.DONE:
        raise RuntimeError(f"the maintenance ended as {outcome.end.value}: {outcome.summary}")
    return seconds


async def _served(home: Path, work: other_tools.Rolling) -> float:
    with real_server(home) as server:
        upgrade(server.settings.records_url)
        client = await connect(server.settings)
        records = Records(server.settings.records_url)
        await publish(client, records, [_dossier(work)], _OPERATOR)
        records.close()
        # So many hosts in an hour would have to be approved first.
        async with running(server.settings.model_copy(update={"acted_hosts_per_hour": None}), client):
            return await _maintained(client)


def _ours(work: other_tools.Rolling) -> float:
    with tempfile.TemporaryDirectory() as directory:
        return asyncio.run(_served(Path(directory), work))


def run() -> list[Figure]:
    """Measure."""
    if sshd() is None:
        return [Figure("not measured: OpenSSH's server is not installed (apt-get install openssh-server)", 0, "")]
    with many_hosts(_HOSTS) as hosts:
        bare = _measured(hosts, partial(_seconds, partial(_bare, lambda _, line: line)))
        script = _measured(hosts, partial(_seconds, partial(_bare, _script)))
        ours = _measured(hosts, _ours)
        tools = {
            tool: _measured(hosts, partial(other_tools.rolling, tool)) if other_tools.installed(tool) else None
            for tool in other_tools.ROLLING
        }
    what = f"rolling maintenance, {_HOSTS} hosts, {len(_commands(Path()))} commands each, {_BATCH} at a time"
    figures = [
        Figure(what, ours.seconds, "s", bare.seconds, "bare paramiko in threads"),
        Figure(
            "  the same beside its remote scripts",
            ours.seconds,
            "s",
            script.seconds,
            "bare paramiko, the same scripts",
        ),
        Figure("  its connections", ours.connections, "", bare.connections, "bare paramiko", Goal(1, of_ceiling=True)),
    ]
    for tool, theirs in tools.items():
        beside = f"  the same beside {tool}"
        if theirs is None:
            figures.append(
                Figure(
                    beside,
                    ours.seconds,
                    "s",
                    ceiling_is=f"not installed (pip install {other_tools.ROLLING[tool].package})",
                )
            )
            continue
        figures += [
            Figure(beside, ours.seconds, "s", theirs.seconds, tool, Goal(_PARTS[tool], of_ceiling=True)),
            Figure("    connections", ours.connections, "", theirs.connections, tool, Goal(1, of_ceiling=True)),
        ]
    return figures


@dataclass(frozen=True)
class _Measured:
    """One way to do it."""

    seconds: float
    connections: int


def _measured(hosts: ManyHosts, act: Callable[[other_tools.Rolling], float]) -> _Measured:
    """Do it, and see that every host was acted on once."""
    with tempfile.TemporaryDirectory() as directory:
        place, before = Path(directory), hosts.connections()
        seconds = act(other_tools.Rolling(hosts, _batches(hosts), _commands(place)))
        wrong = [host.name for host in hosts if (place / str(host.port)).read_text() != "patched\n"]
        if wrong:
            raise RuntimeError(f"{len(wrong)} hosts were not patched exactly once, {wrong[0]} among them")
        return _Measured(seconds, hosts.connections() - before)


def _seconds(act: Callable[[other_tools.Rolling], None], work: other_tools.Rolling) -> float:
    began = time.perf_counter()
    act(work)
    return time.perf_counter() - began
