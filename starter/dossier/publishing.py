"""Publishes dossiers: it stores a version, starts or updates the watch, and starts the monitors."""

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
from models.deadman import DeadMansSwitchOrder
from models.dossier import Dossier
from models.dossier.faults import Weight
from models.dossier.load import check, files, read_dossier
from models.dossier.monitoring import Source
from models.errors import DossierError
from models.history import HistoryOrder
from models.monitor import MonitorOrder
from models.names import (
    APPLICATION,
    CUSTOMER,
    DEAD_MANS_SWITCH_ID,
    HISTORY_ID,
    WORKFLOW_QUEUE,
    monitor_id,
    site_queue,
    watch_id,
)
from models.watch import DossierPublished, WatchOrder
from workflows.runtime.markdown import summary_line


class Published(Model):
    """The result of publishing one dossier."""

    application: str
    digest: str
    changed: bool
    """Whether another version was current before."""


def read_all(paths: list[Path]) -> list[Dossier]:
    """Read dossiers. Raise `DossierError` with every error of every file. Gaps are allowed: `dossier check` lists them."""
    errors = [str(fault) for fault in check(paths) if fault.severity is Weight.ERROR]
    if errors:
        raise DossierError("\n".join(errors))
    return [read_dossier(file) for path in paths for file in files(path)]


async def publish(client: Client, records: Records, dossiers: list[Dossier], by: str) -> list[Published]:
    """Publish these versions: store them, start or update their watches, and start the monitors of their sites."""
    published = []
    for dossier in dossiers:
        changed = await asyncio.to_thread(records.publish_dossier, dossier, by)
        published.append(Published(application=dossier.id, digest=dossier.digest, changed=changed))
        await _update_watch(client, dossier)
    for site in sorted({site for dossier in dossiers for site in monitored_sites(dossier)}):
        await _start_monitor(client, site)
    await start_dead_mans_switch(client)
    await start_history(client)
    return published


def monitored_sites(dossier: Dossier) -> set[str]:
    """Return the sites from which the embedded monitor samples this application."""
    if dossier.monitoring.watched_by is not Source.EMBEDDED:
        return set()
    return {site for p in dossier.monitoring.measuring_points.values() if (site := dossier.probing_site(p))}


async def _update_watch(client: Client, dossier: Dossier) -> None:
    await client.start_workflow(
        "watch",
        WatchOrder(application=dossier.id),
        id=watch_id(dossier.id),
        task_queue=WORKFLOW_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=summary_line(f"Watch of {dossier.name}"),
        static_details="Receives the alarms of the application, opens incidents and grants leases; it never ends. "
        "*Current Details* show the active alarms, the open incidents and the leases.",
        search_attributes=TypedSearchAttributes(
            [
                SearchAttributePair(SearchAttributeKey.for_keyword(CUSTOMER), dossier.customer),
                SearchAttributePair(SearchAttributeKey.for_keyword(APPLICATION), dossier.id),
            ]
        ),
        start_signal="dossier_published",
        start_signal_args=[DossierPublished(digest=dossier.digest)],
    )


async def start_dead_mans_switch(client: Client) -> None:
    """Start the dead-man's switch over all sources of alarms, if it does not run."""
    await client.start_workflow(
        "dead-mans-switch",
        DeadMansSwitchOrder(),
        id=DEAD_MANS_SWITCH_ID,
        task_queue=WORKFLOW_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary="Dead-man's switch of all sources of alarms",
        static_details="Raises an alarm when a source of alarms or an embedded monitor stops sending heartbeats; it never ends.",
    )


async def start_history(client: Client) -> None:
    """Start the workflow that keeps the history of measuring points, if it does not run."""
    await client.start_workflow(
        "history",
        HistoryOrder(),
        id=HISTORY_ID,
        task_queue=WORKFLOW_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary="History of all measuring points",
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
        static_details="Probes the measuring points of this site, and reports faults to the watches; it never ends.",
    )
