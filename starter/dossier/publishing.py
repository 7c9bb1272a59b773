"""Publishing dossiers: from files to what runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from temporalio.client import Client
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)

from activities.records import Records
from models.base import Model
from models.dossier import Dossier
from models.dossier.faults import Weight
from models.dossier.load import check, files, read_dossier
from models.dossier.monitoring import Source
from models.errors import DossierError
from models.monitor import MonitorOrder
from models.names import APPLICATION, CUSTOMER, VIGIL_ID, WORKFLOW_QUEUE, monitor_id, site_queue, watch_id
from models.vigil import VigilOrder
from models.watch import DossierPublished, WatchOrder
from workflows.runtime.markdown import summary_line


class Published(Model):
    """What publishing one dossier came to."""

    application: str
    digest: str
    changed: bool
    """Whether another version held before."""


def read_all(paths: list[Path]) -> list[Dossier]:
    """Read dossiers; `DossierError` lists every error of every file. Gaps are no obstacle: `dossier check` names those."""
    errors = [str(fault) for fault in check(paths) if fault.severity is Weight.ERROR]
    if errors:
        raise DossierError("\n".join(errors))
    return [read_dossier(file) for path in paths for file in files(path)]


async def publish(client: Client, records: Records, dossiers: list[Dossier], by: str) -> list[Published]:
    """Make these versions the ones that hold: keep them, start or tell their watches, and start the monitors of their sites."""
    published = []
    for dossier in dossiers:
        changed = await asyncio.to_thread(records.publish_dossier, dossier, by)
        published.append(Published(application=dossier.id, digest=dossier.digest, changed=changed))
        await _tell_watch(client, dossier)
    for site in sorted({site for dossier in dossiers for site in monitored_sites(dossier)}):
        await _start_monitor(client, site)
    await start_vigil(client)
    return published


def monitored_sites(dossier: Dossier) -> set[str]:
    """The sites from which the embedded monitor looks at this application."""
    if dossier.monitoring.watched_by is not Source.EMBEDDED:
        return set()
    return {site for p in dossier.monitoring.measuring_points.values() if (site := dossier.probing_site(p))}


async def _tell_watch(client: Client, dossier: Dossier) -> None:
    await client.start_workflow(
        "watch",
        WatchOrder(application=dossier.id),
        id=watch_id(dossier.id),
        task_queue=WORKFLOW_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=summary_line(f"Watch of {dossier.name}"),
        static_details="Takes alarms in and opens incidents, for ever. *Current Details* show what is open.",
        search_attributes=TypedSearchAttributes(
            [
                SearchAttributePair(SearchAttributeKey.for_keyword(CUSTOMER), dossier.customer),
                SearchAttributePair(SearchAttributeKey.for_keyword(APPLICATION), dossier.id),
            ]
        ),
        start_signal="dossier_published",
        start_signal_args=[DossierPublished(digest=dossier.digest)],
    )


async def start_vigil(client: Client) -> None:
    """Start the vigil over all sources of alarms, where it does not run."""
    await client.start_workflow(
        "vigil",
        VigilOrder(),
        id=VIGIL_ID,
        task_queue=WORKFLOW_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary="Vigil over all sources of alarms",
    )


async def _start_monitor(client: Client, site: str) -> None:
    await client.start_workflow(
        "monitor",
        MonitorOrder(site=site, queue=site_queue(site)),
        id=monitor_id(site),
        task_queue=WORKFLOW_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=summary_line(f"Embedded monitor of site {site}"),
    )
