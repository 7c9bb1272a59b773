"""A shop whose web servers are maintained at night, on a server whose time runs as fast as nobody works."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.maintenance.activities import MaintenanceActivities
from models.dossier import Dossier
from models.maintenance import MaintenanceOrder
from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import OperationOutcome
from tests.fakes import FakeHosts, application_plan
from tests.replaying import replayed
from tests.schedules.shop import SHOP
from tests.servers import as_scheduled, pass_time
from workflows.maintenance.workflow import Maintenance
from workflows.runtime.serving import BoundedWorker

Run = WorkflowHandle[Any, OperationOutcome]

HOSTS = ["web1", "web2", "web3", "web4", "web5"]
OPERATOR = "anna@supplier.example"
PATCH = {"type": "run", "command": "apt-get upgrade", "timeout": "5m"}
IN_FORCE = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
"""When the dossier came into force."""
NIGHT = {"time_zone": "UTC", "hours": "02:00-05:00"}


class OneDossier:
    """Records that hold one dossier, which may be published anew."""

    def __init__(self, dossier: Dossier) -> None:
        self.dossiers = {dossier.digest: dossier}
        self.current = dossier

    def current_dossier(self, application: str) -> Dossier | None:
        return self.current if application == self.current.id else None

    def dossier(self, digest: str) -> Dossier:
        return self.dossiers[digest]

    def in_force_since(self, application: str, digest: str) -> datetime | None:
        return IN_FORCE if application == self.current.id and digest in self.dossiers else None


def dossier(freezes: list[dict[str, Any]] | None = None, **routine: Any) -> Dossier:
    """The shop with one routine, `patches`, at 03:00 UTC every night, on five web servers."""
    data = SHOP.model_dump(mode="json")
    host = data["architecture"]["hosts"]["web1"]
    data["architecture"]["hosts"] |= dict.fromkeys(HOSTS, host)
    data["architecture"]["components"]["web"]["hosts"] = HOSTS
    data["agreement"]["freezes"] = freezes or []
    data["routines"]["maintenance"] = {
        "patches": {
            "title": "Security updates",
            "components": ["web"],
            "frequency": "daily 03:00",
            "window": NIGHT,
            "steps": [PATCH],
            "healthy_for": "1s",
            **routine,
        }
    }
    return Dossier.model_validate(data)


def hosts() -> FakeHosts:
    """The shop's hosts, scripted."""
    plan = application_plan({"db": [], "app": ["db"], "web": ["app"]}, hosts={"web": HOSTS})
    return FakeHosts(plan)


def order(**fields: Any) -> MaintenanceOrder:
    """Somebody's order of the routine."""
    common = {"application": "acme.shop", "routine": "patches", "by": OPERATOR}
    return MaintenanceOrder.model_validate(common | fields)


def scheduled(at: datetime, **fields: Any) -> MaintenanceOrder:
    """The schedule's own."""
    return order(by="schedule", unattended=True, scheduled=at, **fields)


@asynccontextmanager
async def started(
    client: Client, fakes: FakeHosts, records: OneDossier, wanted: MaintenanceOrder
) -> AsyncIterator[Run]:
    """A run, with workers for it."""
    async with workers(client, fakes, records):
        yield await start(client, wanted)


@asynccontextmanager
async def workers(client: Client, fakes: FakeHosts, records: OneDossier) -> AsyncIterator[None]:
    """Workers for maintenance, whose calendar is the real one."""
    calendar = MaintenanceActivities(records).activities()  # type: ignore[arg-type]
    with ThreadPoolExecutor(4) as pool:
        main = replayed(
            client,
            task_queue=WORKFLOW_QUEUE,
            workflows=[Maintenance],
            activities=[*fakes.activities(), *calendar],
            activity_executor=pool,
        )
        site = BoundedWorker(client, task_queue="site.main", activities=fakes.activities())
        async with main, site:
            yield


async def start(client: Client, wanted: MaintenanceOrder) -> Run:
    """Start a run."""
    return await client.start_workflow(
        "maintenance",
        wanted,
        id=operation_id("maintenance", "acme.shop", f"patches.{uuid4().hex[:8]}"),
        task_queue=WORKFLOW_QUEUE,
        result_type=OperationOutcome,
        search_attributes=as_scheduled(wanted),
    )


async def night(environment: WorkflowEnvironment, clock: str = "03:00", days: int = 1) -> datetime:
    """Let time pass until it is so late (UTC) in the night after so many days."""
    now = await environment.get_current_time()
    at = datetime.combine(now.date() + timedelta(days=days), time.fromisoformat(clock), UTC)
    await pass_time(environment, at - now)
    return at


def freeze(since: datetime, until: datetime) -> Mapping[str, Any]:
    """A freeze of the agreement."""
    return {
        "since": f"{since:%Y-%m-%d %H:%M}",
        "until": f"{until:%Y-%m-%d %H:%M}",
        "time_zone": "UTC",
        "reason": "Christmas trade",
    }
