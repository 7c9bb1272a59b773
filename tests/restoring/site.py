"""An installation with one application on a real host: an app that is up while a file is there, and a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml
from temporalio.client import Client, WorkflowHandle

from activities.records import Records, upgrade
from models.gates import Decision, GateState
from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import OperationOutcome, OperationStatus
from models.restores import DrillOrder, RestoreOrder
from starter.dossier.publishing import publish, read_all
from tests.hosts import Host
from tests.restoring.cluster import Cluster
from tests.servers import TemporalServer, as_scheduled
from worker import running

SHOP = "acme.shop"
OPERATOR = "ann@driftbolaget.example"
OWNER = "bob@acme.example"

COUNT = {
    "title": "There are orders",
    "command": 'psql -XAtc "select count(*) > 0 from orders" | grep -qx t',
    "read_only": True,
}


@dataclass
class Site:
    """A running installation."""

    client: Client
    records: Records
    host: Host
    cluster: Cluster

    @property
    def app(self) -> Path:
        """There while the app runs."""
        return self.host.root / "app.up"

    @property
    def log(self) -> list[str]:
        """What was done to the app, in order."""
        file = self.host.root / "app.log"
        return file.read_text().split() if file.exists() else []

    async def start(self, order: RestoreOrder | DrillOrder) -> WorkflowHandle[Any, OperationOutcome]:
        """Start a restore or a drill."""
        kind = "drill" if isinstance(order, DrillOrder) else "restore"

        return await self.client.start_workflow(
            kind,
            order,
            id=operation_id(kind, SHOP, uuid4().hex[:8]),
            task_queue=WORKFLOW_QUEUE,
            result_type=OperationOutcome,
            search_attributes=as_scheduled(order),
        )

    async def restore(self, name: str = "database", **fields: Any) -> WorkflowHandle[Any, OperationOutcome]:
        """Start a restore, asked for by the operator."""
        order = {"application": SHOP, "by": OPERATOR, "restore": name, "point": "latest"} | fields
        return await self.start(RestoreOrder.model_validate(order))

    async def drill(self, name: str = "database", **fields: Any) -> OperationOutcome:
        """Hold a drill."""
        order = {"application": SHOP, "by": "schedule", "restore": name, "unattended": True} | fields
        return await (await self.start(DrillOrder.model_validate(order))).result()


async def status_of(handle: WorkflowHandle[Any, Any]) -> OperationStatus:
    """Where it stands."""
    return await handle.query("status", result_type=OperationStatus)


async def answer(
    handle: WorkflowHandle[Any, Any], gate: GateState, option: str, by: str, note: str = "as told"
) -> None:
    """Decide."""
    decision = Decision(gate=gate.id, option=option, by=by, plan=gate.digest[:8], note=note)
    await handle.execute_update("decide", decision)


def dossier(host: Host, cluster: Cluster) -> dict[str, Any]:
    """The application's dossier."""
    target, root = host.target(), host.root
    server = cluster.server.model_dump(mode="json", exclude_none=True)
    as_user = f"runuser -u {cluster.user} -- " if cluster.user else ""
    control = f"{as_user}{cluster.programs}/pg_ctl -D {cluster.data} -s -w -l {cluster.root}/log"
    agreed = {
        "verify": [COUNT],
        "restore_point": "1h",
        "restore_time": "5m",
        "approval": {"roles": ["data-owner"], "within": "10m"},
    }
    return {
        "dossier": 1,
        "customer": "acme",
        "application": "shop",
        "name": "Acme's shop",
        "agreement": {
            "number": "T-1",
            "signed": "2026-01-01",
            "signed_by": ["Ann, supplier", "Bob, acme"],
            "undertakings": ["restore"],
            "service_hours": {"always": "24x7"},
            "incidents": {"confirm_checks": 2, "confirm_every": "200ms", "healthy_for": "300ms"},
        },
        "parties": {
            "supplier": {"name": "Supplier", "kind": "supplier"},
            "acme": {"name": "Acme", "kind": "customer"},
        },
        "contacts": {
            "ann": {
                "name": "Ann", "party": "supplier", "function": "on call", "roles": ["operator"], "email": OPERATOR,
                "deputy": "bob",
            },
            "bob": {
                "name": "Bob", "party": "acme", "function": "owner", "roles": ["data-owner"], "email": OWNER,
                "deputy": "ann",
            },
        },
        "architecture": {
            "sites": {"dc": {"name": "Data centre", "operated_by": "supplier"}},
            "hosts": {
                "h1": {
                    "site": "dc",
                    "address": target.address,
                    "port": target.port,
                    "user": target.user,
                    "host_keys": target.host_keys,
                    "credential": target.credential,
                    "state_dir": str(root / "state"),
                }
            },
            "components": {
                "app": {
                    "name": "Shop",
                    "hosts": ["h1"],
                    "depends_on": ["db"],
                    "control": {
                        "type": "commands",
                        "start": f"echo start >> {root}/app.log; touch {root}/app.up",
                        "stop": f"echo stop >> {root}/app.log; rm -f {root}/app.up",
                        "status": f"test -e {root}/app.up || exit 3",
                    },
                },
                "db": {
                    "name": "PostgreSQL",
                    "hosts": ["h1"],
                    "control": {
                        "type": "commands",
                        "start": f"{control} start",
                        "stop": f"{control} -m fast stop",
                        "status": f"{control} status >/dev/null || exit 3",
                    },
                },
            },
        },
        "monitoring": {
            "watched_by": "central",
            "measuring_points": {
                "app-up": {
                    "component": "app",
                    "probe": {"type": "ssh_command", "host": "h1", "command": f"test -e {root}/app.up && echo 1"},
                }
            },
        },
        "instructions": {
            "restore": {
                "database": {
                    "title": "Restore the shop's database",
                    "component": "db",
                    "source": {
                        "type": "postgresql_dump",
                        "directory": str(cluster.dumps),
                        "database": "shop",
                        "server": server,
                    },
                    "drill": {"frequency": "daily 04:00"},
                    **agreed,
                },
                "cluster": {
                    "title": "Restore the cluster to a moment",
                    "component": "db",
                    "source": {
                        "type": "postgresql_base",
                        "directory": str(cluster.bases),
                        "wal_archive": str(cluster.archive),
                        "data_directory": str(cluster.data),
                        "database": "shop",
                        "server": server,
                    },
                    "drill": {"frequency": "daily 05:00"},
                    **agreed,
                },
            }
        },
    }  # fmt: skip


@asynccontextmanager
async def site(
    server: TemporalServer, host: Host, cluster: Cluster, home: Path, change: Any = lambda written: None
) -> AsyncIterator[Site]:
    """An installation whose dossier is changed before it is published."""
    home.mkdir(exist_ok=True)
    written = dossier(host, cluster)
    change(written)
    file = home / "shop.yaml"
    file.write_text(yaml.safe_dump(written))
    upgrade(server.settings.records_url)
    client = await server.client()
    records = Records(server.settings.records_url)
    async with running(server.settings, client):
        await publish(client, records, read_all([file]), "test")
        at = Site(client, records, host, cluster)
        at.app.touch()
        yield at
    records.close()
