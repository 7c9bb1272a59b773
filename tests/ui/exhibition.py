"""An installation to take pictures of: the demo's shop on hosts of its own, with something of everything in its agreement."""

from __future__ import annotations

import asyncio
import os
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from temporalio.client import Client, WorkflowHandle

from models.names import WORKFLOW_QUEUE, watch_id
from models.operation import OperationOrder, OperationOutcome
from models.operation_kinds import OperationKind
from models.settings import Settings
from starter.demo.customer import APPLICATION, ON_CALL, Shop, make_shop
from starter.demo.following import next_incident
from starter.demo.home import free_ports, make_home
from starter.demo.mailbox import mailbox
from starter.dossier.freshness import can_rehearse, freshness, rehearse
from starter.dossier.publishing import read_all
from starter.installation.supervisor import Supervisor
from starter.installation.up import installation
from starter.operation.starting import start_operation

OWNER = "karin.holm@acme.example"
MANAGER = "jonas.berg@driftbolaget.example"

_STUCK = "shop/stuck"


@dataclass
class Exhibition:
    """A running installation and what can be brought about in it."""

    settings: Settings
    client: Client
    shop: Shop

    def __post_init__(self) -> None:
        self._known: set[str] = set()

    async def incident(self) -> WorkflowHandle[Any, Any]:
        """The next incident that is opened."""
        async with asyncio.timeout(90):
            while (found := await next_incident(self.client, APPLICATION, self._known)) is None:
                await asyncio.sleep(0.2)
        self._known.add(found.id)
        return self.client.get_workflow_handle(found.id)

    async def open_by_hand(self, **order: Any) -> WorkflowHandle[Any, Any]:
        """Somebody reports what they see."""
        watch = self.client.get_workflow_handle(watch_id(APPLICATION))
        opened = await watch.execute_update("open_incident", {"by": ON_CALL, "separate": True} | order)
        self._known.add(opened["incident"])
        return self.client.get_workflow_handle(opened["incident"])

    async def operation(
        self, kind: OperationKind[Any], order: OperationOrder, key: str, title: str
    ) -> WorkflowHandle[Any, OperationOutcome]:
        """Start an operation as the command does."""
        return await start_operation(self.client, kind, order, key, title)

    async def start(self, workflow: str, id: str, message: dict[str, Any]) -> WorkflowHandle[Any, Any]:
        """Start anything else."""
        return await self.client.start_workflow(workflow, message, id=id, task_queue=WORKFLOW_QUEUE)

    def back_up(self) -> None:
        """Copy all that the database's host holds of the shop, as a restore puts it in its place."""
        home = self.shop.machines["db"].directory
        (home / "backup").mkdir(exist_ok=True)
        with tarfile.open(home / "backup" / f"stock-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz", "w:gz") as archive:
            for file in (home / "shop").iterdir():
                archive.add(file, file.name)

    def stick(self, component: str) -> None:
        """From now on a component does not stop."""
        (self.shop.machines[component].directory / _STUCK).touch()

    def unstick(self, component: str) -> None:
        """It stops again."""
        (self.shop.machines[component].directory / _STUCK).unlink()


def _dossier(shop: Shop) -> dict[str, Any]:
    """The demo's, with a third party, promises to the customer, a routine of each kind."""
    data: dict[str, Any] = yaml.safe_load(shop.dossier())
    levels = data["agreement"]["service_levels"]
    data["agreement"]["service_levels"] = {
        name: level | {"update": {"within": "1h", "hours": "always"}} for name, level in levels.items()
    }
    data["agreement"]["undertakings"] += ["maintenance"]
    data["agreement"]["pauses"] = {"waiting_for_third_party": ["restore"]}
    data["agreement"]["incidents"] |= {"alert_after": "1s"}
    data["parties"]["betalt"] = {"name": "Betalt", "kind": "third_party", "support": "+46 8 465 004 00"}
    web = data["architecture"]["components"]["web"]["control"]
    web["stop"] = f"test -e {_STUCK} && echo 'web: process 4711 does not end' >&2 && exit 1; {web['stop']}"
    data["instructions"]["troubleshooting"]["web-down"]["remedies"]["restart-web"]["approval"] = {
        "roles": ["operator"],
        "within": "1h",
        "on_silence": "ask_again",
    }
    data["routines"] = {
        "maintenance": {
            "patches": {
                "title": "Security updates of the web servers",
                "components": ["web"],
                "frequency": "monthly first sunday 03:00",
                "window": {"time_zone": "Europe/Stockholm", "hours": "00:00-24:00"},
                "healthy_for": "2s",
                "steps": [{"type": "run", "command": "echo 'E: could not get lock /var/lib/dpkg/lock' >&2; exit 100"}],
            }
        },
        "extended": {
            "campaign": {
                "title": "Switch a campaign on",
                "ordered_by": ["system-owner"],
                "approval": {"roles": ["operator"]},
                "inputs": {
                    "campaign": {"type": "text", "label": "Code of the campaign", "pattern": "^[A-Z]{3}[0-9]{2}$"},
                    "prices": {"type": "choice", "label": "Price list", "choices": ["spring", "summer"]},
                },
                "steps": [
                    {
                        "type": "run",
                        "component": "app",
                        "command": ["echo", "campaign", "{campaign}", "prices", "{prices}"],
                    }
                ],
            }
        },
    }
    return data


@asynccontextmanager
async def exhibition(home: Path) -> AsyncIterator[Exhibition]:
    """The installation, its customer's hosts and shop running, every remedy rehearsed."""
    os.environ["DRIFTVAKT_HOME"] = str(home)
    settings = make_home()
    shop = await asyncio.to_thread(make_shop, settings.home, free_ports(6))
    hosts = Supervisor()
    file = settings.dossier_directory / "shop.yaml"
    file.parent.mkdir()
    file.write_text(yaml.safe_dump(_dossier(shop), sort_keys=False, allow_unicode=True), encoding="utf-8")
    try:
        for machine in shop.machines.values():
            await hosts.add(machine.part(settings.home))
        await shop.start()
        with mailbox(settings.home):
            async with installation(settings) as running:
                await running.publish(read_all([file]))
                await running.until_sites_are_served()
                for one in freshness(running.records, APPLICATION):
                    if one.stale and can_rehearse(one.instruction) and one.instruction != "troubleshooting/db-down":
                        await rehearse(running.client, one, ON_CALL, lambda: None)
                yield Exhibition(settings, running.client, shop)
    finally:
        await hosts.stop()
        shop.switch_off()
