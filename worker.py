"""The worker: where all parts are put together and served to Temporal.

One process runs workflows with the records, and a worker for every site that it serves, each on the site's own task queue.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from temporalio.client import Client

from activities.alarms.reporter import WatchReporter
from activities.change.activities import Changes
from activities.clocks.activities import ClockActivities
from activities.deadman.activities import DeadMansSwitchActivities
from activities.history.activities import HistoryActivities
from activities.history.keeping import HistoryKeeper
from activities.history.progress import fold_progress
from activities.incident.activities import IncidentActivities
from activities.lease.activities import Leases
from activities.maintenance.activities import MaintenanceActivities
from activities.monitor.activities import SiteMonitor
from activities.monitor.run import MonitorTuning, SiteParts
from activities.monitor.source import RecordedDossiers
from activities.monitor.store import MonitorStore
from activities.notices.activities import NoticeActivities
from activities.notices.channels import Channels
from activities.probes.activities import Probes
from activities.records import RecordActivities, Records
from activities.records.action_rate import ActionRateLimit
from activities.records.halts import HaltActivities, Halts
from activities.records.heartbeats import SourceHeartbeats
from activities.report.activities import ReportActivities
from activities.restore.drills import DrillState, drill_states
from activities.routine.activities import RoutineActivities
from activities.ssh import Ssh
from activities.ssh.pool import Pool
from activities.temporal.workflows import Workflows
from models.errors import StoreError, UserError
from models.extensions import load_all
from models.names import WORKFLOW_QUEUE, site_queue
from models.settings import Settings
from runbooks import RunbookClass, find_runbooks, offers
from workflows.runtime.found import workflow_classes, workflow_type
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import GRACE, BoundedWorker
from workflows.runtime.unknown import UnknownType
from workflows.runtime.wrong_inputs import ReadsInputs

log = logging.getLogger("driftvakt.worker")

WORKFLOWS: Final = workflow_classes()
"""Our own processes; runbooks are found besides."""

_RECORD_THREADS: Final = 32
"""Activities beside the workflows at a time: some wait for another workflow or a channel of notices, others only write."""

_NEW_SITES_EVERY: Final = 3.0
"""Seconds between looks for sites that have been published since."""


class Parts:
    """What the activities of one process share: connections, clients, threads."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self.settings = settings
        self.client = client
        self.records = Records(settings.records_url)
        self.halts = Halts(self.records)
        self.action_rate = ActionRateLimit(
            self.records, settings.acted_hosts_per_hour, settings.acted_customers_per_hour
        )
        self.ssh = Ssh(
            Pool(connect_timeout=settings.ssh_connect_timeout_seconds, idle_seconds=settings.ssh_idle_seconds),
            keep=self.records.keep_output,
            allow=self.halts.check,
        )
        self.probes = Probes(self.ssh.run_read_only)
        database = self.records.database
        self.monitor = SiteMonitor(
            SiteParts(
                prober=self.probes,
                source=RecordedDossiers(database),
                store=MonitorStore(database),
                delivery=WatchReporter(client),
            ),
            MonitorTuning(
                retention=timedelta(days=settings.samples_kept_days),
                first_probes_within=settings.monitor_start_spread_seconds,
            ),
        )
        self.dead_mans_switch = DeadMansSwitchActivities(
            RecordedDossiers(database), SourceHeartbeats(database).all, WatchReporter(client), self._drill_states
        )
        self.history = HistoryActivities(
            HistoryKeeper(
                database,
                RecordedDossiers(database).dossier,
                samples_kept=timedelta(days=settings.samples_kept_days),
                history_kept=timedelta(days=settings.history_kept_days),
            ),
            partial(fold_progress, database),
        )
        self.notices = NoticeActivities(
            self.records, Channels(settings.notice_channels, settings.home), settings.ui_url
        )
        self.reports = ReportActivities(self.records, settings.home)
        # Hosts that hang must not keep others, or the records, waiting: a pool for each.
        self.pools: list[ThreadPoolExecutor] = []

    def _drill_states(self, now: datetime) -> list[DrillState]:
        return [one for name in self.records.applications() for one in drill_states(self.records, name, now)]

    async def close(self) -> None:
        """Let go of everything."""
        await self.probes.close()
        self.ssh.close()
        for pool in self.pools:
            pool.shutdown(wait=False, cancel_futures=True)
        self.notices.close()
        self.reports.close()
        self.records.close()

    def _threads(self, count: int, name: str) -> ThreadPoolExecutor:
        self.pools.append(ThreadPoolExecutor(count, thread_name_prefix=name))
        return self.pools[-1]

    def workflow_worker(self) -> BoundedWorker:
        """Serves workflows, and the activities that keep records."""
        found = find_runbooks()
        runbooks = [one.workflow_class for one in found.values()]
        offered = offers()
        return BoundedWorker(
            self.client,
            task_queue=WORKFLOW_QUEUE,
            workflows=[*WORKFLOWS, *runbooks, UnknownType],
            interceptors=[ReadsInputs(workflow_types())],
            activities=[
                *RecordActivities(self.records, offered).activities(),
                *IncidentActivities(self.records, offered).activities(),
                *HaltActivities(self.halts).activities(),
                *RoutineActivities(self.records).activities(),
                *ClockActivities(self.records).activities(),
                *MaintenanceActivities(self.records).activities(),
                *self.notices.activities(),
                *self.reports.activities(),
                *Workflows(self.client, self.records.applications).activities(),
                *Changes(self.records, _sources(found)).activities(),
                *Leases(
                    self.client, self.records.take_tokens, self._components_of, self.action_rate.lease
                ).activities(),
                self.dead_mans_switch.watch_sources,
                self.history.keep_history,
            ],
            activity_executor=self._threads(_RECORD_THREADS, "records"),
            max_concurrent_activities=_RECORD_THREADS,
            workflow_runner=workflow_runner(),
            graceful_shutdown_timeout=GRACE,
        )

    def site_worker(self, site: str) -> BoundedWorker:
        """Serves what has to be done at one site."""
        return BoundedWorker(
            self.client,
            task_queue=site_queue(site),
            activities=[
                *self.ssh.activities(),
                self.probes.probe_points,
                self.probes.watch_health,
                self.monitor.sample_site,
            ],
            activity_executor=self._threads(self.settings.ssh_threads, site),
            max_concurrent_activities=self.settings.ssh_threads,
            graceful_shutdown_timeout=GRACE,
        )

    async def sites(self) -> set[str]:
        """The sites to serve: those of the settings, else those of the published dossiers."""
        if self.settings.sites:
            return set(self.settings.sites)
        return await asyncio.to_thread(self._published_sites)

    def _published_sites(self) -> set[str]:
        return {site for name in self.records.applications() for site in self._sites_of(name)}

    def _components_of(self, application: str) -> list[str]:
        dossier = self.records.current_dossier(application)
        return list(dossier.architecture.components) if dossier else []

    def _sites_of(self, application: str) -> set[str]:
        try:
            dossier = self.records.current_dossier(application)
        except UserError as error:  # one dossier that this version cannot read must not end the service of all others
            log.warning("cannot see the sites of %s: %s", application, error)
            return set()
        return set(dossier.architecture.sites) if dossier else set()


def workflow_types() -> list[str]:
    """The names of all workflow types, as they are started."""
    classes = [*WORKFLOWS, *(one.workflow_class for one in find_runbooks().values())]
    return sorted(name for one in classes if (name := workflow_type(one)))


@asynccontextmanager
async def running(settings: Settings, client: Client) -> AsyncIterator[Parts]:
    """A worker that runs for as long as the block; sites that are published meanwhile are served too."""
    parts = Parts(settings, client)
    for fault in load_all():
        log.warning("%s", fault)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(parts.close)
        if settings.workflow_worker:
            await stack.enter_async_context(parts.workflow_worker())
        serving = asyncio.create_task(_serve_sites(parts))
        stack.push_async_callback(_end, serving)
        yield parts


def _sources(runbooks: dict[str, RunbookClass]) -> dict[str, str]:
    """What every runbook consists of, by name: a digest of its file."""
    return {name: hashlib.sha256(one.file.read_bytes()).hexdigest() for name, one in runbooks.items()}


async def run_worker(settings: Settings, client: Client) -> None:
    """Serve until cancelled."""
    async with running(settings, client):
        await asyncio.Event().wait()


async def _serve_sites(parts: Parts) -> None:
    async with AsyncExitStack() as stack:
        served: set[str] = set()
        while True:
            try:
                fresh = await parts.sites() - served
            except Exception as error:  # a worker without sites is worse than any reason to give up looking
                log.warning("cannot see which sites there are: %s", error, exc_info=not isinstance(error, StoreError))
                fresh = set()
            for site in sorted(fresh):
                await stack.enter_async_context(parts.site_worker(site))
                served.add(site)
                log.info("serving site %s", site)
            await asyncio.sleep(_NEW_SITES_EVERY)


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
